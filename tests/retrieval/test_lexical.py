"""BM25: the rarer word counts more, spellings of one word meet, and Chinese needs no spaces."""

from __future__ import annotations

import numpy as np
import pytest

from sqlwright.retrieval.item import KnowledgeItem
from sqlwright.retrieval.lexical import LexicalStore, best, terms


def store(*texts: str) -> LexicalStore:
    made = LexicalStore()
    made.sync([KnowledgeItem("document", str(i), text) for i, text in enumerate(texts)])
    return made


def found(question: str, *texts: str, top_k: int = 3) -> list[str]:
    return [m.item.text for m in store(*texts).search(question, top_k)]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("all customers", "customer_id"),
        ("shipped orders", "ShippingOrder"),
        ("ＣＡＦÉ", "a cafe"),
        ("销售额是多少", "上月的销售额"),
        ("客户", "客户订单"),
        ("iPhone手机销量", "手机"),
    ],
)
def test_two_spellings_of_one_word_meet(question, text):
    assert found(question, "something else", text) == [text]


def test_the_rare_word_decides():
    texts = ["order of today"] * 5 + ["refund of today"]
    assert found("orders with a refund today", *texts, top_k=1) == ["refund of today"]


def test_words_of_any_question_find_nothing():
    assert found("How many of the are there in each?", "how many are there", "of each") == []


def test_the_score_is_one_for_the_same_text_and_falls_with_every_word_that_is_not_there():
    made = store("average price per city", "stores by kind")
    scores = [made.search(q, 1)[0].score for q in ("average price per city", "price per city", "price per colour")]
    assert scores[0] > 0.85  # a text longer than the average counts a little less
    assert 1.0 >= scores[1] > scores[2] > 0.0
    unknown = made.search("price in Ulan Bator of the blue whales", 1)[0].score
    assert unknown < made.min_score


def test_sync_replaces_what_was_held():
    made = store("alpha", "beta")
    made.sync([KnowledgeItem("document", "0", "gamma")])
    assert made.search("alpha", 3) == ()
    assert [m.item.text for m in made.search("gamma", 3)] == ["gamma"]


def test_an_empty_collection_and_an_empty_question_find_nothing():
    assert store().search("anything", 3) == ()
    assert store("anything").search("", 3) == ()


def test_a_long_question_is_read_to_its_limit_only():
    assert found("x " * 100_000 + "anything", "anything") == []


def test_best_is_the_order_of_a_whole_sort():
    scores = np.random.default_rng(0).integers(0, 50, 1000).astype(np.float32)
    whole = np.argsort(-scores, kind="stable")
    for top_k in (0, 1, 7, 999, 1000, 5000):
        assert best(scores, top_k).tolist() == whole[:top_k].tolist()


def test_terms_of_mixed_text():
    assert list(terms("customerName of 北京市 in 2024")) == ["customer", "nam", "北京", "京市", "2024"]
