"""Queries that PostgreSQL cuts before it sends a row: the rows stay what they were, and what is cut says so."""

from __future__ import annotations

import pytest

pytest.importorskip("psycopg")
from sqlwright.core import QueryLimits
from sqlwright.db import open_database
from sqlwright.db.postgres_bounds import bounded
from tests.statements import trusted

pytestmark = pytest.mark.postgres
SMALL = QueryLimits(timeout_s=60, max_cell_bytes=1_000)


@pytest.fixture
def database(postgres_url):
    with open_database(postgres_url) as opened:
        yield opened


@pytest.mark.parametrize(
    "cell",
    [
        "'abc'::char(5)",
        "'text'",
        "'\\x00ff'::bytea",
        "ARRAY[1, NULL, 3]",
        "ARRAY['a', 'b']",
        "'{\"a\": [1]}'::json",
        "'{\"a\": [1]}'::jsonb",
        "'<a/>'::xml",
        "ROW(1, 'a')",
        "to_tsvector('a b')",
        "'pos'::name",
        "NULL",
        "interval '1 day'",
        "1.10",
        "'[1,5)'::int4range",
        "pg_sleep(0)",
    ],
)
def test_a_value_that_fits_is_what_it_was(database, cell):
    import psycopg

    from sqlwright.db.postgres_values import register_loaders

    # A literal text beside it, so that the query is rewritten in any case.
    table = database.engine.execute(trusted(f"SELECT {cell} AS a, 'x' AS a"), SMALL).table
    with psycopg.connect(database.engine.url.set(drivername="postgresql").render_as_string(False)) as plain:
        register_loaders(plain)
        assert table.rows == (plain.execute(f"SELECT {cell} AS a, 'x' AS a").fetchone(),)  # type: ignore[arg-type]
    assert (table.columns, table.truncated) == (("a", "a"), None)


@pytest.mark.parametrize(
    ("cell", "start"),
    [
        ("repeat('xy', 10000)", "xyxy"),
        ("repeat('\u4e2d', 10000)", "\u4e2d\u4e2d"),
        ("repeat('xy', 10000)::char(20000)", "xyxy"),
        ("array_fill(7, ARRAY[10000])", "{7,7"),
        ("jsonb_build_object('a', repeat('x', 10000))", '{"a": "xx'),
    ],
)
def test_a_large_value_is_cut_and_marked(database, cell, start):
    table = database.engine.execute(trusted(f"SELECT 1, {cell}"), SMALL).table
    ((one, text),) = table.rows
    assert one == 1
    assert text.startswith(start)
    assert len(text.encode()) <= 1_000
    assert table.truncated == "cell_bytes"


def test_the_order_of_rows_and_the_query_s_own_limit_stay(database):
    sql = "SELECT 'n' || x FROM generate_series(1, 50) x ORDER BY x DESC LIMIT 3 -- the last three"
    assert database.engine.execute(trusted(sql), SMALL).table.rows == (("n50",), ("n49",), ("n48",))


def test_a_query_of_numbers_is_sent_as_it_is():
    assert bounded("SELECT 1, 2.5, now()", [23, 1700, 1184], SMALL) is None


def test_what_is_no_query_is_sent_as_it_is():
    assert bounded("EXPLAIN SELECT 1", [25], SMALL) is None


def test_many_columns_share_the_room_of_a_row():
    limits = QueryLimits()
    found = bounded("SELECT 1", [25] * 1_600, limits)
    assert 1_600 * found.max_cell_bytes <= 2 * limits.max_result_bytes
