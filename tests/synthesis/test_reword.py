"""A model's wording stands only where it still says what the query asks."""

from __future__ import annotations

from collections import Counter

import pytest

from sqlwright.core import Example
from sqlwright.generation import ScriptedGenerator
from sqlwright.synthesis import reword
from sqlwright.synthesis.reword import fault_of, first_line, rewording_prompt

ASKED = Example(
    "1",
    "shop",
    "What are the names of customers in Paris with more than 3 orders?",
    "SELECT name FROM customer WHERE city = 'Paris' AND orders > 3 LIMIT 1",
)


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        ("Which Parisians ordered more than 3 times?", "value_lost"),
        ("Who in PARIS ordered more than three times?", None),
        ("Who in Paris ordered more than 13 times?", "value_lost"),
        ("", "empty"),
        ("Paris 3", "too_short"),
        ("SELECT name FROM customer WHERE city = 'Paris' AND orders > 3", "sql"),
        ("Paris 3 " + "and so on " * 40, "too_long"),
    ],
)
def test_faults(question, fault):
    assert fault_of(question, ASKED, "sqlite") == fault


def test_a_value_the_first_question_does_not_say_need_not_come_back():
    assert fault_of("Who in Paris has over 3 orders?", ASKED, "sqlite") is None  # LIMIT 1 is in no question


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Who lives in Paris?", "Who lives in Paris?"),
        ('Reworded question: "Who lives in Paris?"\nBecause it is shorter.', "Who lives in Paris?"),
        ("1. Who lives in Paris?", "Who lives in Paris?"),
        ('Who is called "Ann"?', 'Who is called "Ann"?'),
        ("\n", ""),
    ],
)
def test_the_question_in_an_answer(text, question):
    assert first_line(text) == question


def test_rewording_keeps_order_sql_and_the_first_words_of_what_fails(shop_database):
    other = Example("2", "shop", "How many items are there?", "SELECT COUNT(*) FROM item")
    unknown = Example("3", "shop", "How many orders are there?", "SELECT COUNT(*) FROM orders")
    model = ScriptedGenerator(
        {ASKED.question: "Who lives in Rome?", other.question: "What number of items do we sell?"}
    )
    faults = Counter()
    made = list(reword([ASKED, other, unknown], model, shop_database.schema(), batch_size=2, faults=faults))
    assert [e.question for e in made] == [ASKED.question, "What number of items do we sell?", unknown.question]
    assert [e.gold_sql for e in made] == [e.gold_sql for e in (ASKED, other, unknown)]
    assert faults == {"value_lost": 1, "no_answer": 1}


def test_the_prompt_has_the_schema_first_and_the_question_last(shop_database):
    text = rewording_prompt(ASKED, shop_database.schema()).messages[-1].content
    assert text.index("CREATE TABLE customer") < text.index(ASKED.gold_sql) < text.index(ASKED.question)
