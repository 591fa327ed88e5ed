"""A question that was verified is answered with its query, whatever the model, and the receipt says so."""

from __future__ import annotations

import pytest

from sqlwright.answering import ask
from sqlwright.cli.ask import receipt_lines
from sqlwright.core import Turn
from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator, load_generator
from sqlwright.retrieval import Knowledge, remember

OSLO = "SELECT name FROM customer WHERE city = 'Oslo'"


@pytest.fixture
def database(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))
    with open_database(shop) as opened:
        remember(opened, "Who are our northerners?", OSLO)
        remember(opened, "Who lives in Oslo?", OSLO)
        remember(opened, "And these?", "SELECT count(*) FROM item")
        yield opened


def asked(database, question, model=None, **settings):
    return ask(question, database, model or ScriptedGenerator({}), knowledge=Knowledge.of(database), **settings)


def test_the_built_in_model_is_not_asked_what_was_verified(database):
    answer = asked(database, "who are our northerners", load_generator("built-in", threads=1))
    assert (answer.sql, answer.table.rows, answer.kind, answer.model) == (OSLO, (("Bo",),), "verified", "")
    assert answer.confidence is None
    assert [(s.kind, s.score, s.text) for s in answer.sources] == [("pair", 1.0, "Who are our northerners?")]
    assert [note.code for note in answer.notes] == ["verified"]
    assert answer.filters == ("city is 'Oslo'",)


def test_the_receipt_says_where_the_query_is_from(database):
    lines = receipt_lines(asked(database, "Who lives in Paris?"))
    assert lines[2].startswith("note    This is the query that was verified for a question like this one")
    assert "with 'Paris' in place of 'Oslo'; no model wrote it." in lines[2]
    assert lines[3:4] == [
        "used    your pair (score 1.00): Who lives in Oslo?",
    ]
    assert lines[-1].startswith("model   none, ")


def test_notes_on_the_rows_are_there_as_well(database):
    remember(database, "Who lives in Rome?", "SELECT name FROM customer WHERE city = 'Rome'")
    assert [n.code for n in asked(database, "Who lives in Rome?").notes] == ["verified", "empty"]


def test_a_query_that_does_not_run_any_more_is_left_to_the_model(database, monkeypatch):
    monkeypatch.setattr("sqlwright.retrieval.knowledge.stored_pairs", lambda _: [stale])
    stale = remember(database, "How many?", "SELECT count(*) FROM item")
    object.__setattr__(stale, "gold_sql", "SELECT count(*) FROM gone")
    answer = asked(database, "How many?", ScriptedGenerator({"How many?": "SELECT count(*) FROM orders"}))
    assert (answer.kind, answer.table.rows) == ("query", ((4,),))


def test_in_a_conversation_only_a_question_that_stands_alone(database):
    history = (Turn("Who lives in Paris?", OSLO.replace("Oslo", "Paris")),)
    assert asked(database, "Who lives in Oslo?", history=history).kind == "verified"
    model = ScriptedGenerator({"And these?": "SELECT count(*) FROM orders"})
    assert asked(database, "And these?", model, history=history).kind == "query"
    assert asked(database, "And these?").kind == "verified"


def test_without_knowledge_the_model_is_asked(database):
    model = ScriptedGenerator({"Who lives in Oslo?": "SELECT 1"})
    assert ask("Who lives in Oslo?", database, model).sql == "SELECT 1"
