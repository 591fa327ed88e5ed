"""What to_sql renders reads back as the same form, and so does SQL as people write it, on every engine."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest

from sqlwright.core import QueryLimits, Turn
from sqlwright.parser.form import (
    Aggregated,
    Bucket,
    Called,
    ColumnRef,
    Compare,
    Computed,
    Concatenated,
    Elapsed,
    Filtered,
    IsNull,
    IsTrue,
    Joined,
    Literally,
    Negated,
    Nested,
    Now,
    On,
    Ordering,
    OutputRef,
    Select,
    SetOperation,
    Share,
    Span,
    TableRef,
    Windowed,
)
from sqlwright.parser.from_sql import FormError, parse_form
from sqlwright.parser.grammar import advance, allowed, class_of
from sqlwright.parser.linear import SequenceError, delinearize, linearize
from sqlwright.parser.rows import last_query
from sqlwright.parser.to_sql import Reading, render_form
from sqlwright.parser.tokens import WORDS, ColumnPointer, PeriodPointer, TablePointer, ValuePointer
from sqlwright.sql.ddl import parse_schema
from tests.statements import trusted

from .sales import COUNT, ENGINES, STORED, TABLE, column, ddl, profile_of

TODAY = dt.date(2024, 2, 29)
PAID, PLACED, SHIPPED = IsTrue(column("paid")), column("placed"), column("shipped")
TOTAL = Aggregated("sum", column("amount"))
YEAR, CITY = Called("year", PLACED), column("city")


def number(text):
    return Literally(text, True)


def top(items, **clauses):
    return Select(tuple(items), order=(Ordering(column("amount"), True),), **clauses)


WHERE = {
    "year": Span("within", PLACED, "2023"),
    "quarter": Span("within", PLACED, "2023-Q4"),
    "half year": Span("within", PLACED, "2023-H1"),
    "month": Span("within", PLACED, "2023-02"),
    "week": Span("within", PLACED, "2023-W07"),
    "day": Span("within", PLACED, "2024-02-01"),
    "years": Span("within", PLACED, "2021/2023"),
    "decade": Span("within", PLACED, "2020s"),
    "months": Span("within", PLACED, "2023-02/2023-04"),
    "any year": Span("within", PLACED, "--02"),
    "since": Span("since", PLACED, "2023-02"),
    "before": Span("before", PLACED, "2024"),
    "not in a year": Negated(Span("within", PLACED, "2023")),
    "two": Joined("and", (Span("within", PLACED, "2023"), PAID)),
    "or": Joined("or", (Span("within", PLACED, "2023"), Negated(PAID))),
    "missing date": IsNull(SHIPPED),
    "present date": Negated(IsNull(SHIPPED)),
    "blank": IsNull(column("note")),
    "not blank": Negated(IsNull(column("note"))),
    "now": Compare("<", SHIPPED, Now()),
    "money": Compare(">", column("amount"), number("15")),
    "odd money": Compare(">=", column("amount"), number("15.5")),
    "money list": Compare("in", column("amount"), (number("10"), number("20"))),
    "weekday": Compare("=", Called("weekday", PLACED), number("4")),
    "text": Negated(Compare("contains", column("customer"), Literally("n"))),
}
ITEMS = {
    **{name: Called(name, PLACED) for name in ("year", "quarter", "month", "week", "day", "weekday", "hour")},
    **{name: Called(name, PLACED) for name in ("by_quarter", "by_month", "by_week", "by_day", "by_hour")},
    **{
        f"{unit}_between": Elapsed(f"{unit}_between", PLACED, SHIPPED)
        for unit in ("years", "days", "hours", "minutes", "seconds")
    },
    "average of days": Aggregated("avg", Elapsed("days_between", PLACED, SHIPPED)),
    "age": Elapsed("years_between", PLACED, Now()),
    "days until today": Elapsed("days_between", PLACED, Now()),
    "share": Share(PAID),
    "percentage": Called("times_100", Share(PAID)),
    "count of some": Filtered(PAID, COUNT),
    "sum of some": Filtered(PAID, TOTAL),
    "different ones of some": Filtered(PAID, Aggregated("count", CITY, True)),
    "ratio": Computed("ratio", Filtered(PAID, TOTAL), TOTAL),
    "percentage of a ratio": Called("times_100", Computed("ratio", TOTAL, Aggregated("max", column("amount")))),
    "ratio of sums": Computed("ratio", Computed("+", TOTAL, COUNT), Computed("-", TOTAL, number("3"))),
    "quotient": Computed("/", TOTAL, COUNT),
    "difference of ratios": Computed("-", Computed("ratio", TOTAL, COUNT), Computed("ratio", COUNT, TOTAL)),
    "euro": Called("per_100", TOTAL),
    "hours": Called("per_3600", TOTAL),
    "minutes of milliseconds": Called("per_60", Called("per_1000", TOTAL)),
    "bucket": Bucket(column("amount"), (number("15"), number("40"))),
    "full name": Concatenated(column("customer"), CITY),
    "three words": Concatenated(Concatenated(column("customer"), CITY), column("note")),
    "rounded": Called("round", Aggregated("avg", column("amount"))),
}
QUERIES = {
    **{f"where {name}": Select((column("id"),), where=found) for name, found in WHERE.items()},
    **{f"select {name}": Select((found,)) for name, found in ITEMS.items()},
    "median": Select((Aggregated("median", column("amount")),)),
    "medians": Select((CITY, Aggregated("median", column("amount"))), where=PAID, group=(CITY,)),
    **{name: Select((YEAR, Windowed(name, TOTAL)), group=(YEAR,)) for name in ("portion", "running", "change", "growth")},
    "percent of change": Select((YEAR, Called("times_100", Windowed("growth", TOTAL))), group=(YEAR,)),
    "top of each": top((CITY, column("id")), limit=1, per=(CITY,)),
    "second of each": top((CITY, column("id")), limit=1, skip=1, per=(CITY,)),
    "top groups of each": Select((CITY, YEAR, COUNT), group=(CITY, YEAR), order=(Ordering(COUNT, True),), limit=2, per=(YEAR,)),
    "second": top((column("id"),), limit=1, skip=1),
    "months in order": Select(
        (Called("by_month", PLACED), COUNT), group=(Called("by_month", PLACED),), order=(Ordering(Called("by_month", PLACED)),)
    ),
    "never": Select((CITY,), where=Negated(Compare("in", column("id"), Nested(Select((column("id"),), where=PAID))))),
    "union of ordered": SetOperation("union", top((column("id"),), limit=1), Select((column("id"),), where=PAID)),
    "of groups": Select((Aggregated("avg", OutputRef(1)),), source=Select((CITY, COUNT), group=(CITY,))),
    "pairs": Select(
        (ColumnRef(TABLE, "id"), ColumnRef(TableRef("sale", 2), "id")),
        on=(On(ColumnRef(TABLE, "city"), ColumnRef(TableRef("sale", 2), "city")),),
    ),
}  # fmt: skip


ARITHMETIC = {
    "of a quarter": Computed("*", number("2"), Called("quarter", PLACED)),
    "of a percentage": Called("times_100", Called("quarter", PLACED)),
    "of weekdays": Computed("*", Called("weekday", PLACED), number("2")),
    "of a duration": Computed("/", TOTAL, Aggregated("avg", Elapsed("hours_between", PLACED, SHIPPED))),
    "by a duration": Computed("/", column("amount"), Elapsed("hours_between", PLACED, SHIPPED)),
}
QUERIES |= {f"arithmetic {name}": Select((found,)) for name, found in ARITHMETIC.items()}


@pytest.mark.parametrize("storage", ["iso_timestamp", "iso_date", "epoch_s", "epoch_ms", "timestamp", "date"])
@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "mysql"])
def test_a_rendered_form_reads_back_as_itself(dialect, storage):
    profile, schema = profile_of(storage), parse_schema(ddl(STORED[storage][0]), dialect=dialect)
    for name, query in QUERIES.items():
        sql = render_form(query, schema, reading=Reading(profile, TODAY))
        assert parse_form(sql, schema, profile=profile, today=TODAY) == query, (name, sql)


# ruff: noqa: E501, ISC004  (a statement a line)
# SQL as people write it on an engine ("any": on each), and the form.
ANY = ("sqlite", "duckdb", "postgres", "mysql")
WRITTEN = [
    (ANY, "SELECT id FROM sale WHERE placed >= '2023-01-01' AND placed < '2024-01-01'", WHERE["year"]),
    (ANY, "SELECT id FROM sale WHERE placed BETWEEN '2023-01-01' AND '2023-12-31 23:59:59'", WHERE["year"]),
    (ANY, "SELECT id FROM sale WHERE placed >= '2023-02-01'", WHERE["since"]),
    (ANY, "SELECT id FROM sale WHERE '2023-02-01' <= placed", WHERE["since"]),
    (ANY, "SELECT id FROM sale WHERE paid = 'Y'", PAID),
    (ANY, "SELECT id FROM sale WHERE NOT paid = 'Y'", Negated(PAID)),
    (ANY, "SELECT id FROM sale WHERE note = ''", WHERE["blank"]),
    (ANY, "SELECT id FROM sale WHERE note IS NOT NULL AND note <> ''", WHERE["not blank"]),
    (ANY, "SELECT id FROM sale WHERE amount > 1500", WHERE["money"]),
    (ANY, "SELECT id FROM sale WHERE NOT (placed >= '2023-01-01' AND placed < '2024-01-01')", WHERE["not in a year"]),
    (("sqlite",), "SELECT id FROM sale WHERE strftime('%Y', placed) = '2023'", WHERE["year"]),
    (("sqlite",), "SELECT id FROM sale WHERE strftime('%Y-%m', placed) = '2023-02'", WHERE["month"]),
    (("sqlite",), "SELECT id FROM sale WHERE date(placed) BETWEEN '2023-02-01' AND '2023-02-28'", WHERE["month"]),
    (("sqlite",), "SELECT id FROM sale WHERE date(placed) = '2024-02-01'", WHERE["day"]),
    (("sqlite",), "SELECT id FROM sale WHERE CAST(strftime('%Y', placed) AS INT) > 2023", Span("after", PLACED, "2023")),
    (("sqlite",), "SELECT id FROM sale WHERE strftime('%m', placed) = '02'", WHERE["any year"]),
    (("sqlite",), "SELECT id FROM sale WHERE substr(placed, 1, 4) = '2023'", WHERE["year"]),
    (("sqlite",), "SELECT id FROM sale WHERE placed LIKE '2023-02%'", WHERE["month"]),
    (ANY[1:], "SELECT id FROM sale WHERE EXTRACT(YEAR FROM placed) = 2023 AND EXTRACT(MONTH FROM placed) = 2", WHERE["month"]),
    (ANY[1:3], "SELECT id FROM sale WHERE DATE_TRUNC('month', placed) = '2023-02-01'", WHERE["month"]),
    (ANY[1:3], "SELECT id FROM sale WHERE placed::date = '2024-02-01'", WHERE["day"]),
    (("postgres",), "SELECT id FROM sale WHERE TO_CHAR(placed, 'YYYY-MM') = '2023-02'", WHERE["month"]),
    (("postgres",), "SELECT id FROM sale WHERE DATE_PART('year', placed) = 2023", WHERE["year"]),
    (("mysql",), "SELECT id FROM sale WHERE DATE_FORMAT(placed, '%Y-%m') = '2023-02'", WHERE["month"]),
    (("mysql",), "SELECT id FROM sale WHERE YEAR(placed) = 2023 AND QUARTER(placed) = 1", Span("within", PLACED, "2023-Q1")),
    (("mysql", "duckdb"), "SELECT id FROM sale WHERE YEAR(placed) BETWEEN 2021 AND 2023", WHERE["years"]),
    (("duckdb", "postgres"), "SELECT id FROM sale WHERE customer ILIKE 'A%'",
     Compare("starts", Called("lower", column("customer")), Literally("a"))),
    (ANY, "SELECT AVG(CASE WHEN paid = 'Y' THEN 1.0 ELSE 0 END) FROM sale", ITEMS["share"]),
    (ANY, "SELECT 100.0 * SUM(CASE WHEN paid = 'Y' THEN 1 ELSE 0 END) / COUNT(*) FROM sale", ITEMS["percentage"]),
    (ANY, "SELECT COUNT(CASE WHEN paid = 'Y' THEN 1 END) * 100.0 / COUNT(*) FROM sale", ITEMS["percentage"]),
    (ANY, "SELECT SUM(amount) / 60000.0 FROM sale", ITEMS["minutes of milliseconds"]),
    (ANY, "SELECT SUM(amount) / 60.0 / 1000.0 FROM sale", ITEMS["minutes of milliseconds"]),
    (ANY[:3], "SELECT COUNT(*) FILTER (WHERE paid = 'Y') FROM sale", ITEMS["count of some"]),
    (ANY[:3], "SELECT CAST(SUM(amount) FILTER (WHERE paid = 'Y') AS REAL) / SUM(amount) FROM sale", ITEMS["ratio"]),
    (("sqlite", "mysql"), "SELECT SUM(paid = 'Y') FROM sale", ITEMS["count of some"]),
    (("sqlite", "mysql"), "SELECT 1.0 * SUM(paid = 'Y') / COUNT(*) FROM sale", ITEMS["share"]),
    (("sqlite",), "SELECT SUM(IIF(paid = 'Y', amount, 0)) FROM sale", ITEMS["sum of some"]),
    (("mysql",), "SELECT SUM(IF(paid = 'Y', amount, 0)) FROM sale", ITEMS["sum of some"]),
    (ANY, "SELECT SUM(COALESCE(amount, 0)) / 100.0 FROM sale", ITEMS["euro"]),
    (ANY, "SELECT 1.0 * SUM(amount) / NULLIF(COUNT(*), 0) FROM sale", Computed("ratio", TOTAL, COUNT)),
    (("sqlite",), "SELECT julianday(shipped) - julianday(placed) FROM sale", ITEMS["days_between"]),
    (("sqlite",), "SELECT (julianday(shipped) - julianday(placed)) * 24 FROM sale", ITEMS["hours_between"]),
    (("postgres",), "SELECT AVG(EXTRACT(EPOCH FROM shipped - placed) / 86400) FROM sale", ITEMS["average of days"]),
    (("duckdb",), "SELECT (EPOCH(shipped) - EPOCH(placed)) / 86400 FROM sale", ITEMS["days_between"]),
    (("mysql",), "SELECT TIMESTAMPDIFF(SECOND, placed, shipped) / 3600 FROM sale", ITEMS["hours_between"]),
    (("mysql",), "SELECT CONCAT(customer, ' ', city) FROM sale", ITEMS["full name"]),
    (("postgres", "duckdb"), "SELECT customer || ' ' || city FROM sale", ITEMS["full name"]),
    (("duckdb",), "SELECT QUANTILE_CONT(amount, 0.5) FROM sale", Aggregated("median", column("amount"))),
]  # fmt: skip
QUERIES_WRITTEN = [
    (ANY, "WITH big AS (SELECT city, COUNT(*) AS n FROM sale GROUP BY city) SELECT AVG(n) FROM big", QUERIES["of groups"]),
    (ANY, "SELECT id FROM sale ORDER BY amount DESC LIMIT 1 OFFSET 1", QUERIES["second"]),
    (ANY, "SELECT city, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY city ORDER BY amount DESC) AS rn FROM sale)"
          " AS t WHERE rn = 1", QUERIES["top of each"]),
    (ANY, "WITH t AS (SELECT s.city, s.id, ROW_NUMBER() OVER (PARTITION BY s.city ORDER BY s.amount DESC) AS rn "
          "FROM sale AS s) SELECT t.city, t.id FROM t WHERE t.rn <= 1", QUERIES["top of each"]),
    (("duckdb",), "SELECT city, id FROM sale QUALIFY ROW_NUMBER() OVER (PARTITION BY city ORDER BY amount DESC) = 1",
     QUERIES["top of each"]),
    (("postgres", "duckdb"), "SELECT DISTINCT ON (city) city, id FROM sale ORDER BY city, amount DESC",
     QUERIES["top of each"]),
    (("sqlite",), "SELECT AVG(v) FROM (SELECT amount AS v, ROW_NUMBER() OVER (ORDER BY amount) AS r, COUNT(*) OVER () AS n "
                  "FROM sale WHERE amount IS NOT NULL) WHERE r IN ((n + 1) / 2, (n + 2) / 2)", QUERIES["median"]),
    (ANY, "SELECT a.id, b.id FROM sale AS a JOIN sale AS b USING (city)", QUERIES["pairs"]),
    (ANY[:3], "SELECT CAST(EXTRACT(YEAR FROM placed) AS INTEGER), SUM(amount) * 1.0 / SUM(SUM(amount)) OVER () "
              "FROM sale GROUP BY 1", QUERIES["portion"]),
]  # fmt: skip
CASES = [(d, s, Select((column("id"),), where=f) if s.startswith("SELECT id") else Select((f,))) for d, s, f in WRITTEN]
CASES += QUERIES_WRITTEN


@pytest.mark.parametrize("engine", ENGINES)
def test_sql_as_people_write_it_is_read(make, engine):
    """The form, and the rows of its SQL."""
    profile = profile_of("iso_timestamp" if engine == "sqlite" else "timestamp")
    with make(engine, profile.of("sale", "placed").date_storage) as database:
        schema = database.schema()
        for engines, sql, query in CASES:
            if engine not in engines or (engine == "sqlite" and "EXTRACT" in sql):
                continue
            form = parse_form(sql, schema, profile=profile, today=TODAY)
            assert form == query, sql
            rendered = render_form(form, schema, reading=Reading(profile, TODAY))
            assert rows(database, rendered) == rows(database, sql), (sql, rendered)


def rows(database, sql):
    outcome = database.engine.execute(trusted(sql), QueryLimits(max_rows=10_000))
    assert outcome.ok, (sql, outcome.message())
    return Counter(tuple(map(plain, row)) for row in outcome.table.rows)


def plain(value):
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    try:
        return round(float(value), 6)
    except (TypeError, ValueError):
        return value


def random_tokens(schema, rng):
    """A query that the grammar allows, or None where it does not end soon."""
    pointers = {
        "<table>": [TablePointer(t.full_name) for t in schema],
        "<column>": [ColumnPointer(t.full_name, c.name) for t in schema for c in t.columns],
        "<value>": [ValuePointer("3", True), ValuePointer("Oslo"), ValuePointer("15", True)],
        "<period>": [PeriodPointer("2023-Q4"), PeriodPointer("2023"), PeriodPointer("2023-02")],
    }
    words = {}
    for word in WORDS:
        words.setdefault(class_of(word), []).append(word)
    tokens, stack = [], ("Query",)
    while stack and len(tokens) < 40:
        classes = sorted(allowed(stack))
        kind = "end" if "end" in classes and rng.random() < 0.5 else rng.choice(classes)
        tokens.append(rng.choice(pointers.get(kind) or words[kind]))
        stack = advance(stack, kind)
    return None if stack else tokens


@pytest.mark.parametrize("engine", ENGINES)
def test_random_forms_read_back_with_the_same_rows(make, engine):
    """What cannot be read is refused; what is read gives the rows of the SQL, and renders the same from then on."""
    profile, rng, read, run = profile_of("timestamp"), random.Random(engine), 0, 0
    with make(engine, "timestamp") as database:
        schema, reading = database.schema(), Reading(profile, TODAY)
        for _ in range(400):
            tokens = random_tokens(schema, rng)
            try:
                sql = render_form(delinearize(tokens), schema, reading=reading) if tokens else ""
            except (SequenceError, ValueError):  # LIMIT takes any constant, and a derived table may be missing
                continue
            outcome = database.engine.execute(trusted(sql), QueryLimits(max_rows=10_000)) if sql else None
            if outcome is None or not outcome.ok:
                continue
            run += 1
            try:
                form = parse_form(sql, schema, profile=profile, today=TODAY)
            except FormError:
                continue
            read += 1
            assert delinearize(linearize(form)) == form
            again = render_form(form, schema, reading=reading)
            assert rows(database, again) == rows(database, sql), (sql, again)
    assert read > 0.7 * run > 4


def test_a_follow_up_reads_the_last_query_with_the_profile():
    schema, profile = parse_schema(ddl("BIGINT")), profile_of("epoch_ms")
    sql = "SELECT COUNT(*) FROM sale WHERE strftime('%Y', placed / 1000, 'unixepoch') = '2023' AND paid = 'Y'"
    last = last_query((Turn("how many in 2023", sql),), schema, profile)
    assert PeriodPointer("2023") in last
    assert "true" in last
    assert last_query((Turn("how many in 2023", sql),), schema) == ()  # without it an epoch is not a date


@pytest.mark.parametrize(
    ("sql", "cause"),
    [
        ("SELECT id FROM sale WHERE strftime('%Y', placed) = '2023'", "epoch"),
        ("SELECT id FROM sale WHERE note IS NULL", "null_of_blank"),
        ("SELECT AVG(note = 'x') FROM sale", "share_of_nullable"),
        ("SELECT AVG(COALESCE(amount, 0)) FROM sale", "coalesce"),
        ("SELECT SUM(amount) OVER (ORDER BY id) FROM sale", "window_of_rows"),
        ("SELECT CASE WHEN amount > 3 THEN 'a' ELSE 'b' END FROM sale", "case"),
        ("SELECT a.id FROM sale AS a WHERE a.amount = (SELECT MAX(amount) FROM sale AS b WHERE b.city = a.city)", "correlated"),
        ("SELECT id FROM sale AS a WHERE NOT EXISTS (SELECT 1 FROM sale AS b WHERE b.customer = a.city)", "null_key"),
    ],
)  # fmt: skip
def test_sql_whose_rows_the_form_would_change_is_refused(sql, cause):
    with pytest.raises(FormError) as caught:
        parse_form(sql, parse_schema(ddl("BIGINT")), profile=profile_of("epoch_ms"))
    assert caught.value.cause == cause
