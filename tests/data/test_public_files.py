"""Every row of the public files is read: counts as their documentation gives them."""

from __future__ import annotations

from collections import Counter

import pytest

from sqlwright.data import read_dialogues, read_examples, read_schemas

pytestmark = pytest.mark.shared

QUESTIONS = {
    "spider/train_spider.json.gz": 7000,
    "spider/dev.json.gz": 1034,
    "spider-syn/train_spider.json.gz": 7000,
    "spider-mysql/train_queries.csv.gz": 6726,
    "spider-mysql/test_queries.csv.gz": 1034,
    "wikisql/wikisql_train.jsonl.gz": 56355,
    "wikisql/wikisql_dev.jsonl.gz": 8421,
    "wikisql/dev.jsonl.gz": 8421,
    "wikisql/llmsql_val_questions.jsonl.gz": 8385,
    "sql-create-context-samples/modal_sqlqa.jsonl.gz": 4000,
    "sql-create-context-samples/mobileaibench.csv.gz": 1000,
    "sql-create-context-samples/messages_a.jsonl.gz": 2500,
    "sql-create-context-samples/messages_b.jsonl.gz": 2500,
    "bird-train-sample/mini_train.json.gz": 1000,
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions(shared, name):
    examples = list(read_examples(shared / "data" / name, strict=True))
    assert len(examples) == QUESTIONS[name]
    assert len({e.id for e in examples}) == len(examples)
    assert all(e.question and e.gold_sql and (e.db_id or e.ddl) for e in examples)


@pytest.mark.parametrize(
    ("name", "dialogues", "turns"),
    [
        ("sparc/dev.json.gz", 422, 1203),
        ("cosql/cosql_train.json.gz", 2164, 7887),
        ("chase/chase_train.json.gz", 3949, 12914),
    ],
)
def test_dialogues(shared, name, dialogues, turns):
    read = list(read_dialogues(shared / "data" / name, strict=True))
    assert len(read) == dialogues
    assert sum(bool(e.gold_sql) for d in read for e in d.turns) == turns
    assert all(e.turn == 0 or e.history for d in read for e in d.turns[1:])


def test_qda_sql(shared):
    read = list(read_dialogues(shared / "data/qda-sql/QDASQL_train.json.gz", strict=True))
    examples = [e for d in read for e in d.turns]
    assert sum(bool(e.gold_sql) for e in examples) == 22763
    assert sum(not e.answerable for e in examples) == 8804
    assert len(read) == 6454 - 29  # 29 dialogues hold neither SQL nor an unanswerable question
    assert not any("```" in e.gold_sql for e in examples)


@pytest.mark.parametrize(("name", "rows", "unanswerable"), [("train", 5124, 450), ("valid", 1163, 232)])
def test_ehrsql(shared, name, rows, unanswerable):
    examples = list(read_examples(shared / f"data/ehrsql-2024/{name}_data.json.gz", strict=True))
    assert Counter(e.answerable for e in examples) == {True: rows - unanswerable, False: unanswerable}


@pytest.mark.parametrize(
    ("name", "databases"),
    [("spider/tables.json.gz", 166), ("chase/chase_tables.json.gz", 280), ("ehrsql-2024/tables.json", 1)],
)
def test_schemas(shared, name, databases):
    assert len(read_schemas(shared / "data" / name)) == databases


def test_the_two_routes_to_wikisql_dev_agree(shared):
    """text2sql-data writes columns in upper case with underscores; 8 of 8,421 have other constants there."""
    folder = shared / "data/wikisql"

    def key(example):
        selected, _, where = example.gold_sql.replace('"', "").replace(" ", "_").upper().partition("_WHERE_")
        return example.db_id, " ".join(example.question.split()), selected, tuple(sorted(where.split("_AND_")))

    official = Counter(key(e) for e in read_examples(folder / "dev.jsonl.gz"))
    patterns = Counter(key(e) for e in read_examples(folder / "wikisql_dev.jsonl.gz"))
    assert sum((official & patterns).values()) == 8413
