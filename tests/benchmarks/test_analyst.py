"""The analysts' questions: how rows are judged, and that every question has an answer in its database."""

import importlib
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ANALYST = Path(__file__).parents[2] / "benchmarks" / "analyst"
QUESTIONS = [json.loads(line) for line in (ANALYST / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def verdict(monkeypatch):
    monkeypatch.syspath_prepend(str(ANALYST))
    return importlib.import_module("judge").verdict


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    """The folder that make_databases.py fills."""
    folder = tmp_path_factory.mktemp("databases")
    subprocess.run([sys.executable, ANALYST / "make_databases.py", folder], check=True, capture_output=True)
    return folder


def test_rows_and_columns_may_come_in_any_order(verdict):
    assert verdict([("Rock", 3), ("Jazz", 1)], [(1, "Jazz"), (3, "Rock")]) == "right"


def test_columns_beyond_the_gold_ones_are_allowed(verdict):
    assert verdict([("Rock",), ("Jazz",)], [(1, "Jazz", 7), (2, "Rock", 7)]) == "right"


def test_values_are_matched_within_their_row(verdict):
    assert verdict([("Rock", 3), ("Jazz", 1)], [("Rock", 1), ("Jazz", 3)]) == "wrong"


def test_duplicate_rows_count(verdict):
    assert verdict([("Rock",), ("Rock",), ("Jazz",)], [("Rock",), ("Jazz",), ("Jazz",)]) == "wrong"
    assert verdict([("Rock",), ("Rock",)], [("Rock",)]) == "wrong"


def test_a_result_column_stands_for_one_gold_column(verdict):
    assert verdict([(2, 2)], [(2,)]) == "wrong"
    assert verdict([(2, 2)], [(2, 2)]) == "right"


def test_some_of_the_gold_columns_are_half_right(verdict):
    assert verdict([("Rock", 3)], [("Rock", 4)]) == "half"


def test_numbers_are_compared_to_three_decimals_also_as_text(verdict):
    assert verdict([(0.12345, 2)], [("0.1234", 2.0)]) == "right"
    assert verdict([(0.12,)], [(0.13,)]) == "wrong"
    assert verdict([("05",)], [(5,)]) == "right"


def test_times_are_compared_by_day(verdict):
    assert verdict([("2024-05-01 08:30:00",)], [("2024-05-01",)]) == "right"
    assert verdict([("2024-05-01",)], [("2024-05-02",)]) == "wrong"


def test_missing_differs_from_empty(verdict):
    assert verdict([(None,)], [("",)]) == "wrong"
    assert verdict([], []) == "right"
    assert verdict([], [(None,)]) == "wrong"


def test_every_id_is_used_once_and_a_database_is_in_one_split():
    assert len({q["id"] for q in QUESTIONS}) == len(QUESTIONS)
    split = {q["database"]: q["split"] for q in QUESTIONS}
    assert all(q["split"] == split[q["database"]] for q in QUESTIONS)


def test_gold_queries_of_the_made_databases_have_rows(databases):
    for question in QUESTIONS:
        path = databases / question["database"]
        if path.exists():
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                rows = connection.execute(question["gold_sql"]).fetchall()
            assert 0 < len(rows) <= 100, question["id"]


@pytest.mark.parametrize("file", ["products.jsonl", "companies.jsonl"])
def test_gold_queries_about_products_and_companies_have_rows(databases, file):
    lines = (ANALYST / file).read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    assert len({q["id"] for q in questions}) == len(questions) >= 200
    for question in questions:
        with closing(sqlite3.connect(f"file:{databases / question['database']}?mode=ro", uri=True)) as connection:
            assert connection.execute(question["gold_sql"]).fetchall(), question["id"]


def test_the_databases_are_the_same_each_time(databases, tmp_path):
    subprocess.run([sys.executable, ANALYST / "make_databases.py", tmp_path], check=True, capture_output=True)
    for first in sorted(databases.glob("*.sqlite")):
        with closing(sqlite3.connect(first)) as a, closing(sqlite3.connect(tmp_path / first.name)) as b:
            assert list(a.iterdump()) == list(b.iterdump())
