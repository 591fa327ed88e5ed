"""What analysts ask, in the form and on every engine: dates in every storage, flags, shares, units, windows."""

from __future__ import annotations

import datetime as dt

import pytest

from sqlwright.parser.form import (
    Aggregated,
    Bucket,
    Called,
    Compare,
    Computed,
    Concatenated,
    Elapsed,
    Filtered,
    IsNull,
    IsTrue,
    Literally,
    Negated,
    Now,
    Ordering,
    Select,
    Share,
    Span,
    Windowed,
)
from sqlwright.parser.grammar import START, advance, allowed, class_of
from sqlwright.parser.linear import delinearize, linearize
from sqlwright.parser.to_sql import Reading, render_form

from .sales import COUNT, ENGINES, column, profile_of


def answered(database, query, storage="iso_timestamp"):
    """The rows of a query that went through its tokens and the grammar on the way."""
    tokens, stack = linearize(query), START
    for token in tokens:
        assert class_of(token) in allowed(stack), (token, tokens)
        stack = advance(stack, class_of(token))
    assert stack == ()
    assert delinearize(tokens) == query
    reading = Reading.of(profile_of(storage), dt.date(2030, 1, 1))
    sql = render_form(query, database.schema(), reading=reading)
    outcome = database.run(sql)
    assert outcome.table is not None, (sql, outcome.message())
    return [tuple(_plain(v) for v in row) for row in outcome.table.rows]


def _plain(value):
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()[:10]
    try:
        return round(float(value), 3)
    except (TypeError, ValueError):
        return value


@pytest.mark.parametrize(
    "storage", ["iso_timestamp", "epoch_s", "epoch_ms", "epoch_us", "yyyymmdd", "yyyymmddhhmmss", "timestamp", "date"]
)
@pytest.mark.parametrize("engine", ENGINES)
def test_dates_in_every_storage(make, engine, storage):
    with make(engine, storage) as database:

        def ids(condition):
            rows = answered(
                database, Select((column("id"),), where=condition, order=(Ordering(column("id")),)), storage
            )
            return [int(r[0]) for r in rows]

        placed = column("placed")
        assert ids(Span("within", placed, "2023")) == [1, 2, 3]
        assert ids(Span("within", placed, "2023-02")) == [2, 3]
        assert ids(Span("within", placed, "2024-02-01")) == [4]
        assert ids(Span("within", placed, "--02")) == [2, 3, 4]
        assert ids(Span("before", placed, "2023-02")) == [1]
        assert ids(Span("after", placed, "2023-02")) == [4]
        assert ids(Span("since", placed, "2023-02")) == [2, 3, 4]
        assert ids(Span("until", placed, "2023-02")) == [1, 2, 3]
        assert ids(Span("within", placed, "last 30 day")) == [4]  # the data ends on 2024-02-29
        assert ids(Compare("<", column("shipped"), Now())) == [1, 3, 4]
        assert ids(IsNull(column("shipped"))) == [2]

        year, month = Called("year", placed), Called("by_month", placed)
        by_year = answered(database, Select((year, COUNT), group=(year,), order=(Ordering(year),)), storage)
        assert by_year == [(2023, 3), (2024, 1)]
        by_month = answered(database, Select((month, COUNT), group=(month,), order=(Ordering(month),)), storage)
        assert [(str(m)[:7], n) for m, n in by_month] == [("2023-01", 1), ("2023-02", 2), ("2024-02", 1)]
        quarter = Called("quarter", placed)
        assert answered(database, Select((quarter,), distinct=True), storage) == [(1,)]
        weekday = answered(
            database, Select((Called("weekday", placed),), where=Span("within", placed, "2024")), storage
        )
        assert weekday == [(4,)]  # a Thursday
        days = Elapsed("days_between", placed, column("shipped"))
        assert answered(database, Select((Aggregated("max", days),)), storage) == [(4,)]
        age = Elapsed("years_between", placed, Now())
        assert answered(database, Select((Aggregated("max", age),)), storage) == [(1,)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("period", ["by_quarter", "by_month", "by_week", "by_day", "by_hour"])
def test_every_period_groups(make, engine, period):
    with make(engine, "timestamp") as database:
        found = Called(period, column("placed"))
        rows = answered(database, Select((found, COUNT), group=(found,)), "timestamp")
        assert sum(n for _, n in rows) == 4
        assert len(rows) == {"by_quarter": 2, "by_month": 3}.get(period, 4)


@pytest.mark.parametrize("engine", ENGINES)
def test_flags_shares_and_missing_values(make, engine):
    with make(engine, "timestamp") as database:

        def one(expression, **clauses):
            return answered(database, Select((expression,), **clauses), "timestamp")[0][0]

        paid = IsTrue(column("paid"))
        assert one(COUNT, where=paid) == 3
        assert one(COUNT, where=Negated(paid)) == 1
        assert one(COUNT, where=IsNull(column("note"))) == 2  # stored as empty strings
        assert one(COUNT, where=Negated(IsNull(column("note")))) == 2
        assert one(Share(paid)) == 0.75
        assert one(Called("times_100", Share(paid))) == 75
        assert one(Filtered(paid, COUNT)) == 3
        total = Aggregated("sum", column("amount"))
        assert one(Filtered(paid, total)) == 9_000
        assert one(Computed("ratio", Filtered(paid, total), total)) == 0.75
        assert one(Called("per_100", total)) == 120
        assert one(COUNT, where=Compare(">", column("amount"), Literally("15", True))) == 3  # 15 euro are 1,500 cents
        assert one(Aggregated("median", column("amount"))) == 2_500


@pytest.mark.parametrize("engine", ENGINES)
def test_windows_ranks_and_buckets(make, engine):
    with make(engine, "timestamp") as database:
        total = Aggregated("sum", column("amount"))
        year = Called("year", column("placed"))

        def rows(*items, **clauses):
            return sorted(answered(database, Select(items, **clauses), "timestamp"), key=repr)

        city = column("city")
        assert rows(city, Windowed("portion", total), group=(city,)) == [
            ("Oslo", 0.417),
            ("Paris", 0.083),
            ("Rome", 0.5),
        ]
        assert rows(year, Windowed("running", total), group=(year,)) == [(2023, 6_000), (2024, 12_000)]
        assert rows(year, Windowed("change", total), group=(year,)) == [(2023, None), (2024, 0)]
        assert rows(year, Windowed("growth", total), group=(year,)) == [(2023, None), (2024, 0)]
        top = rows(city, column("id"), order=(Ordering(column("amount"), True),), limit=1, per=(city,))
        assert top == [("Oslo", 2), ("Paris", 1), ("Rome", 4)]
        second = rows(column("id"), order=(Ordering(column("amount"), True),), limit=1, skip=1)
        assert second == [(2,)]
        bucket = Bucket(column("amount"), (Literally("15", True), Literally("40", True)))
        assert rows(bucket, COUNT, group=(bucket,)) == [("1500 to 4000", 2), ("4000 or more", 1), ("under 1500", 1)]
        named = rows(Concatenated(column("customer"), city), where=Compare("=", column("id"), Literally("1", True)))
        assert named == [("Ann Paris",)]
        median = rows(city, Aggregated("median", column("amount")), group=(city,))
        assert median == [("Oslo", 2_500), ("Paris", 1_000), ("Rome", 6_000)]


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_beside_a_grouped_key_may_be_shown(make, engine):
    with make(engine, "timestamp") as database:
        query = Select((column("customer"), COUNT), group=(column("id"),))
        assert len(answered(database, query, "timestamp")) == 4
