"""A query by month is ordered by month, unless it asks for another order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlwright.parser.form import Aggregated, Called, Ordering, Select, SetOperation, Windowed
from sqlwright.parser.time_order import in_time_order
from sqlwright.parser.to_sql import Reading, render_form
from sqlwright.sql.ddl import parse_schema

from .sales import COUNT, STORED, column, ddl, profile_of

MONTH = Called("by_month", column("placed"))
BY_MONTH = Select((MONTH, COUNT), group=(MONTH,))
BY_CITY = Select((column("city"), COUNT), group=(column("city"),))


@pytest.mark.parametrize(
    "query",
    [
        BY_MONTH,
        Select((Called("year", column("placed")), COUNT), group=(Called("year", column("placed")),)),
        Select((column("city"), MONTH, COUNT), group=(column("city"), MONTH)),
        Select((MONTH, Windowed("running", COUNT)), group=(MONTH,)),
    ],
)
def test_groups_of_time_come_in_their_order(query):
    ordered = in_time_order(query)
    assert isinstance(ordered.order[0].value, Called)
    assert replace(ordered, order=()) == query


@pytest.mark.parametrize(
    "query",
    [
        BY_CITY,
        replace(BY_MONTH, order=(Ordering(COUNT, True),)),
        replace(BY_MONTH, order=(Ordering(COUNT, True),), limit=1),
        Select((Aggregated("max", column("placed")),)),
        SetOperation("union", BY_MONTH, BY_MONTH),
    ],
)
def test_another_query_stays_as_it_is(query):
    assert in_time_order(query) == query


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "mysql"])
def test_it_is_written_for_every_engine(dialect):
    profile, schema = profile_of("iso_timestamp"), parse_schema(ddl(STORED["iso_timestamp"][0]), dialect=dialect)
    assert " ORDER BY " in render_form(in_time_order(BY_MONTH), schema, reading=Reading(profile))
