"""The SQL is cut out of whatever the model wrote around it, and is never changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqlwright.sql import extract_sql

ROWS = [json.loads(line) for line in (Path(__file__).parent / "extract.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:50])
def test_the_first_query_is_cut_out(row):
    assert extract_sql(row["text"]) == row["sql"]


@pytest.mark.parametrize("row", [r for r in ROWS if '"' not in r["sql"]], ids=lambda row: row["text"][:50])
def test_what_comes_out_stood_in_the_text(row):
    assert extract_sql(row["text"]) in row["text"]


@pytest.mark.parametrize("row", [r for r in ROWS if r["sql"]], ids=lambda row: row["sql"][:50])
def test_extracting_twice_changes_nothing(row):
    assert extract_sql(row["sql"]) == row["sql"]
