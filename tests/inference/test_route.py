"""Which of several databases a question goes to."""

from __future__ import annotations

import sqlite3

import pytest

from sqlwright.answering.several import ask_several
from sqlwright.core import Answer, ResultTable
from sqlwright.data import Context
from sqlwright.db import open_database
from sqlwright.inference.route import BuiltInJudge, Known, route
from sqlwright.prompts import PromptOptions

CLINIC = """
CREATE TABLE patient (id INTEGER PRIMARY KEY, name TEXT, birth_date DATE, city TEXT);
CREATE TABLE visit (id INTEGER PRIMARY KEY, patient_id INTEGER REFERENCES patient (id), visited_on DATE, fee REAL);
INSERT INTO patient VALUES (1, 'Dee', '1990-01-01', 'Lima'), (2, 'Eli', '1985-05-05', 'Quito');
INSERT INTO visit VALUES (1, 1, '2025-01-02', 80.0), (2, 2, '2025-02-03', 95.5);
"""


@pytest.fixture
def clinic(tmp_path):
    path = tmp_path / "clinic.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(CLINIC)
    connection.close()
    return path


@pytest.fixture
def known(shop, clinic):
    found = []
    for path in (shop, clinic):
        with open_database(path) as database:
            found.append(Known(path.stem, Context.of(database, PromptOptions(samples=51))))
    return found


@pytest.fixture(scope="module")
def judge():
    return BuiltInJudge()


@pytest.mark.parametrize(
    ("question", "best", "mention"),
    [
        ("How many visits were there?", "clinic", "visit"),
        ("the price of the pen", "shop", "item.price"),
        ("Who lives in Quito?", "clinic", "patient.city = Quito"),
        ("Who lives in Oslo?", "shop", "customer.city = Oslo"),
        ("What columns does patient have?", "clinic", "patient"),
    ],
)
def test_names_and_stored_values_decide(known, judge, question, best, mention):
    for databases in (known, known[::-1]):
        first, second = route(question, databases, judge)
        assert first.database == best
        assert mention in first.mentions
        assert first.share > second.share
        assert first.share + second.share == pytest.approx(1)


def test_the_meaning_decides_where_no_word_does(known, judge):
    """Chinese over English names: no word of the question is in either schema."""
    for databases in (known, known[::-1]):
        assert route("每个病人的就诊费用", databases, judge)[0].database == "clinic"
        assert route("每个商品的价格", databases, judge)[0].database == "shop"


class _Taught:
    """The part of Knowledge that routing reads."""

    def verified(self, question, values, dialect):
        return object() if question == "the usual" else None


def test_a_database_that_was_taught_the_question_is_the_one(known, judge):
    taught = [known[0], Known("clinic", known[1].context, _Taught())]
    assert route("the usual", taught, judge)[0].database == "clinic"


def answers(name, **given):
    table = ResultTable(("n",), ((1,),))
    return Answer(**{"question": "?", "status": "answered", "database": name, "dialect": "sqlite", "model": "m",
                     "sql": "SELECT 1", "table": table, **given})  # fmt: skip


def test_the_next_database_is_asked_where_the_nearest_holds_no_answer(known, judge):
    asked = []

    def ask(name):
        asked.append(name)
        return answers(name) if len(asked) == 2 else answers(name, status="refused", table=None, sql="")

    answer = ask_several("names by city", known, judge, ask)
    assert len(asked) == 2
    assert answer.database == asked[1] == answer.candidates[1].database
    assert [note.code for note in answer.notes] == ["unsure_database"]


def test_a_conversation_stays_with_its_database_unless_another_is_clearly_nearer(known, judge):
    for current in ("shop", "clinic"):
        assert ask_several("names by city", known, judge, answers, current=current).database == current
        assert ask_several("How many visits were there?", known, judge, answers, current=current).database == "clinic"


def test_where_no_database_fits_the_answer_says_what_to_do(known, judge):
    def ask(name):
        raise AssertionError(name)

    answer = ask_several("Why is the sky blue?", known, judge, ask)
    assert (answer.status, answer.database, answer.sql) == ("refused", "", "")
    assert answer.reason.startswith("None of the 2 databases seems to hold the answer: shop, clinic.")
    assert "Name one" in answer.reason
    assert [c["share"] for c in answer.to_dict()["candidates"]] == [0.0, 0.0]
