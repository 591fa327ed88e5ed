"""A question that the tables cannot answer is refused with the nearest of them."""

from __future__ import annotations

import pytest

from sqlwright.answering import ask
from sqlwright.core import Column, Schema, Table
from sqlwright.db import open_database
from sqlwright.generation import Completion, Generator, ScriptedGenerator
from sqlwright.prompts import link_names
from sqlwright.receipt.reason import nearest_tables

SHOP = Schema(
    "shop",
    "sqlite",
    (
        Table("customer", (Column("id"), Column("city"))),
        Table("return_line", (Column("id"), Column("reason", comment="why the goods came back"))),
        Table("orders", (Column("id"), Column("customer_id"))),
    ),
)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Which customers have a dog?", "customer"),
        ("Why did the goods arrive broken?", "return_line"),
        ("How many refunds were there?", "return_line"),
    ],
)
def test_the_nearest_table(question, first):
    assert nearest_tables(question, link_names(question, SHOP), SHOP)[0] == first


def test_nothing_is_near():
    assert nearest_tables("Is it sunny?", (), SHOP) == ()


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        yield opened


class Refusing(Generator):
    """Finds no answer in the schema, whatever is asked."""

    name, context_tokens, remote_host = "refusing", 8_000, ""

    def __init__(self, text):
        self.text, self.calls = text, 0

    def generate(self, prompts, sampling):
        self.calls += 1
        return [(Completion(self.text, refused=True),) for _ in prompts]


def reason(database, question, model, **options):
    return ask(question, database, model, **options).reason


REFUSAL = "The tables do not seem to hold the answer."


@pytest.mark.parametrize("text", ["", "No.", "SELECT 1", REFUSAL])
def test_the_refusal_names_the_nearest_table_whatever_the_model_says(database, text):
    model = Refusing(text)
    assert reason(database, "Which customers have a dog?", model) == f"{REFUSAL} Nearest: customer, orders."
    assert model.calls == 1  # a refusal is not repaired


def test_where_none_is_near_the_tables_are_named(database):
    assert reason(database, "Is it sunny?", Refusing("No.")) == f"{REFUSAL} There are: customer, item, orders."


def test_in_chinese(database):
    assert (
        reason(database, "customer 有狗吗？", Refusing("No.")) == "这些表中似乎没有答案，最接近的表：customer、orders。"
    )
    assert reason(database, "天气怎么样？", ScriptedGenerator(["我不知道"] * 2)) == "模型没有写出查询，它说：“我不知道”"


def test_a_sentence_alone_is_no_refusal(database):
    said = reason(database, "Which customers have a dog?", ScriptedGenerator([REFUSAL] * 2))
    assert said == f'The model wrote no query. It said: "{REFUSAL}"'


def test_another_models_own_words_are_quoted_and_cut(database):
    said = reason(database, "Is it sunny?", ScriptedGenerator(["I " + "cannot " * 100] * 2))
    assert said.startswith('The model wrote no query. It said: "I cannot')
    assert len(said) < 250
