"""Counting rows in batches, whatever one table does."""

from __future__ import annotations

from sqlwright.core import Schema, Table
from sqlwright.db.catalog import COUNTS_PER_QUERY, with_row_counts


class CountingError(Exception):
    pass


def test_one_failing_table_leaves_the_others_counted():
    asked = []

    def fetch(checked):
        sql = checked.sql
        asked.append(sql)
        if "bad" in sql:
            raise CountingError
        return [(i, 7) for i in range(sql.count("count(*)"))]

    names = ["bad", *(f"t{i}" for i in range(COUNTS_PER_QUERY + 1))]
    schema = Schema("x", "postgres", tuple(Table(name, ()) for name in names))
    counted = with_row_counts(schema, fetch, CountingError)
    assert [table.row_count for table in counted] == [None] + [7] * (COUNTS_PER_QUERY + 1)
    assert len(asked) == 1 + COUNTS_PER_QUERY + 1  # the first batch again one by one, the second in one piece


def test_counting_stops_when_its_time_is_over(monkeypatch):
    monkeypatch.setattr("sqlwright.db.catalog.COUNTING_S", 0)
    schema = Schema("x", "postgres", (Table("t", ()),))
    assert with_row_counts(schema, lambda sql: [(0, 7)], CountingError).table("t").row_count is None


def test_names_are_quoted():
    asked = []
    schema = Schema("x", "postgres", (Table('a"; DROP TABLE t; --', (), namespace="s p"),))
    with_row_counts(schema, lambda checked: asked.append(checked.sql) or [(0, 1)], CountingError)
    assert asked == ['SELECT 0, count(*) FROM "s p"."a""; DROP TABLE t; --"']
