"""The written questions that the built-in model is trained on: their databases can be made, their queries run."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sqlwright.core import today_of, with_inferred_keys
from sqlwright.db import open_database
from sqlwright.parser.from_sql import parse_form

ROOT = Path(__file__).parents[1]
SAMPLE = ("fin_insurance", "mob_bikeshare", "wide_csat", "zh_wuye")  # making all of them takes minutes


@pytest.fixture(scope="module")
def module():
    spec = importlib.util.spec_from_file_location("make_databases", ROOT / "questions" / "make_databases.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def members(module):
    return module.members()


@pytest.mark.parametrize("name", SAMPLE)
def test_the_form_expresses_each_query_and_the_database_answers_it(module, members, tmp_path, name):
    path = tmp_path / name / f"{name}.sqlite"
    module.make(members[name]["make.py"], path)
    queries = {row["query"] for row in module.rows(name, members[name]["questions.jsonl"])}
    assert len(queries) > 40
    with closing(sqlite3.connect(path)) as connection:
        answered = sum(bool(connection.execute(query).fetchone()) for query in queries if "'now'" not in query)
        assert answered == sum("'now'" not in query for query in queries)
    with open_database(path) as database:
        profile = database.profile()
        schema = with_inferred_keys(database.schema(samples=5), profile)
        for query in queries:
            parse_form(query, schema, profile=profile, today=today_of(profile))


def test_no_question_stands_in_the_sets_that_measure_a_model(module, members):
    written = {
        row["question"].strip(" ?？.").casefold()
        for name, parts in members.items()
        for row in module.rows(name, parts["questions.jsonl"])
    }
    # The questions about companies are younger than the training: one of them was written twice, by chance.
    for file, most in (("questions.jsonl", 0), ("products.jsonl", 0), ("companies.jsonl", 1)):
        lines = (ROOT / "benchmarks" / "analyst" / file).read_text(encoding="utf-8").splitlines()
        measured = {json.loads(line)["question"].strip(" ?？.").casefold() for line in lines}
        assert len(written & measured) <= most


@pytest.mark.shared
def test_no_question_is_one_of_spiders_development_set(module, members, shared):
    import gzip

    with gzip.open(shared / "data/spider/dev.json.gz") as file:
        dev = {row["question"].strip(" ?.").casefold() for row in json.load(file)}
    written = {
        row["question"].strip(" ?.").casefold()
        for name, parts in members.items()
        for row in module.rows(name, parts["questions.jsonl"])
    }
    assert not written & dev
