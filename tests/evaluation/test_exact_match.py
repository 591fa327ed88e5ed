"""Exact match of normalised texts."""

from __future__ import annotations

import pytest

from sqlwright.evaluation.rules import exact_match


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [
        ("SELECT name FROM t WHERE a = 1", "select  Name\nfrom T where A = 1;"),
        ("SELECT count(*) FROM t", "SELECT COUNT( * ) FROM t"),
        ("SELECT T1.name FROM t AS T1", "SELECT x.name FROM t AS x"),
    ],
)
def test_writing_does_not_count(gold, predicted):
    assert exact_match(gold, predicted)


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [
        ("SELECT name FROM t WHERE a = 'x'", "SELECT name FROM t WHERE a = 'X'"),
        ("SELECT name FROM t WHERE a = 1", "SELECT name FROM t WHERE a = 2"),
        ("SELECT name, a FROM t", "SELECT a, name FROM t"),
        ("SELECT DISTINCT name FROM t", "SELECT name FROM t"),
        ("SELECT name FROM t", ""),
        ("", ""),
        ("SELECT name FROM t", "no SQL at (all"),
    ],
)
def test_every_difference_of_meaning_counts(gold, predicted):
    assert not exact_match(gold, predicted)
