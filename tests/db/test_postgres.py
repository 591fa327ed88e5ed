"""PostgreSQL: values of every kind, the catalogue, the locks, the limits and the rights, on a real server."""

from __future__ import annotations

import datetime as dt
import math
import sys
import uuid
from decimal import Decimal

import pytest

from sqlwright.core import ConnectError, ForeignKey, QueryLimits, Schema, UsageError
from sqlwright.db import open_database
from sqlwright.db.rights import describe_rights
from sqlwright.prompts.ddl import render_ddl
from tests.statements import trusted

from .interrupted import interrupting, run_and_interrupt

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.postgres
LIMITS = QueryLimits(timeout_s=10)


def admin(url):
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


@pytest.fixture
def make(postgres_url):
    def build(script="SELECT 1"):
        with admin(postgres_url) as connection:
            connection.execute(script)
        return open_database(postgres_url)

    return build


def rows(database, sql):
    outcome = database.engine.execute(trusted(sql), LIMITS)
    assert outcome.status == "rows", outcome.message()
    return outcome.table.rows


def test_values_come_whole(make):
    values = {
        "9007199254740993": 2**53 + 1,
        "1.10::numeric": Decimal("1.10"),
        "true": True,
        "''": "",
        "NULL": None,
        "'\\x00ff'::bytea": b"\x00\xff",
        "DATE '2026-01-31'": dt.date(2026, 1, 31),
        "'2026-01-31 12:00+05:30'::timestamptz AT TIME ZONE 'UTC'": dt.datetime(2026, 1, 31, 6, 30),
        "'infinity'::timestamp": "infinity",
        "'0044-03-15 BC'::date": "0044-03-15 BC",
        "'10000-01-01'::date": "10000-01-01",
        "TIME '24:00'": "24:00:00",
        "INTERVAL '2 days 3 hours'": dt.timedelta(days=2, hours=3),
        "'ab0e8f1c-0000-4000-8000-000000000001'::uuid": uuid.UUID("ab0e8f1c-0000-4000-8000-000000000001"),
        "'inf'::float8": math.inf,
        "ARRAY[[1, 2], [3, NULL]]": [[1, 2], [3, None]],
        "ARRAY['infinity'::date]": ["infinity"],
        """'{"a": [1, null]}'::jsonb""": {"a": [1, None]},
        "int4range(1, 3)": "[1,3)",
        "'10.0.0.1'::inet": "10.0.0.1",
        "ROW(1, 'a')": "(1,a)",
        "B'101'": "101",
        "'%s'": "%s",
    }
    (found,) = rows(make(), "SELECT " + ", ".join(values))
    assert list(found) == list(values.values())


def test_a_zoned_timestamp_keeps_its_instant(make):
    ((value,),) = rows(make(), "SELECT '2026-01-31 12:00+05:30'::timestamptz")
    assert value == dt.datetime(2026, 1, 31, 6, 30, tzinfo=dt.timezone.utc)


def test_a_column_name_may_repeat_and_a_result_be_empty(make):
    database = make()
    assert database.engine.execute(trusted("SELECT 1 AS a, 2 AS a"), LIMITS).table.columns == ("a", "a")
    empty = database.engine.execute(trusted("SELECT 1 AS a WHERE false"), LIMITS).table
    assert (empty.columns, empty.rows) == (("a",), ())


CATALOGUE = """
CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
CREATE TABLE "Sel""ect" (id INT PRIMARY KEY, "名 字" TEXT, m mood,
  twice INT GENERATED ALWAYS AS (id * 2) STORED, b BYTEA);
INSERT INTO "Sel""ect" VALUES (1, 'x', 'sad');
COMMENT ON TABLE "Sel""ect" IS 'the people';
COMMENT ON COLUMN "Sel""ect"."名 字" IS 'their name';
CREATE SCHEMA other;
CREATE TABLE other.p (a INT, b INT, PRIMARY KEY (b, a));
CREATE TABLE other.c (x INT, y INT, z INT REFERENCES "Sel""ect", FOREIGN KEY (y, x) REFERENCES other.p (b, a));
CREATE TABLE parted (a INT, d DATE) PARTITION BY RANGE (d);
CREATE TABLE parted_2026 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO parted VALUES (1, '2026-05-05');
CREATE VIEW v AS SELECT id FROM "Sel""ect";
CREATE MATERIALIZED VIEW mv AS SELECT id FROM "Sel""ect";
"""


def test_the_catalogue(make):
    schema = make(CATALOGUE).schema(row_counts=True, samples=3)
    assert [table.full_name for table in schema] == ['Sel"ect', "parted", "v", "mv", "other.p", "other.c"]
    people = schema.table('Sel"ect')
    assert (people.comment, people.primary_key, people.row_count) == ("the people", ("id",), 1)
    assert [(c.name, c.type, c.nullable, c.samples) for c in people.columns] == [
        ("id", "integer", False, ("1",)),
        ("名 字", "text", True, ("x",)),
        ("m", "mood", True, ("sad", "it's ok")),
        ("twice", "integer", True, ("2",)),
        ("b", "bytea", True, ()),
    ]
    assert people.column("名 字").comment == "their name"
    assert schema.table("other.p").primary_key == ("b", "a")
    assert set(schema.table("other.c").foreign_keys) == {
        ForeignKey(("y", "x"), "other.p", ("b", "a")),
        ForeignKey(("z",), 'Sel"ect', ("id",)),
    }
    assert schema.table("parted").row_count == 1
    assert [table.name for table in schema if table.is_view] == ["v", "mv"]


def test_the_values_of_an_enum_are_part_of_the_schema(make):
    schema = make(CATALOGUE).schema()
    assert schema.table('Sel"ect').column("m").labels == ("sad", "it's ok")
    assert Schema.from_dict(schema.to_dict()) == schema
    assert "  m mood, -- one of 'sad', 'it''s ok'\n" in render_ddl(schema)


def test_awkward_names_run_through_the_guard(make):
    assert make(CATALOGUE).run('SELECT "名 字" FROM "Sel""ect"').table.rows == (("x",),)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_sleep(60)",
        "SELECT set_config('statement_timeout', '0', false), pg_sleep(60)",
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
        "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
    ],
)
def test_a_runaway_query_stops_at_its_limit(make, sql):
    outcome = make().engine.execute(trusted(sql), QueryLimits(timeout_s=0.5))
    assert outcome.status == "timeout"
    assert outcome.elapsed_s >= 0.5


def test_another_thread_can_stop_a_query(make):
    database = make()
    with interrupting(database):
        outcome = database.engine.execute(trusted("SELECT pg_sleep(60)"), LIMITS)
    assert (outcome.status, outcome.error) == ("error", "Stopped on request.")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a group")
def test_ctrl_c_stops_the_server_too(make, postgres_url):
    make()
    assert run_and_interrupt(postgres_url, "SELECT pg_sleep(600)") == ["interrupted", "((1,),)"]
    running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ~ '^SELECT pg_sleep'"
    with admin(postgres_url) as connection:
        assert connection.execute(running).fetchone() == (0,)


def test_rows_beyond_the_limit_are_never_fetched(make):
    sql = "SELECT repeat('x', 1000) FROM generate_series(1, 200000)"
    table = make().engine.execute(trusted(sql), QueryLimits(max_rows=2)).table
    assert (len(table.rows), table.truncated) == (2, "rows")
    table = make().engine.execute(trusted(sql), QueryLimits(max_result_bytes=3500)).table
    assert (len(table.rows), table.truncated) == (3, "result_bytes")


@pytest.mark.parametrize(
    "sql", ["INSERT INTO t VALUES (1)", "SELECT 1; SELECT 2", "SET TRANSACTION READ WRITE", "COPY t TO STDOUT", ""]
)
def test_the_session_itself_refuses_writes_and_second_statements(make, sql):
    assert make("CREATE TABLE t (a INT)").engine.execute(trusted(sql), LIMITS).status == "error"


def test_no_state_passes_from_one_statement_to_the_next(make):
    database = make("CREATE TABLE t (a INT)")
    for sql in ("COMMIT", "SET default_transaction_read_only = off", "SELECT set_config('search_path', 'x', false)"):
        database.engine.execute(trusted(sql), LIMITS)
    assert database.engine.execute(trusted("INSERT INTO t VALUES (1)"), LIMITS).status == "error"
    assert rows(database, "SELECT count(*) FROM t") == ((0,),)


def test_a_conversion_error_does_not_repeat_the_value(make):
    outcome = make().engine.execute(trusted("SELECT 'se''cret'::int"), LIMITS)
    assert "invalid input syntax" in outcome.error
    assert "cret" not in outcome.error


def test_functions_that_act_are_not_on_the_list(make):
    functions = make().engine.functions()
    assert {"sum", "lower", "date_trunc", "row_number"} <= functions
    assert not functions & {"nextval", "pg_sleep", "set_config", "lo_create", "setval", "pg_notify"}


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://u:se%40cret@127.0.0.1:1/db", ConnectError),
        ("postgresql://u:se%40cret@127.0.0.1", UsageError),
        ("postgresql://u:se%40cret@127.0.0.1:port/db", UsageError),
    ],
)
def test_an_error_never_shows_the_password(url, error):
    with pytest.raises(error) as caught:
        open_database(url)
    assert "cret" not in str(caught.value)


def test_the_rights_of_a_superuser_and_of_a_reader(make, postgres_url):
    from sqlalchemy import make_url

    database = make("CREATE TABLE t (a INT)")
    owner = describe_rights(database)
    assert owner.superuser
    assert owner.may_create
    assert owner.can_write == ("t",)
    role = make_url(postgres_url).database.replace("sqlwright_", "reader_")
    with admin(postgres_url) as connection:
        # The advice is run as it is printed, but for the name.
        for line in owner.fix:
            connection.execute(line.replace("sqlwright_reader", role))
    try:
        with open_database(
            make_url(postgres_url).set(username=role, password="choose-a-password").render_as_string(False)
        ) as opened:
            reader = describe_rights(opened)
            assert rows(opened, "SELECT count(*) FROM t") == ((0,),)
            assert opened.engine.execute(trusted("SELECT lo_create(0)"), LIMITS).status == "error"
    finally:
        with admin(postgres_url) as connection:
            connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')
    assert (reader.can_write, reader.superuser, reader.may_create, reader.dangerous, reader.fix) == (
        (),
        False,
        False,
        (),
        (),
    )
