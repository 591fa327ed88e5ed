"""Our Unigram tokenizer gives the pieces and places that the package `tokenizers` gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlwright.data.demo import demo_examples
from sqlwright.parser.ask import BUILT_IN
from sqlwright.parser.runtime import TOKENIZER, load_pieces, load_pieces_tokenizer
from sqlwright.parser.unigram import Unigram

pytest.importorskip("tokenizers", reason="tokenizers is not installed")
OURS, THEIRS = Unigram.read(BUILT_IN / TOKENIZER), load_pieces_tokenizer(BUILT_IN)
LETTERS = "abeinorst EQ_-.,'\t\n\u00a0\u3000\x1c\u2581ﬁ½é\u0301\u0323ＡＢ北京的客户한글\u1112\u1161\u11ab😀"


def compare(text):
    found = THEIRS.encode(text, add_special_tokens=False)
    assert OURS.encode(text).ids == found.ids
    return OURS.encode(text).offsets == found.offsets


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "How many  orders were shipped to Köln last month?",
        "  customer_id, order\nline",
        "北京的客户有多少？",
        "全角　ＡＢＣ１２３",
        "ﬁne ½ ㎏ …",
        "e\u0301te\u0301",
        "\u1112\u1161\u11ab\u1100",
        "😀😀 a 😀",
        "x [SEP]y[CLS][UNK] [PAD]",
        "a\x1cb\x1f\x85\u200b\u2028c",
        "\u2581\u2581a\u2581",
        "x" * 500,
    ],
)
def test_pieces_and_places_are_the_same(text):
    assert compare(text)


def test_questions_of_the_demo_are_the_same():
    for example in demo_examples():
        assert compare(example.question), example.question
        assert compare(example.gold_sql), example.gold_sql


@settings(max_examples=300, deadline=None)
@given(st.text(LETTERS, max_size=40))
def test_any_text_has_the_same_pieces(text):
    compare(text)


def test_the_ends_of_a_text_are_marked_on_request():
    ours, theirs = (t.encode("how many 学生", add_special_tokens=True) for t in (OURS, THEIRS))
    assert (ours.ids, ours.offsets) == (theirs.ids, theirs.offsets)


def test_special_tokens_are_known_by_their_text():
    for token in ("[CLS]", "[SEP]", "[PAD]", "▁a", "no such piece"):
        assert OURS.token_to_id(token) == THEIRS.token_to_id(token)


def test_a_tokenizer_of_another_kind_is_read_by_the_package(tmp_path):
    known = json.loads((BUILT_IN / TOKENIZER).read_text(encoding="utf-8"))
    (tmp_path / TOKENIZER).write_text(json.dumps({**known, "normalizer": {"type": "NFC"}}), encoding="utf-8")
    assert Unigram.read(tmp_path / TOKENIZER) is None
    assert not isinstance(load_pieces(tmp_path).tokenizer, Unigram)
    assert isinstance(load_pieces(BUILT_IN).tokenizer, Unigram)
