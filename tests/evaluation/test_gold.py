"""The gold's variant shows the keys of its outer ORDER BY and what its LIMIT cut off."""

from __future__ import annotations

import pytest

from sqlwright.core import ResultTable
from sqlwright.evaluation.gold import variant_of


@pytest.mark.parametrize(
    ("gold", "sql", "keys"),
    [
        ("SELECT name FROM t ORDER BY age LIMIT 3", "SELECT name, age FROM t ORDER BY age", (-1,)),
        (
            "SELECT name FROM t ORDER BY age DESC, size",
            "SELECT name, age, size FROM t ORDER BY age DESC, size",
            (-2, -1),
        ),
        ("SELECT name, age FROM t ORDER BY age, size", "SELECT name, age, size FROM t ORDER BY age, size", (1, -1)),
        ("SELECT name, age AS a FROM t ORDER BY a", "SELECT name, age AS a FROM t ORDER BY a", (1,)),
        ("SELECT name, age FROM t ORDER BY 2", "SELECT name, age FROM t ORDER BY 2", (1,)),
        ("SELECT * FROM t ORDER BY age", "SELECT *, age FROM t ORDER BY age", (-1,)),
        ("SELECT T1.name FROM t AS T1 ORDER BY t1.NAME", "SELECT T1.name FROM t AS T1 ORDER BY t1.NAME", (0,)),
        (
            "SELECT city, count(*) FROM t GROUP BY city ORDER BY count(*) DESC LIMIT 1",
            "SELECT city, COUNT(*) FROM t GROUP BY city ORDER BY COUNT(*) DESC",
            (1,),
        ),
        ("SELECT DISTINCT city FROM t ORDER BY city", "SELECT DISTINCT city FROM t ORDER BY city", (0,)),
        ("SELECT DISTINCT city FROM t ORDER BY age", "SELECT DISTINCT city FROM t ORDER BY age", None),
        ("SELECT a FROM t UNION SELECT b FROM t ORDER BY a", "SELECT a FROM t UNION SELECT b FROM t ORDER BY a", (0,)),
        ("SELECT name FROM t LIMIT 2", "SELECT name FROM t", ()),
    ],
)
def test_variant(gold, sql, keys):
    variant = variant_of(gold, "sqlite")
    assert variant is not None
    assert variant.sql == sql
    assert variant.keys == keys


@pytest.mark.parametrize(
    ("gold", "dialect", "limit", "offset"),
    [
        ("SELECT a FROM t ORDER BY a LIMIT 3 OFFSET 2", "sqlite", 3, 2),
        ("SELECT a FROM t ORDER BY a LIMIT 2, 3", "mysql", 3, 2),
        ("SELECT a FROM t ORDER BY a LIMIT -1", "sqlite", None, 0),
        ("SELECT a FROM t ORDER BY a FETCH FIRST 3 ROWS ONLY", "postgres", 3, 0),
        ("SELECT a FROM t ORDER BY a", "duckdb", None, 0),
    ],
)
def test_reads_limit_and_offset(gold, dialect, limit, offset):
    variant = variant_of(gold, dialect)
    assert variant is not None
    assert (variant.limit, variant.offset) == (limit, offset)
    assert "LIMIT" not in variant.sql
    assert "FETCH" not in variant.sql


@pytest.mark.parametrize(
    "gold",
    [
        "SELECT a FROM t",
        "SELECT a FROM (SELECT a FROM t ORDER BY b LIMIT 3)",
        "SELECT a FROM t WHERE b = (SELECT b FROM t ORDER BY b LIMIT 1)",
        "SELECT a FROM t ORDER BY a LIMIT 1 + 1",
        "not a query ((",
        "",
    ],
)
def test_no_variant(gold):
    assert variant_of(gold, "sqlite") is None


def test_splits_keys_from_columns_and_rows_into_ties():
    variant = variant_of("SELECT name FROM t ORDER BY age, size LIMIT 2", "sqlite")
    rows = (("a", 1, 5), ("b", 1, 5), ("c", 1, None), ("d", 2, None))
    table, ordering = variant.split(ResultTable(("name", "age", "size"), rows))
    assert table.rows == (("a",), ("b",), ("c",), ("d",))
    assert ordering.groups == (0, 0, 1, 2)
    assert ordering.limit == 2


def test_a_cut_variant_serves_only_where_the_cut_is_behind_the_answer():
    variant = variant_of("SELECT name FROM t ORDER BY age LIMIT 2", "sqlite")
    cut = ResultTable(("name", "age"), (("a", 1), ("b", 1), ("c", 2)), "rows")
    assert variant.split(cut)[0].rows == (("a",), ("b",))
    assert variant.split(ResultTable(cut.columns, (*cut.rows[:1], ("b", 2)), "rows")) == (None, None)
