"""An empty result says what removed the last row, found by counting through the guard."""

from __future__ import annotations

import pytest

from sqlwright.answering import ask
from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator
from sqlwright.receipt.empty import MAX_QUERIES, why_empty

PLAIN = "No row meets the conditions."


@pytest.fixture
def database(shop):
    import sqlite3

    with sqlite3.connect(shop) as connection:
        connection.execute("CREATE TABLE refund (id INTEGER, customer_id INTEGER)")
    connection.close()
    with open_database(shop) as opened:
        yield opened


def why(database, sql, language="en", ran=None):
    assert database.run(sql).table.rows == ()

    def run(counting, limits):
        if ran is not None:
            ran.append(counting)
        return database.run(counting, limits)

    return why_empty(sql, "sqlite", run, language)


CASES = [
    ("SELECT name FROM customer WHERE city = 'Rome'", "without the one that city is 'Rome' there would be 3."),
    (
        "SELECT name FROM customer WHERE city = 'Rome' AND id < 3 ORDER BY name LIMIT 5",
        "without the one that city is 'Rome' there would be 2.",
    ),
    (
        "SELECT name FROM customer WHERE city = 'Oslo' AND name = 'Ann'",
        "never city is 'Oslo' and name is 'Ann' at once.",
    ),
    ("SELECT name FROM customer WHERE city = 'Rome' AND name = 'Zoe'", "alone: city is 'Rome' and name is 'Zoe'."),
    (
        "SELECT c.name FROM customer c JOIN orders o ON o.customer_id = c.id WHERE o.quantity > 99",
        "without the one that orders.quantity is more than 99 there would be 4.",
    ),
    (
        "SELECT c.name FROM customer c, orders o WHERE o.customer_id = c.id AND o.quantity > 99",
        "without the one that orders.quantity is more than 99 there would be 4.",
    ),
    ("SELECT c.name FROM customer c JOIN refund n ON n.customer_id = c.id", "The table refund has no rows."),
    (
        "SELECT c.name FROM customer c JOIN item i ON i.name = c.name",
        "No row meets another in the join of customer, item.",
    ),
    (
        "SELECT city FROM customer GROUP BY city HAVING COUNT(*) > 5",
        "3 rows meet the conditions, but there is no group where number of rows is more than 5.",
    ),
    (
        "SELECT id FROM item WHERE id NOT IN (SELECT id FROM customer)",
        "without the one that item.id is not among the results of another query there would be 3.",
    ),
    ("SELECT id FROM item EXCEPT SELECT id FROM customer", "Every row of the first query is in the second one too."),
    ("SELECT name FROM item INTERSECT SELECT name FROM customer", "The two queries have no row in common."),
    ("SELECT name FROM item WHERE id = 9 EXCEPT SELECT 'x'", "without the one that id is 9 there would be 3."),
    ("SELECT name FROM customer LIMIT 0", PLAIN),
    ("SELECT 1 WHERE 1 = 2", PLAIN),
]


@pytest.mark.parametrize(("sql", "ending"), CASES)
def test_what_removed_the_last_row(database, sql, ending):
    ran = []
    assert why(database, sql, ran=ran).endswith(ending)
    assert len(ran) <= MAX_QUERIES


def test_in_chinese(database):
    sql = "SELECT name FROM customer WHERE city = 'Rome'"
    assert why(database, sql, "zh") == "没有符合条件的行：去掉条件“city 为 'Rome'”后有 3 行。"


def test_when_the_time_is_used_up_nothing_is_said(database):
    ticks = iter(range(100))
    sql = "SELECT name FROM customer WHERE city = 'Rome'"
    assert why_empty(sql, "sqlite", database.run, clock=lambda: next(ticks)) == PLAIN


def test_many_conditions_cost_no_more_queries(database):
    ran = []
    sql = "SELECT id FROM customer WHERE " + " AND ".join(f"id <> {i}" for i in (1, 2, 3, 7, 8, 9))
    assert why(database, sql, ran=ran)
    assert len(ran) <= MAX_QUERIES


def test_the_receipt_carries_it_as_a_note(database):
    model = ScriptedGenerator(["SELECT name FROM customer WHERE name = 'Ann' AND city = 'Oslo'"])
    (note,) = ask("Is Ann in Oslo?", database, model).notes
    assert note.code == "empty"
    assert note.message == "No row meets the conditions: never name is 'Ann' and city is 'Oslo' at once."
