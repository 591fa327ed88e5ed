"""The slices of a report."""

from __future__ import annotations

import pytest

from sqlwright.evaluation.clauses import clauses_of, table_count


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM t", set()),
        ("SELECT DISTINCT a FROM t WHERE b > 1 OR c LIKE 'x%'", {"distinct", "where", "or", "like"}),
        ("SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > 1", {"aggregate", "group", "having"}),
        ("SELECT a FROM t JOIN u ON t.i = u.i ORDER BY a LIMIT 3", {"join", "order", "limit"}),
        ("SELECT a FROM t WHERE b NOT IN (SELECT b FROM u)", {"where", "not", "nested"}),
        ("SELECT a FROM (SELECT a FROM t)", {"nested"}),
        ("SELECT a FROM t UNION SELECT a FROM u", {"union"}),
        ("SELECT a FROM t EXCEPT SELECT a FROM u WHERE b BETWEEN 1 AND 2", {"except", "where", "between"}),
        ("WITH s AS (SELECT a FROM t) SELECT a FROM s", {"cte"}),
        ("SELECT rank() OVER (ORDER BY a) FROM t", {"window", "order", "aggregate"}),
        ("SELECT CASE WHEN a THEN 1 END FROM t", {"case"}),
        ("DROP TABLE t", set()),
        ("not SQL at (all", set()),
        ("", set()),
    ],
)
def test_slices(sql, expected):
    assert clauses_of(sql) == expected


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT 1", 0),
        ("SELECT * FROM t AS a JOIN t AS b ON a.i = b.i", 1),
        ("SELECT * FROM t, u WHERE i IN (SELECT i FROM v)", 3),
        ("WITH s AS (SELECT * FROM t) SELECT * FROM s", 1),
        ("", 0),
    ],
)
def test_counts_tables(sql, tables):
    assert table_count(sql) == tables
