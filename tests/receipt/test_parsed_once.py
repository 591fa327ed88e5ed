"""A statement is parsed by the guard, and its tree travels with the outcome to every part of the receipt."""

from __future__ import annotations

import copy
import pickle
from collections import Counter

import pytest

from sqlwright.answering import AskOptions, ask
from sqlwright.db import open_database
from sqlwright.generation import Sampling, ScriptedGenerator, load_generator
from sqlwright.receipt.changes import changes
from sqlwright.sql import reading
from sqlwright.sql.describe import constants, cross_joined, filters_in_words, query_of, tables_of

OSLO = "SELECT name FROM customer WHERE city = 'Oslo' ORDER BY name"
EMPTY = "SELECT name FROM customer WHERE city = 'Rome' AND name = 'Bo'"


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        opened.policy()
        yield opened


@pytest.fixture
def parses(monkeypatch):
    """How often each text is parsed."""
    counted = Counter()
    read = reading.read

    class Parser:
        def __init__(self, parser):
            self.parser = parser

        def parse(self, tokens, text):
            counted[text] += 1
            return self.parser.parse(tokens, text)

    real = reading._parser
    monkeypatch.setattr(reading, "_parser", lambda dialect, tokens: Parser(real(dialect, tokens)))
    assert read("SELECT 1", "sqlite")
    assert counted.pop("SELECT 1") == 1
    return counted


@pytest.mark.parametrize("sql", [OSLO, EMPTY, "SELECT c.name FROM customer c CROSS JOIN item"])
def test_once_in_the_models_text_and_once_by_the_guard(database, parses, sql):
    answer = ask("Who?", database, ScriptedGenerator([sql]))
    assert answer.status == "answered"
    assert parses[answer.sql] == 2


def test_once_for_a_model_that_writes_nothing_but_queries(database, parses):
    answer = ask("Who lives in Oslo?", database, load_generator("built-in", threads=1))
    assert answer.table.rows == (("Bo",),)
    assert parses[answer.sql] == 1
    assert set(parses.values()) == {1}


def test_the_queries_of_other_readings_are_not_parsed_again(database, parses):
    model = ScriptedGenerator([[OSLO, "SELECT city FROM customer", OSLO]])
    answer = ask("Who?", database, model, options=AskOptions(sampling=Sampling(n=3, temperature=1.0)))
    assert [reading.sql for reading in answer.readings] == ["SELECT city FROM customer"]
    assert parses["SELECT city FROM customer"] == 2


def test_the_tree_of_an_outcome_is_that_of_its_text_and_no_part_changes_it(database):
    outcome = database.run(EMPTY)
    tree = query_of(outcome, "sqlite")
    before = tree.sql("sqlite")
    assert before == EMPTY
    for words in (tables_of, filters_in_words, constants, cross_joined):
        assert words(tree, "sqlite") == words(EMPTY, "sqlite")
    assert [c.says for c in changes(tree, OSLO, "sqlite")] == [c.says for c in changes(EMPTY, OSLO, "sqlite")]
    ask("Who?", database, ScriptedGenerator([EMPTY]))
    assert tree.sql("sqlite") == before


def test_a_refused_statement_has_no_tree_and_a_copied_outcome_reads_its_text(database):
    assert database.run("DROP TABLE item").statement is None
    outcome = database.run(OSLO)
    for copied in (pickle.loads(pickle.dumps(outcome)), copy.deepcopy(outcome)):
        assert copied == outcome
        assert tables_of(query_of(copied, "sqlite"), "sqlite") == ("customer",)
