"""Each kind of change as before and after, on the shop; every changed query has the spelling of its original."""

from __future__ import annotations

import random

import pytest

from sqlwright.core import QueryLimits
from sqlwright.db import open_database
from sqlwright.synthesis import synthesize
from sqlwright.synthesis.changed_queries import KINDS, changed_queries
from sqlwright.synthesis.profile import read_profile


@pytest.fixture
def change(shop_database):
    """The changed queries of one kind; those of several seeds, since only some are taken each time."""
    profile = read_profile(shop_database, QueryLimits())

    def changed(sql, kind):
        found = [changed_queries(sql, profile, random.Random(seed)) for seed in range(8)]
        assert {one.original for one in found} == {sql}
        return {c.sql for one in found for c in one.changed if c.kind == kind}

    return changed


JOINED = "SELECT T1.name FROM item AS T1 JOIN orders AS T2 ON T1.id = T2.item_id"


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("other_column", "SELECT name FROM customer", "SELECT city FROM customer"),
        (
            "other_column",
            "SELECT name FROM customer WHERE name != 'Ann' ORDER BY name",
            "SELECT city FROM customer WHERE city != 'Ann' ORDER BY city",
        ),
        ("missing_column", "SELECT name, price FROM item", "SELECT name FROM item"),
        ("other_table", "SELECT COUNT(*) FROM item", "SELECT COUNT(*) FROM orders"),
        (
            "other_value",
            "SELECT name FROM customer WHERE city = 'Oslo'",
            "SELECT name FROM customer WHERE city = 'Paris'",
        ),
        ("other_value", "SELECT name FROM item WHERE price > 4", "SELECT name FROM item WHERE price > 1.5"),
        (
            "other_value",
            "SELECT id FROM orders WHERE strftime('%Y', ordered_on) = '2026'",
            "SELECT id FROM orders WHERE strftime('%Y', ordered_on) = '2025'",
        ),
        ("other_operator", "SELECT name FROM item WHERE price >= 4", "SELECT name FROM item WHERE price > 4"),
        (
            "missing_negation",
            "SELECT name FROM item WHERE id NOT IN (SELECT item_id FROM orders)",
            "SELECT name FROM item WHERE id IN (SELECT item_id FROM orders)",
        ),
        (
            "missing_negation",
            "SELECT name FROM customer WHERE city IS NOT NULL",
            "SELECT name FROM customer WHERE city IS NULL",
        ),
        ("other_aggregate", "SELECT AVG(price) FROM item", "SELECT SUM(price) FROM item"),
        ("other_aggregate", "SELECT COUNT(DISTINCT city) FROM customer", "SELECT COUNT(city) FROM customer"),
        ("other_direction", "SELECT name FROM item ORDER BY price DESC", "SELECT name FROM item ORDER BY price"),
        ("other_limit", "SELECT name FROM item ORDER BY price LIMIT 1", "SELECT name FROM item ORDER BY price LIMIT 3"),
        ("other_limit", "SELECT name FROM item ORDER BY price LIMIT 1", "SELECT name FROM item ORDER BY price"),
        (
            "missing_condition",
            "SELECT name FROM item WHERE price > 2 AND price < 9",
            "SELECT name FROM item WHERE price < 9",
        ),
        (
            "missing_condition",
            "SELECT city FROM customer GROUP BY city HAVING COUNT(*) > 1",
            "SELECT city FROM customer GROUP BY city",
        ),
        (
            "other_connective",
            "SELECT name FROM item WHERE price > 2 AND price < 9",
            "SELECT name FROM item WHERE price > 2 OR price < 9",
        ),
        ("missing_join", JOINED, "SELECT T1.name FROM item AS T1"),
        (
            "missing_join",
            f"{JOINED} WHERE T2.quantity > 4 AND T1.price > 1",
            "SELECT T1.name FROM item AS T1 WHERE T1.price > 1",
        ),
        ("missing_group", "SELECT city, COUNT(*) FROM customer GROUP BY city", "SELECT city, COUNT(*) FROM customer"),
        ("missing_distinct", "SELECT DISTINCT item_id FROM orders", "SELECT item_id FROM orders"),
        (
            "other_set_operation",
            "SELECT id FROM item EXCEPT SELECT item_id FROM orders",
            "SELECT id FROM item INTERSECT SELECT item_id FROM orders",
        ),
        ("missing_side", "SELECT id FROM item EXCEPT SELECT item_id FROM orders", "SELECT id FROM item"),
    ],
)
def test_a_rule_changes_one_thing(change, kind, before, after):
    assert after in change(before, kind)


def test_every_kind_is_in_the_table_above():
    (mark,) = test_a_rule_changes_one_thing.pytestmark
    assert {case[0] for case in mark.args[1]} == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("missing_join", f"{JOINED} ORDER BY T2.quantity"),  # the joined table is needed
        ("missing_group", "SELECT city FROM customer GROUP BY city ORDER BY COUNT(*)"),
        ("other_column", "SELECT COUNT(*) FROM item AS T1 JOIN orders AS T2 ON T1.id = T2.item_id"),
        ("missing_side", "SELECT name FROM item"),
    ],
)
def test_a_rule_leaves_alone_what_it_would_break(change, kind, sql):
    assert change(sql, kind) == set()


def test_names_are_quoted_where_the_engine_needs_it(make):
    path = make("CREATE TABLE t (\"order\" TEXT, name TEXT); INSERT INTO t VALUES ('a', 'b');")
    with open_database(path) as database:
        profile = read_profile(database, QueryLimits())
        found = changed_queries("SELECT name FROM t", profile, random.Random(0))
    assert 'SELECT "order" FROM t' in {c.sql for c in found.changed}


def test_a_text_that_is_not_a_query_has_no_changes(shop_database):
    profile = read_profile(shop_database, QueryLimits())
    for text in ("DELETE FROM item", "SELECT FROM WHERE", ""):
        assert changed_queries(text, profile, random.Random(0)) is None


def test_changed_queries_of_made_pairs_run_on_their_database(shop_database):
    profile = read_profile(shop_database, QueryLimits())
    tried = 0
    for example in synthesize(shop_database, 40, seed=2):
        found = changed_queries(example.gold_sql, profile, random.Random(0))
        assert found.original == example.gold_sql
        for changed in found.changed:
            tried += 1
            assert shop_database.run(changed.sql).table is not None, changed
    assert tried > 100
