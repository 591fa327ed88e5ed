"""Every failure has a cause, read from what came back and then from the clauses."""

from __future__ import annotations

import pytest

from sqlwright.core import Outcome, QueryLimits, Violation
from sqlwright.db.database import Database
from sqlwright.db.sqlite import SqliteEngine
from sqlwright.evaluation.cause import cause_of
from tests.statements import trusted


@pytest.fixture
def database(shop):
    with Database(SqliteEngine(shop)) as opened:
        yield opened


def cause(database, gold, predicted):
    limits = QueryLimits(timeout_s=0.5)
    gold_table = database.engine.execute(trusted(gold), limits).table
    outcome = database.engine.execute(trusted(predicted), limits)
    return cause_of(gold, predicted, outcome, gold_table, database.schema(), "sqlite")


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ("SELECT name FROM item", "", "no_sql"),
        ("SELECT name FROM item", "I am sorry, that is not known from this table.", "no_sql"),
        ("SELECT name FROM item", "SELECT name FROM item WHERE (", "syntax"),
        ("SELECT name FROM item", "SELECT title FROM item", "no_such_column"),
        ("SELECT name FROM item", "SELECT name FROM articles", "no_such_table"),
        ("SELECT name FROM item", "SELECT nofunction(name) FROM item", "error"),
        (
            "SELECT name FROM item",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
            "timeout",
        ),
        ("SELECT name FROM item", "SELECT name FROM item WHERE id > 9", "empty"),
        ("SELECT name FROM item", "SELECT name FROM customer", "wrong_table"),
        ("SELECT name FROM item", "SELECT id FROM item", "wrong_column"),
        ("SELECT name FROM item", "SELECT name, id FROM item", "wrong_column"),
        ("SELECT name FROM item WHERE price > 2", "SELECT name FROM item WHERE price > 5", "wrong_value"),
        ("SELECT city FROM customer WHERE name = 'Bo'", 'SELECT city FROM customer WHERE name = "Ann"', "wrong_value"),
        ("SELECT name FROM item WHERE id IN (1, 2)", "SELECT name FROM item WHERE id IN (1, 2, 3)", "wrong_value"),
        ("SELECT max(price) FROM item", "SELECT min(price) FROM item", "wrong_aggregate"),
        (
            "SELECT customer_id, count(*) FROM orders GROUP BY customer_id",
            "SELECT customer_id, count(*) FROM orders",
            "wrong_aggregate",
        ),
        (
            "SELECT customer.name FROM customer JOIN orders ON customer.id = orders.customer_id",
            "SELECT customer.name FROM customer JOIN orders ON customer.id = orders.item_id",
            "wrong_join",
        ),
        (
            "SELECT customer.name FROM customer JOIN orders ON customer.id = orders.customer_id",
            "SELECT customer.name FROM customer LEFT JOIN orders ON customer.id = orders.customer_id",
            "wrong_join",
        ),
        ("SELECT name FROM item WHERE price > 4", "SELECT name FROM item WHERE price >= 4", "wrong_condition"),
        ("SELECT name FROM item WHERE id = 1 OR id = 2", "SELECT name FROM item WHERE id = 1", "wrong_condition"),
        ("SELECT name FROM item ORDER BY price", "SELECT name FROM item ORDER BY name DESC", "wrong_order"),
        ("SELECT name FROM item ORDER BY id LIMIT 1", "SELECT name FROM item ORDER BY id DESC LIMIT 1", "wrong_order"),
        ("SELECT name FROM item ORDER BY id LIMIT 1", "SELECT name FROM item ORDER BY id LIMIT 2", "wrong_limit"),
        ("SELECT DISTINCT customer_id FROM orders", "SELECT customer_id FROM orders", "wrong_distinct"),
        ("SELECT count(DISTINCT customer_id) FROM orders", "SELECT count(customer_id) FROM orders", "wrong_distinct"),
        (
            "SELECT name FROM item UNION SELECT name FROM customer",
            "SELECT name FROM item INTERSECT SELECT 'pen' FROM customer",
            "wrong_set_operation",
        ),
        ("SELECT 1 + id FROM item", "SELECT 2 * id FROM item", "wrong_column"),
    ],
)
def test_cause(database, gold, predicted, expected):
    found, reason = cause(database, gold, predicted)
    assert found == expected
    assert reason


def test_names_the_nearest_column_and_table(database):
    assert "'price'" in cause(database, "SELECT 1", "SELECT prices FROM item")[1]
    assert "'orders'" in cause(database, "SELECT 1", "SELECT 1 FROM order_s")[1]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('column "t.surname" does not exist', "no_such_column"),
        ("column p.surname does not exist", "no_such_column"),
        ('relation "persons" does not exist', "no_such_table"),
        ('syntax error at or near "FORM"', "syntax"),
        ('Binder Error: Referenced column "surname" not found in FROM clause!', "no_such_column"),
        ('Binder Error: Table "t" does not have a column named "surname"', "no_such_column"),
        ("Catalog Error: Table with name persons does not exist!", "no_such_table"),
        ('Parser Error: syntax error at or near "FORM"', "syntax"),
        ("(1054, \"Unknown column 'p.surname' in 'SELECT'\")", "no_such_column"),
        ("(1146, \"Table 'shop.persons' doesn't exist\")", "no_such_table"),
        ("(1064, 'You have an error in your SQL syntax; check the manual')", "syntax"),
        ("division by zero", "error"),
    ],
)
def test_reads_the_messages_of_the_other_engines(message, expected):
    outcome = Outcome("error", "SELECT 1", error=message)
    assert cause_of("SELECT 1", "SELECT 1", outcome, None, None, "postgres")[0] == expected


def test_a_refusal_keeps_the_guards_reason():
    outcome = Outcome("refused", "DROP TABLE item", violations=(Violation("not_a_query", "Only queries run."),))
    assert cause_of("SELECT 1", "DROP TABLE item", outcome, None, None, "sqlite") == ("refused", "Only queries run.")
