"""What a data set holds, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqlwright.core import NotFoundError
from sqlwright.data import DatabaseFolder, InspectOptions, inspect_examples, inspect_files, read_schemas
from sqlwright.data.inspect import BARS, Spread, histogram, is_chinese
from sqlwright.prompts.tokens import token_counter

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def questions(tmp_path, shop):
    rows = [
        ("How many customers?", "SELECT count(*) FROM customer"),
        ("how many  customers?", "select COUNT(*) from customer"),
        ("Who lives in Rome?", "SELECT name FROM customer WHERE city = 'Rome'"),
        ("Which cheese?", "SELECT name FROM cheese"),
        ("What is it?", "SELECT FROM WHERE"),
        ("Away with it!", "DELETE FROM customer"),
        ("最贵的商品是什么？", "SELECT name FROM item ORDER BY price DESC LIMIT 1"),
        ("Which cost most?", "SELECT nothing FROM item"),
    ]
    path = tmp_path / "questions.jsonl"
    lines = [json.dumps({"db_id": "shop", "question": q, "gold_sql": s}) for q, s in rows]
    lines += [json.dumps({"db_id": "away", "question": "Q?", "gold_sql": "SELECT 1"})]
    lines += [json.dumps({"db_id": "shop", "question": "Rain?", "gold_sql": "", "answerable": False}), "{"]
    path.write_text("\n".join(lines))
    return path


def test_counts(questions):
    bad = []
    found = inspect_examples(questions, on_bad_row=bad.append)
    assert (found.format, found.rows, found.bad_rows, found.questions, found.without_sql) == ("sqlwright", 10, 1, 10, 1)
    assert len(bad) == 1
    assert (found.databases, found.questions_per_schema) == (2, Spread(2, 1, 5.0, 9))
    assert (found.duplicate_questions, found.duplicate_sql) == (1, 1)
    assert (found.chinese_share, found.unanswerable_share) == (0.1, 0.1)
    assert found.fields["question"] == 10
    assert found.fields["answerable"] == 1


def test_without_databases_gold_is_parsed_and_guarded(questions):
    found = inspect_examples(questions, on_bad_row=lambda _: None)
    assert found.gold["unparsable"] == 1
    assert found.gold["refused"] == 2
    assert {f.sql for f in found.findings if f.kind == "refused"} == {"SELECT FROM WHERE", "DELETE FROM customer"}


def test_with_databases_gold_is_run(questions):
    options = InspectOptions(databases=DatabaseFolder(questions.parent))
    found = inspect_examples(questions, options, on_bad_row=lambda _: None)
    kinds = {(f.kind, f.sql) for f in found.findings}
    assert ("empty", "SELECT name FROM customer WHERE city = 'Rome'") in kinds
    assert ("refused", "DELETE FROM customer") in kinds
    assert ("refused", "SELECT name FROM cheese") in kinds
    assert ("failed", "SELECT nothing FROM item") in kinds
    assert ("no_database", "SELECT 1") in kinds
    assert found.lengths["prompt"].n == 9
    assert found.lengths["schema"].minimum > 20
    assert found.lengths["prompt"].minimum > found.lengths["schema"].maximum


def test_dialogues():
    found = inspect_examples(FIXTURES / "sparc.json", InspectOptions(tables=read_schemas(FIXTURES / "tables.json")))
    assert (found.rows, found.questions, found.dialogues) == (2, 3, 2)
    assert found.turns_per_dialogue == Spread(2, 1, 1.5, 2)
    assert found.lengths["prompt"].n == 3


def test_a_dialect_comes_from_the_format():
    found = inspect_examples(FIXTURES / "spider_mysql.csv")
    assert (found.dialect, found.gold) == ("mysql", {"unparsable": 0, "refused": 0})


def test_leaks_between_files(tmp_path):
    first, second = tmp_path / "train.jsonl", tmp_path / "dev.jsonl"
    rows = [
        {"question": "How many?", "gold_sql": "SELECT 1", "ddl": "CREATE TABLE a (x INT)"},
        {"question": "Which?", "gold_sql": "SELECT 2", "ddl": "CREATE TABLE b (x INT)"},
    ]
    first.write_text("\n".join(json.dumps(r) for r in rows))
    changed = [
        rows[0],
        {**rows[1], "ddl": "CREATE TABLE c (x INT)"},
        {**rows[1], "question": "Who?", "ddl": "create table a (x int)"},
    ]
    second.write_text("\n".join(json.dumps(r) for r in changed))
    _, (leak,) = inspect_files([first, second])
    assert (leak.same_question, leak.same_question_and_database) == (2, 1)
    assert (leak.same_database, leak.same_schema) == (1, 2)


def test_a_schema_that_is_not_known_is_not_counted_as_no_leak():
    _, (leak,) = inspect_files([FIXTURES / "spider.json", FIXTURES / "sparc.json"])
    assert (leak.same_database, leak.same_schema) == (3, None)


def test_an_id_used_twice_is_counted(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "db_id": "a", "question": "One?"}\n{"id": 1, "db_id": "a", "question": "Two?"}')
    assert inspect_examples(path).duplicate_ids == 1


def test_a_tokenizer_counts_exactly(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert token_counter(tmp_path)("a b a b c") == 5
    with pytest.raises(NotFoundError, match=r"tokenizer\.json"):
        token_counter(tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "chinese"), [("最贵的商品", True), ("GDP最高的省份是哪个", True), ("Who?", False), ("12?", False)]
)
def test_language(text, chinese):
    assert is_chinese(text) is chinese


@pytest.mark.shared
@pytest.mark.slow
def test_spider_has_the_documented_defects(shared, spider_databases):
    files = [shared / "data/spider/train_spider.json.gz", shared / "data/spider/dev.json.gz"]
    (train, dev), (leak,) = inspect_files(files, InspectOptions(databases=DatabaseFolder(spider_databases)))
    assert (train.questions, train.databases, train.gold["empty"], train.gold["no_database"]) == (7000, 140, 254, 96)
    assert train.gold["failed"] + train.gold["refused"] == 3
    assert {k: n for k, n in dev.gold.items() if n} == {"empty": 49, "no_database": 62}
    assert dev.questions_per_schema == Spread(20, 4, 51.7, 120)
    assert (leak.same_question, leak.same_database) == (6, 0)


def test_a_histogram_has_equal_bars_that_hold_every_number():
    bars = histogram({3: 2, 4: 1, 103: 5})
    assert (bars[0].low, bars[-1].high, sum(bar.count for bar in bars)) == (3, 103, 8)
    assert len(bars) <= BARS
    assert len({bar.high - bar.low for bar in bars[:-1]}) == 1
    assert [(bar.low, bar.high, bar.count) for bar in histogram({7: 3})] == [(7, 7, 3)]
    assert histogram({}) == ()


def test_lengths_come_as_histograms_too(questions):
    found = inspect_examples(questions, on_bad_row=lambda _: None)
    assert sum(bar.count for bar in found.length_histograms["question"]) == found.lengths["question"].n
