"""A verified pair answers its own question, and the same question about another stored value."""

from __future__ import annotations

import pytest

from sqlwright.db import open_database
from sqlwright.db.value_index import ValueIndex
from sqlwright.retrieval import Knowledge, remember
from sqlwright.retrieval.item import KnowledgeItem
from sqlwright.retrieval.verified import question_key, verified_query

OSLO = "SELECT name FROM customer WHERE city = 'Oslo'"
HELD = {("customer", "city"): ("Oslo", "Paris", "São Paulo", "L'Aquila", "北京"), ("item", "name"): ("ink", "Paris")}


def stored(table, column, text):
    same = [v for v in HELD.get((table, column), ()) if question_key(v) == question_key(text)]
    return same[0] if same else None


def pair(question, sql):
    return KnowledgeItem("pair", "id", question, sql)


def answered(question, *pairs, dialect="sqlite"):
    found = verified_query(question, {question_key(p[0]): pair(*p) for p in pairs}, stored, dialect)
    return None if found is None else found.sql


@pytest.mark.parametrize(
    "question",
    ["Who lives in Oslo?", "who lives in  OSLO", "Who lives in Oslo.", "Who lives in “Oslo”?", "Who lives in Ôslo ?!"],
)
def test_case_accents_spaces_and_punctuation_do_not_count(question):
    assert answered(question, ("Who lives in Oslo?", OSLO)) == OSLO


@pytest.mark.parametrize("question", ["Who lives in Oslo now?", "Who lived in Oslo?", "Who lives", "Oslo", ""])
def test_other_words_are_another_question(question):
    assert answered(question, ("Who lives in Oslo?", OSLO)) is None


def test_numbers_keep_their_decimals():
    sql = "SELECT name FROM item WHERE price > 2.5 AND weight < 10"
    assert question_key("Over 2.5, under 10.") == "over 2.5 under 10"
    assert answered("Over 3.25, under 10?", ("Over 2.5, under 10?", sql)) == sql.replace("2.5", "3.25")


@pytest.mark.parametrize(
    ("question", "city"),
    [
        ("Who lives in Paris?", "Paris"),
        ("who lives in sao paulo", "São Paulo"),
        ("Who lives in L'Aquila?", "L''Aquila"),
    ],
)
def test_another_stored_value_takes_the_place_of_the_pairs(question, city):
    assert answered(question, ("Who lives in Oslo?", OSLO)) == OSLO.replace("Oslo", city)


def test_chinese_questions_have_no_spaces():
    assert answered("谁住在北京？", ("谁住在Oslo？", OSLO)) == OSLO.replace("Oslo", "北京")


@pytest.mark.parametrize("question", ["Who lives in Rome?", "Who lives in ink?", "Who lives in Oslo or Paris?"])
def test_a_value_that_the_column_does_not_hold_is_left_to_the_model(question):
    assert answered(question, ("Who lives in Oslo?", OSLO)) is None


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("Oslo and Oslo?", OSLO),  # twice in the question
        ("Who is from Norway?", OSLO),  # not in the question
        ("Who lives in Oslo?", "SELECT name FROM customer WHERE city LIKE '%Oslo%'"),
        ("Who lives in Oslo?", "SELECT name FROM customer WHERE lower(city) = 'oslo'"),
        ("Who lives in Oslo?", "SELECT name, 'Oslo' FROM customer WHERE city = 'Oslo'"),
        ("Who joined by 2024-01-01?", "SELECT name FROM customer WHERE joined < '2024-01-01'"),
    ],
)
def test_a_constant_that_is_not_plainly_a_value_of_the_question_stays(question, sql):
    for old, new in (("Oslo", "Paris"), ("2024", "2023")):
        if old in question:
            assert answered(question.replace(old, new), (question, sql)) is None
    assert answered(question, (question, sql)) == sql


def test_a_value_in_each_place_where_the_query_holds_it():
    sql = "SELECT name FROM customer WHERE city = 'Oslo' AND id IN (SELECT id FROM customer WHERE city = 'Oslo')"
    assert answered("From Paris?", ("From Oslo?", sql)) == sql.replace("Oslo", "Paris")


def test_several_values():
    sql = "SELECT name FROM customer WHERE city IN ('Oslo', 'Paris')"
    assert answered("Oslo or São Paulo?", ("Oslo or Paris?", sql)) == sql.replace("Paris", "São Paulo")
    # Exchanged, one replacement would undo the other.
    assert answered("Paris or Oslo?", ("Oslo or Paris?", sql)) is None


def test_a_number_may_be_any_other():
    sql = "SELECT name FROM item ORDER BY price DESC LIMIT 3"
    assert answered("The top 5 items?", ("The top 3 items?", sql)) == sql.replace("3", "5")
    assert answered("The top ten items?", ("The top 3 items?", sql)) is None
    twice = "SELECT name FROM item WHERE id = 3 LIMIT 3"
    assert answered("The top 5 items?", ("The top 3 items?", twice)) is None


def test_two_pairs_that_give_different_queries_are_left_to_the_model():
    items = "SELECT count(*) FROM item WHERE name = 'ink'"
    pairs = (("How many of Oslo?", OSLO), ("How many of ink?", items))
    assert answered("How many of Paris?", *pairs) is None
    assert answered("How many of São Paulo?", *pairs) == OSLO.replace("Oslo", "São Paulo")
    assert answered("How many of ink?", *pairs) == items


def test_knowledge_finds_the_pair_among_many_with_the_databases_values(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path))
    with open_database(shop) as database:
        remember(database, "And who?", "SELECT count(*) FROM item")
        for number in range(40):
            remember(database, f"Who lives in Oslo, case {number}?", OSLO)
        remember(database, "Who is in Oslo?", OSLO)
        knowledge, values = Knowledge.of(database), ValueIndex.build(database)
        assert knowledge.verified("And who", None, "sqlite").sql == "SELECT count(*) FROM item"
        found = knowledge.verified("Who is in paris?", values, "sqlite")
        assert (found.sql, found.changed) == (OSLO.replace("Oslo", "Paris"), (("Oslo", "Paris"),))
        assert knowledge.verified("Who is in paris?", None, "sqlite") is None
        assert knowledge.verified("Who is in Rome?", values, "sqlite") is None
