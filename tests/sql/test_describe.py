"""The receipt restates a query in words and finds the values it compares with."""

from __future__ import annotations

import pytest

from sqlwright.sql import constants, filters_in_words, tables_of
from sqlwright.sql.describe import cross_joined, shows_weekdays

JOINED = """
    SELECT c.name FROM customer AS c JOIN orders AS o ON c.id = o.customer_id
    WHERE o.status = 'shipped' AND o.ordered_on > '2024-12-31'
    GROUP BY c.id HAVING count(*) > 2 ORDER BY sum(o.price) DESC LIMIT 5
"""


def test_tables_come_once_in_reading_order_without_ctes():
    assert tables_of(JOINED, "sqlite") == ("customer", "orders")
    assert tables_of("WITH x AS (SELECT a FROM t) SELECT * FROM x, t, hr.u", "postgres") == ("t", "hr.u")


def test_conditions_order_and_limit_in_words():
    assert filters_in_words(JOINED, "sqlite") == (
        "orders.status is 'shipped'",
        "orders.ordered_on is after 2024-12-31",
        "only groups where number of rows is more than 2",
        "top 5 by sum of orders.price, highest first",
    )


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("a = 1", "a is 1"),
        ("a <> 'x'", "a is not 'x'"),
        ("5 < a", "a is more than 5"),
        ("a <= 5", "a is at most 5"),
        ("d >= '2024-01-01'", "d is on or after 2024-01-01"),
        ("a LIKE '%x%'", "a contains 'x'"),
        ("a LIKE 'x%'", "a starts with 'x'"),
        ("a LIKE '%x'", "a ends with 'x'"),
        ("a NOT LIKE '%x%'", "a does not contain 'x'"),
        ("a LIKE 'x_y%'", "a matches 'x_y%'"),
        ("a IN (1, 2)", "a is one of 1, 2"),
        ("a NOT IN (1, 2)", "a is not one of 1, 2"),
        ("a BETWEEN 1 AND 2", "a is between 1 and 2"),
        ("a IS NULL", "a has no value"),
        ("a IS NOT NULL", "a has a value"),
        ("a = 1 OR b = 2", "a is 1 or b is 2"),
        ("a IN (SELECT b FROM u)", "t.a is among the results of another query"),
        ("lower(a) = 'x'", "LOWER(a) is 'x'"),
    ],
)
def test_one_condition(condition, words):
    assert filters_in_words(f"SELECT a FROM t WHERE {condition}", "sqlite") == (words,)


def test_in_chinese():
    assert filters_in_words(JOINED, "sqlite", "zh") == (
        "orders.status 为 'shipped'",
        "orders.ordered_on 晚于 2024-12-31",
        "只保留 行数 大于 2 的分组",
        "按 orders.price 之和 从高到低取前 5 行",
    )


def test_a_join_condition_in_where_is_no_filter():
    assert filters_in_words("SELECT 1 FROM t, u WHERE t.a = u.b", "sqlite") == ()


def test_limit_without_order():
    assert filters_in_words("SELECT a FROM t LIMIT 3", "sqlite") == ("first 3 rows",)


def test_constants_name_the_table_behind_an_alias():
    sql = "SELECT 1 FROM city AS c JOIN people p ON p.c = c.id WHERE c.name = 'NYC' AND p.job IN ('cook', 'tailor')"
    assert constants(sql, "sqlite") == (
        ("city", "name", "NYC", "="),
        ("people", "job", "cook", "in"),
        ("people", "job", "tailor", "in"),
    )


def test_constants_without_an_alias_belong_to_the_only_table():
    assert constants("SELECT 1 FROM city WHERE name = 'NYC'", "mysql") == (("city", "name", "NYC", "="),)
    assert constants("SELECT 1 FROM city, t WHERE name != 'NYC'", "mysql") == (("", "name", "NYC", "!="),)


def test_constants_in_double_quotes_and_in_a_subquery():
    sql = 'SELECT 1 FROM t WHERE a IN (SELECT b FROM u AS v WHERE v.c LIKE "%x%")'
    assert constants(sql, "sqlite") == (("u", "c", "%x%", "like"),)


@pytest.mark.parametrize("function", [tables_of, filters_in_words, constants])
def test_a_text_that_does_not_parse_gives_nothing(function):
    assert function("SELECT FROM (", "sqlite") == ()


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT a.x FROM a CROSS JOIN b", ("a", "b")),
        ("SELECT a.x FROM a JOIN b ON a.id = b.id", ()),
        ("SELECT a.x FROM a CROSS JOIN b WHERE a.id = b.id", ()),
        ("SELECT x FROM a CROSS JOIN (SELECT COUNT(*) AS n FROM b)", ()),
    ],
)
def test_tables_that_nothing_connects_are_named(sql, names):
    assert cross_joined(sql, "sqlite") == names


@pytest.mark.parametrize(
    ("sql", "dialect", "shown"),
    [
        ("SELECT CAST(strftime('%w', day) AS INTEGER), COUNT(*) FROM sale GROUP BY 1", "sqlite", True),
        ("SELECT EXTRACT(DOW FROM day) FROM sale", "postgres", True),
        ("SELECT EXTRACT(DOW FROM day) FROM sale", "duckdb", True),
        ("SELECT DAYOFWEEK(day) - 1 FROM sale", "mysql", True),
        ("SELECT DAYOFWEEK(day) FROM sale", "mysql", False),  # counts from 1
        ("SELECT name FROM sale WHERE strftime('%w', day) = '5'", "sqlite", False),
        ("SELECT strftime('%W', day) FROM sale", "sqlite", False),
        ("SELECT '%w' FROM", "sqlite", False),
    ],
)
def test_days_of_the_week_as_numbers(sql, dialect, shown):
    assert shows_weekdays(sql, dialect) is shown
