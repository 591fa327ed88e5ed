"""The package's own model answers from any schema, and says in one sentence what it cannot answer."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.answering import ask
from sqlwright.core import GenerationError
from sqlwright.db import open_database
from sqlwright.generation import load_generator


@pytest.fixture(scope="module")
def model():
    return load_generator("built-in")


def test_an_answer_comes_with_the_confidence_of_its_candidates(shop, model):
    with open_database(shop) as database:
        answer = ask("How many customers are there?", database, model)
    assert answer.table.rows == ((3,),)
    assert 0.5 < answer.confidence < 1
    assert answer.model == "built-in"


def test_the_same_question_gets_the_same_answer(shop, model):
    with open_database(shop) as database:
        first, second = (ask("Who lives in Oslo?", database, model) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("question", ["🙂", "?!", "..."])
def test_a_question_without_a_word_is_said_to_be_none(shop, model, question):
    with open_database(shop) as database, pytest.raises(GenerationError, match="no word in it"):
        ask(question, database, model)


@pytest.mark.parametrize(
    ("question", "language"),
    [("Сколько клиентов?", "Russian"), ("كم عدد العملاء؟", "Arabic"), ("顧客は何人いますか", "Japanese")],
)
def test_a_language_that_is_not_read_is_named(shop, model, question, language):
    with open_database(shop) as database, pytest.raises(GenerationError, match=f"does not read {language}"):
        ask(question, database, model)


def test_a_database_without_tables_is_said_to_be_empty(tmp_path, model):
    with closing(sqlite3.connect(tmp_path / "empty.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with open_database(tmp_path / "empty.sqlite") as database, pytest.raises(GenerationError, match="no tables"):
        ask("How many rows?", database, model)


def test_thousands_of_columns_and_words_are_cut_to_what_matters(tmp_path, model):
    path = tmp_path / "wide.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        for number in range(3):
            columns = ", ".join(f"c{i} INT" for i in range(1000))
            connection.execute(f"CREATE TABLE t{number} (id INT, {columns})")
        connection.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, age INT)")
        connection.execute("INSERT INTO person VALUES (1, 'O''Brien', 30)")
        connection.commit()
    with open_database(path) as database:
        assert ask("What is the age of O'Brien?", database, model).table.rows == ((30,),)
        assert ask("how many persons " * 700, database, model).status in ("answered", "refused")
