"""Queries that differ only in spelling have one normal form; other queries do not."""

from __future__ import annotations

import pytest

from sqlwright.sql import normalize
from sqlwright.sql.normalize import why_unreadable


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT Name FROM City;", "select  name\nfrom city"),
        ("SELECT a FROM t -- note", "SELECT a FROM t"),
        ('SELECT a FROM t WHERE b = "Asia"', "SELECT a FROM t WHERE b = 'Asia'"),
        ("SELECT a FROM t WHERE b <> 1", "SELECT a FROM t WHERE b != 1"),
        ("SELECT T1.a FROM x AS T1 JOIN y AS T2 ON T1.i = T2.i", "SELECT x.a FROM x JOIN y ON x.i = y.i"),
        ("SELECT T1.a FROM x AS T1", "SELECT a FROM x"),
        ("SELECT `a` FROM [t]", "SELECT a FROM t"),
        ("SELECT FROM ( ;", "select  from ("),
    ],
)
def test_spelling_does_not_count(one, other):
    assert normalize(one, "sqlite") == normalize(other, "sqlite")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM t WHERE b = 'Asia'", "SELECT a FROM t WHERE b = 'asia'"),
        ("SELECT a, b FROM t", "SELECT b, a FROM t"),
        ("SELECT DISTINCT a FROM t", "SELECT a FROM t"),
        (
            "SELECT T1.a FROM t AS T1 JOIN t AS T2 ON T1.i = T2.j",
            "SELECT T2.a FROM t AS T1 JOIN t AS T2 ON T1.i = T2.j",
        ),
        ("SELECT 'A' FROM (", "SELECT 'a' FROM ("),
    ],
)
def test_meaning_counts(one, other):
    assert normalize(one, "sqlite") != normalize(other, "sqlite")


@pytest.mark.parametrize("sql", ["SELECT T1.a FROM x AS T1 WHERE b = 'Q'", "SELECT FROM (", "", "no sql at all"])
def test_normalizing_twice_changes_nothing(sql):
    assert normalize(normalize(sql, "sqlite"), "sqlite") == normalize(sql, "sqlite")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT 1", ""),
        ("SELECT 1; SELECT 2", ""),
        ("", "no statement"),
        ("SELECT FROM (", "Expected"),
        ("SELECT " + "(" * 2_000 + "1" + ")" * 2_000, "nested"),
    ],
)
def test_the_reason_why_a_text_cannot_be_parsed(sql, reason):
    assert reason in why_unreadable(sql, "sqlite")
    assert bool(why_unreadable(sql, "sqlite")) == bool(reason)
