"""A query is kept only if each of its clauses makes a difference on the database."""

from __future__ import annotations

import pytest

from sqlwright.core import QueryLimits
from sqlwright.parser.from_sql import parse_form
from sqlwright.synthesis.check import Checker
from sqlwright.synthesis.profile import read_profile


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT name FROM customer", None),
        ("SELECT name FROM customer WHERE city = 'Paris'", None),
        ("SELECT name FROM customer WHERE city = 'Rome'", "empty"),
        ("SELECT COUNT(*) FROM customer WHERE city = 'Rome'", "only_null_or_zero"),
        ("SELECT city FROM customer WHERE city IS NULL", "only_null_or_zero"),
        ("SELECT name FROM item WHERE price > 1", "condition_filters_nothing"),
        ("SELECT name FROM item WHERE price > 3 AND id > 1", "condition_filters_nothing"),
        ("SELECT name FROM item WHERE price > 3 AND id > 2", "condition_filters_nothing"),
        ("SELECT DISTINCT name FROM customer", "distinct_drops_nothing"),
        ("SELECT DISTINCT ordered_on FROM orders", None),
        ("SELECT name FROM item ORDER BY price LIMIT 3", "limit_cuts_nothing"),
        ("SELECT name FROM item ORDER BY price LIMIT 2", None),
        ("SELECT name FROM item WHERE id = 1 ORDER BY price", "order_of_one_row"),
        ("SELECT DISTINCT ordered_on FROM orders ORDER BY quantity", "order_of_dropped_rows"),
        ("SELECT name, COUNT(*) FROM item GROUP BY name", "groups_of_one"),
        ("SELECT name FROM item GROUP BY name ORDER BY COUNT(*) DESC LIMIT 1", "groups_of_one"),
        ("SELECT ordered_on, COUNT(*) FROM orders GROUP BY ordered_on", None),
        ("SELECT quantity, COUNT(*) FROM orders GROUP BY ordered_on", "undetermined_output"),
        ("SELECT customer_id FROM orders GROUP BY customer_id HAVING COUNT(*) > 1", "having_filters_nothing"),
        ("SELECT ordered_on FROM orders GROUP BY ordered_on HAVING COUNT(*) > 1", None),
        ("SELECT name FROM item EXCEPT SELECT name FROM item WHERE price > 99", "side_changes_nothing"),
        ("SELECT name FROM item EXCEPT SELECT name FROM item WHERE price > 3", None),
        ("SELECT name FROM item UNION SELECT city FROM customer", "unlike_columns"),
        ("SELECT name FROM item WHERE id NOT IN (SELECT item_id FROM orders WHERE quantity > 3)", None),
    ],
)
def test_rejection(shop_database, sql, reason):
    profile = read_profile(shop_database, QueryLimits())
    checker = Checker(shop_database, profile, QueryLimits())
    assert checker.rejection(parse_form(sql, profile.schema)) == reason
