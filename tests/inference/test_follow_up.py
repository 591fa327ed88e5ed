"""A new question in a conversation is answered as one; a follow-up changes the query before."""

from __future__ import annotations

import pytest

from sqlwright.answering import ask
from sqlwright.core import Turn
from sqlwright.db import open_database
from sqlwright.generation import Completion, Generator
from sqlwright.generation.generator import Needs
from sqlwright.inference.follow_up import may_be_new, refers_back

BEST = "SELECT name FROM item ORDER BY price DESC LIMIT 1"
REFUSAL = "There is no answer here."
PAST = (Turn("What costs the most?", BEST),)
BY_CITY = "SELECT city, count(*) FROM customer GROUP BY city"


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        yield opened


class Model(Generator):
    """Writes `with_history` where there is one, else `alone`; both with their log probabilities where it searches."""

    name, context_tokens, remote_host = "model", 8_000, ""

    def __init__(self, with_history, alone, *scores):
        self.texts, self.scores, self.asked = (with_history, alone), scores, []
        if scores:
            self.needs = Needs(candidates=2)

    def generate(self, prompts, sampling):
        self.asked.append(len(prompts[0].history))
        way = 0 if prompts[0].history else 1
        text = self.texts[way]
        first = Completion(text, score=self.scores[way] if self.scores else None, refused=text == REFUSAL)
        rest = (Completion("SELECT 1", score=-9.0),) if self.scores else ()
        return [(first, *rest)]


@pytest.mark.parametrize(
    "question",
    [
        *("Only those in Oslo", "And in Paris?", "How about its price?", "Sort them by name.", "What else is there?"),
        *("Show the name too", "But without Oslo", "其中有多少在北京？", "那巴黎呢？", "只看 2024 年的"),
    ],
)
def test_these_refer_back(question):
    assert refers_back(question)


@pytest.mark.parametrize(
    "question", ["Sales per month", "How many customers are there?", "Customers per city", "每个城市有多少客户？"]
)
def test_these_stand_alone(question):
    assert not refers_back(question)


def test_the_query_before_once_more_is_no_answer_to_a_new_question(database):
    model = Model(BEST, BY_CITY)
    answer = ask("Customers per city", database, model, history=PAST)
    assert answer.sql == BY_CITY
    assert [note.code for note in answer.notes] == ["new_question"]
    assert model.asked == [1, 0]


def test_another_way_to_write_the_query_before(database):
    model = Model(BEST.replace("item", "item AS i").lower(), BY_CITY)
    answer = ask("Customers per city", database, model, history=PAST)
    assert answer.sql == BY_CITY


@pytest.mark.parametrize(
    ("question", "with_history", "alone"),
    [
        ("Only those in Oslo", BEST, BY_CITY),  # refers back
        ("What costs the most?", BEST, BY_CITY),  # the same question
        ("Customers per city", "SELECT count(*) FROM customer", BY_CITY),  # another query than before
        ("The dearest item", BEST, BEST),  # alone it is the same query
    ],
)
def test_otherwise_the_query_of_the_conversation_stays(database, question, with_history, alone):
    answer = ask(question, database, Model(with_history, alone), history=PAST)
    assert answer.sql == with_history
    assert answer.notes == ()


def test_that_the_tables_hold_no_answer_is_better_than_the_rows_before(database):
    answer = ask("Sales per month", database, Model(BEST, REFUSAL), history=PAST)
    assert (answer.status, answer.sql, answer.table) == ("refused", "", None)


def test_a_model_that_searches_is_asked_twice_and_the_surer_query_answers(database):
    whole = "How many customers are there in each of our cities?"
    led_astray = f"{BY_CITY} ORDER BY 2 DESC LIMIT 1"
    assert ask(whole, database, Model(led_astray, BY_CITY, -2.0, -0.1), history=PAST).sql == BY_CITY
    assert ask(whole, database, Model(led_astray, BY_CITY, -0.1, -2.0), history=PAST).sql == led_astray
    short = Model(led_astray, BY_CITY, -2.0, -0.1)
    assert ask("Customers per city", database, short, history=PAST).sql == led_astray
    assert short.asked == [1]


def test_without_a_conversation_nothing_is_asked_twice(database):
    model = Model(BEST, BY_CITY, -2.0, -0.1)
    ask("How many customers are there in each of our cities?", database, model)
    assert model.asked == [0]
    assert not may_be_new("Customers per city", (), BEST, "sqlite")
