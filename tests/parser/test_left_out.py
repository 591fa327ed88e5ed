"""What a query leaves out of its question, for the receipt: only what is nearly sure."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.core import Hints
from sqlwright.data.prompting import Context, PromptOptions
from sqlwright.db import open_database
from sqlwright.parser.from_sql import parse_form
from sqlwright.parser.layout import lay_out
from sqlwright.parser.left_out import left_out
from sqlwright.parser.linear import linearize
from sqlwright.parser.schema_text import read_schema
from sqlwright.parser.tokens import ColumnPointer, PeriodPointer
from sqlwright.prompts import link_names
from tests.parser.questions import plain_pieces

TABLES = """
CREATE TABLE state (code INTEGER PRIMARY KEY, label TEXT);
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, city TEXT, is_vip INTEGER, phone TEXT, average REAL);
CREATE TABLE visit (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer (id),
  state_code INTEGER REFERENCES state (code), visited_on DATE, fee REAL, discount REAL, method TEXT);
INSERT INTO state VALUES (1, 'planned'), (2, 'cancelled');
"""
CUSTOMERS = [(i, f"Person {i}", ("Oslo ", "Paris", "Rome")[i % 3], i % 2, f"+47 {i:08}", 1.5 * i) for i in range(1, 41)]
VISITS = [
    (i, i % 40 + 1, i % 2 + 1, f"2023-0{i % 9 + 1}-11", 10.0 * i, 0.5, ("card", "cash")[i % 2]) for i in range(1, 81)
]


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    path = tmp_path_factory.mktemp("left_out") / "visits.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(TABLES)
        connection.executemany("INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?)", CUSTOMERS)
        connection.executemany("INSERT INTO visit VALUES (?, ?, ?, ?, ?, ?, ?)", VISITS)
    with open_database(path) as database:
        yield Context.of(database, PromptOptions(samples=9, hints=True))


def words_left_out(context, question, sql, *more):
    pieces = plain_pieces()
    hints = Hints(link_names(question, context.schema), context.values.search(question))
    layout = lay_out(question, read_schema(context.schema, pieces, context.profile), hints, pieces)
    return left_out(layout, question, (*linearize(parse_form(sql, context.schema)), *more), hints)


@pytest.mark.parametrize(
    ("question", "sql", "words"),
    [
        ("How many customers live in Paris?", "SELECT count(*) FROM customer", ("Paris",)),
        ("Names of vip customers in Rome", "SELECT name FROM customer WHERE city = 'Rome'", ("vip",)),
        ("Total fee in 2023", "SELECT sum(fee) FROM visit", ("2023",)),
        ("Visits with a fee over 300", "SELECT * FROM visit", ("300",)),
        ("Show the name and phone of each customer", "SELECT name FROM customer", ("phone",)),
        ("How many vip customers in Paris?", "SELECT count(*) FROM customer", ("vip", "Paris")),
        ("Names in Oslo or Paris", "SELECT name FROM customer WHERE city = 'Oslo'", ("Paris",)),
        ("Fee and discount of each visit", "SELECT fee FROM visit", ("discount",)),
    ],
)
def test_what_the_database_knows_and_the_query_does_not_use(context, question, sql, words):
    assert words_left_out(context, question, sql) == words


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("How many customers live in Oslo?", "SELECT count(*) FROM customer WHERE city = 'Oslo'"),  # stored "Oslo "
        ("Which cities have at least 3 customers?", "SELECT city FROM customer GROUP BY city HAVING count(*) > 2"),
        ("Average fee of cash and card visits", "SELECT method, avg(fee) FROM visit GROUP BY method"),
        ("How many visits were cancelled?", "SELECT count(*) FROM visit WHERE state_code = 2"),
        ("How many vip customers?", "SELECT count(*) FROM customer WHERE is_vip = 1"),
        ("What is the average fee?", "SELECT avg(fee) FROM visit"),  # `average` is a column of customers
        ("Which customers visited in Rome?", "SELECT name FROM customer WHERE city = 'Rome'"),
        ("How many visits has each customer?", "SELECT customer_id, count(*) FROM visit GROUP BY customer_id"),
        ("How many customers are there?", "SELECT count(*) FROM customer"),
    ],
)
def test_what_is_said_in_another_way_is_used(context, question, sql):
    assert words_left_out(context, question, sql) == ()


def test_a_period_and_a_flag_are_used_as_tokens_of_the_form(context):
    question, sql = "Total fee of vip customers in 2023", "SELECT sum(fee) FROM visit"
    assert words_left_out(context, question, sql, PeriodPointer("2023"), ColumnPointer("customer", "is_vip")) == ()
    assert words_left_out(context, question, sql) == ("vip", "2023")
