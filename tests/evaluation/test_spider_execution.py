"""The published test-suite rule, where it differs from what one would expect (test_parity.py has the rest)."""

from __future__ import annotations

import pytest

from sqlwright.db.database import Database
from sqlwright.db.engines.sqlite.engine import SqliteEngine
from sqlwright.evaluation.rules import bird_execution
from sqlwright.evaluation.spider_execution import script_text, suite_execution


@pytest.fixture
def database(shop):
    with Database(SqliteEngine(shop)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT DISTINCT a FROM t", "SELECT  a FROM t"),
        ("SELECT count(distinct a) FROM t", "SELECT count( a) FROM t"),
        ("SELECT 'distinct; it' FROM t; DROP TABLE t", "SELECT 'distinct; it' FROM t;"),
        ('SELECT "distinct" -- distinct;\nFROM t', 'SELECT "distinct" -- distinct;\nFROM t'),
        ("SELECT a FROM t WHERE b > = 1 AND c ! = 2", "SELECT a FROM t WHERE b >= 1 AND c != 2"),
        ("SELECT YEAR(CURDATE()) - 1", "SELECT 2020- 1"),
    ],
)
def test_text_that_the_script_runs(sql, text):
    assert script_text(sql, keep_distinct=False) == text


@pytest.mark.parametrize(
    ("gold", "predicted", "suite", "keeping", "bird"),
    [
        ("SELECT name, id FROM item", "SELECT id, name FROM item", True, True, False),
        ("SELECT DISTINCT customer_id FROM orders", "SELECT customer_id FROM orders", True, False, True),
        ("SELECT name FROM item ORDER BY id", "SELECT name FROM item ORDER BY id DESC", False, False, True),
        ("SELECT name FROM item ORDER  BY id", "SELECT name FROM item ORDER BY id DESC", True, True, True),
        ("SELECT id, price FROM item", "SELECT id * 1.0, price FROM item", False, False, True),
        ("SELECT id FROM item", "SELECT id * 1.0 FROM item", True, True, True),
        ("SELECT id FROM item WHERE id > 9", "SELECT name, id FROM item WHERE id > 9", True, True, True),
        ("SELECT id FROM item", "SELECT id FROM item; SELECT 1", True, False, False),
        ("SELECT id FROM item WHERE id > 9", "", False, False, True),
        ("SELECT id FROM item WHERE id > 9", "DELETE FROM item", False, False, False),
        ("SELECT id FROM item WHERE id = 1", "SELECT id FROM item WHERE id = value ", True, True, False),
        ("SELECT id FROM nowhere", "SELECT id FROM nowhere", False, False, False),
    ],
)
def test_rules(database, gold, predicted, suite, keeping, bird):
    assert suite_execution(database, gold, predicted) is suite
    assert suite_execution(database, gold, predicted, keep_distinct=True) is keeping
    assert bird_execution(database, gold, predicted) is bird
