"""Groups by fiscal years and quarters, on every engine and in every storage of dates."""

from __future__ import annotations

import datetime as dt

import pytest

from sqlwright.core.meaning import FiscalYear, Meant
from sqlwright.parser.fiscal import in_fiscal_periods
from sqlwright.parser.form import Called, Select
from sqlwright.parser.to_sql import Reading, render_form

from .sales import COUNT, ENGINES, column, profile_of

BY_YEAR = Called("year", column("placed"))  # sales in January 2023, twice in February 2023, and in February 2024


def grouped(database, group, year, period="year", storage="iso_timestamp"):
    schema, profile = database.schema(), profile_of(storage)
    query = in_fiscal_periods(
        Select((group, COUNT), group=(group,)), [Meant(year, "fiscal year", 0, 11, period)], schema, profile
    )
    sql = render_form(query, schema, reading=Reading.of(profile, dt.date(2030, 1, 1)))
    outcome = database.run(sql)
    assert outcome.table is not None, (sql, outcome.message())
    return sorted((str(group).removesuffix(".0"), int(n)) for group, n in outcome.table.rows)


@pytest.mark.parametrize("storage", ["iso_timestamp", "epoch_ms", "yyyymmdd", "timestamp", "date"])
@pytest.mark.parametrize("engine", ENGINES)
def test_groups_by_fiscal_year_and_quarter(make, engine, storage):
    with make(engine, storage) as database:
        february = FiscalYear(2)
        assert grouped(database, BY_YEAR, february, storage=storage) == [("2023", 1), ("2024", 2), ("2025", 1)]
        quarters = Called("by_quarter", column("placed"))
        assert grouped(database, quarters, february, "quarter", storage) == [
            ("FY2023-Q4", 1),
            ("FY2024-Q1", 2),
            ("FY2025-Q1", 1),
        ]
        assert grouped(database, Called("quarter", column("placed")), february, storage=storage) == [("1", 3), ("4", 1)]


@pytest.mark.parametrize(
    ("year", "counts"),
    [
        (FiscalYear(4), [("2023", 3), ("2024", 1)]),
        (FiscalYear(4, "start"), [("2022", 3), ("2023", 1)]),
        (FiscalYear(1), [("2023", 3), ("2024", 1)]),
        (FiscalYear(2, "start"), [("2022", 1), ("2023", 2), ("2024", 1)]),
    ],
)
def test_the_year_is_called_by_its_start_or_end(make, year, counts):
    with make("sqlite", "iso_timestamp") as database:
        assert grouped(database, BY_YEAR, year) == counts


def test_the_last_day_of_a_month_stays_in_its_month(make):
    with make("sqlite", "iso_timestamp") as database:
        month = FiscalYear(12)  # moved by one month: 31 January would be 3 March
        schema, profile = database.schema(), profile_of("iso_timestamp")
        query = in_fiscal_periods(Select((BY_YEAR,)), [Meant(month, "FY", 0, 2, "year")], schema, profile)
        sql = render_form(query, schema, reading=Reading.of(profile, dt.date(2030, 1, 1)))
        assert "'start of month', '+1 months'" in sql


def test_a_named_year_and_other_groups_are_left_alone(make):
    with make("sqlite", "iso_timestamp") as database:
        schema, profile = database.schema(), profile_of("iso_timestamp")
        by_month = Select((Called("by_month", column("placed")), COUNT), group=(Called("by_month", column("placed")),))
        named = [Meant(FiscalYear(4), "FY24", 0, 4, "April 2023 to March 2024")]
        assert in_fiscal_periods(by_month, named, schema, profile) == by_month
        asked = [Meant(FiscalYear(4), "fiscal year", 0, 11, "year")]
        assert in_fiscal_periods(by_month, asked, schema, profile) == by_month
