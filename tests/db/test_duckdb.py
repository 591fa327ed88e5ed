"""DuckDB: values of every kind, the catalogue, the locks and the limits."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import sys
import uuid
from decimal import Decimal

import duckdb
import pytest

from sqlwright.core import ConnectError, ForeignKey, QueryLimits
from sqlwright.db import open_database
from tests.statements import trusted

from .interrupted import interrupting, run_and_interrupt

LIMITS = QueryLimits(timeout_s=10)
ENDLESS = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7"


@pytest.fixture
def make(tmp_path):
    opened = []

    def build(script="CREATE TABLE t (a INT)", name="a b 数据.duckdb"):
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(script)
        opened.append(open_database(tmp_path / name))
        return opened[-1]

    yield build
    for database in opened:
        database.close()


def rows(database, sql):
    outcome = database.engine.execute(trusted(sql), LIMITS)
    assert outcome.status == "rows", outcome.message()
    return outcome.table.rows


UTC = dt.timezone.utc


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("9007199254740993", 2**53 + 1),
        ("170141183460469231731687303715884105727::HUGEINT", 2**127 - 1),
        ("1.10::DECIMAL(38, 10)", Decimal("1.1000000000")),
        ("true", True),
        ("''", ""),
        ("NULL", None),
        ("'\\x00\\xff'::BLOB", b"\x00\xff"),
        ("DATE '2026-01-31'", dt.date(2026, 1, 31)),
        ("TIMESTAMP '2026-01-31 12:00:00.5'", dt.datetime(2026, 1, 31, 12, 0, 0, 500_000)),
        ("'2026-01-31 12:00:00.25+05:30'::TIMESTAMPTZ AT TIME ZONE 'UTC'", dt.datetime(2026, 1, 31, 6, 30, 0, 250_000)),
        ("'2026-01-31 12:00:00.25+05:30'::TIMESTAMPTZ", dt.datetime(2026, 1, 31, 6, 30, 0, 250_000, UTC)),
        ("'infinity'::TIMESTAMPTZ", "infinity"),
        ("'0044-03-15 (BC)'::DATE", "0044-03-15 (BC)"),
        ("'0044-03-15 (BC)'::TIMESTAMP", "0044-03-15 (BC) 00:00:00"),
        ("INTERVAL '2 days 3 hours'", dt.timedelta(days=2, hours=3)),
        ("INTERVAL '5000000 years'", "5000000 years"),
        ("'24:00:00'::TIME", "24:00:00"),
        ("'ab0e8f1c-0000-4000-8000-000000000001'::UUID", uuid.UUID("ab0e8f1c-0000-4000-8000-000000000001")),
        ("'inf'::DOUBLE", math.inf),
        ("[1, NULL]", [1, None]),
        ("array_value(1, 2)", [1, 2]),
        ("{'a': 1, 'b': ['x']}", {"a": 1, "b": ["x"]}),
        ("MAP {'k': 1}", {"k": 1}),
        ("'{\"a\": 1}'::JSON", '{"a": 1}'),
    ],
)
def test_a_value_comes_whole(make, sql, value):
    assert rows(make(), f"SELECT {sql} AS x, 1 AS x") == ((value, 1),)


def test_nan_is_a_float(make):
    assert math.isnan(rows(make(), "SELECT 'nan'::DOUBLE")[0][0])


def test_zoned_timestamps_keep_the_order_and_the_trailing_comment(make):
    sql = "SELECT x::TIMESTAMPTZ FROM (VALUES ('2026-01-02 00:00+00'), ('2026-01-01 00:00+00')) v (x) ORDER BY 1 -- up"
    assert [row[0].day for row in rows(make(), sql)] == [1, 2]


CATALOGUE = """
CREATE TABLE "Sel""ect" (id INTEGER PRIMARY KEY, "名 字" VARCHAR, mood ENUM('sad', 'it''s ok'));
INSERT INTO "Sel""ect" VALUES (1, 'x', 'sad');
COMMENT ON TABLE "Sel""ect" IS 'the people';
COMMENT ON COLUMN "Sel""ect"."名 字" IS 'their name';
CREATE SCHEMA other;
CREATE TABLE other.p (a INT, b INT, PRIMARY KEY (b, a));
CREATE TABLE other.c (x INT, y INT, FOREIGN KEY (y, x) REFERENCES other.p (b, a));
CREATE VIEW v AS SELECT id FROM "Sel""ect";
CREATE TABLE gone (a INT); CREATE VIEW bad AS SELECT a FROM gone; DROP TABLE gone;
"""


def test_the_catalogue(make):
    schema = make(CATALOGUE).schema(row_counts=True, samples=3)
    assert {table.full_name for table in schema} == {'Sel"ect', "v", "bad", "other.p", "other.c"}
    people = schema.table('Sel"ect')
    assert (people.comment, people.primary_key, people.row_count) == ("the people", ("id",), 1)
    assert [(c.name, c.comment, c.samples) for c in people.columns] == [
        ("id", "", ("1",)),
        ("名 字", "their name", ("x",)),
        ("mood", "", ("sad", "it's ok")),
    ]
    assert schema.table("other.p").primary_key == ("b", "a")
    assert schema.table("other.c").foreign_keys == (ForeignKey(("y", "x"), "other.p", ("b", "a")),)
    assert {table.name for table in schema if table.is_view} == {"v", "bad"}


def test_awkward_names_run(make):
    assert rows(make(CATALOGUE), 'SELECT "名 字" FROM "Sel""ect"') == (("x",),)


@pytest.mark.parametrize(
    "sql", [ENDLESS, "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"]
)
def test_a_runaway_query_stops_at_its_limit(make, sql):
    database = make()
    outcome = database.engine.execute(trusted(sql), QueryLimits(timeout_s=0.5))
    assert outcome.status == "timeout"
    assert outcome.elapsed_s >= 0.5
    assert rows(database, "SELECT 1") == ((1,),)


def test_another_thread_can_stop_a_query(make):
    database = make()
    with interrupting(database):
        outcome = database.engine.execute(trusted(ENDLESS), LIMITS)
    assert (outcome.status, outcome.error) == ("error", "Stopped on request.")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a group")
def test_ctrl_c_stops_the_engine(make):
    assert run_and_interrupt(str(make().engine.path), ENDLESS) == ["interrupted", "((1,),)"]


def test_rows_beyond_the_limit_are_never_fetched(make):
    table = make().engine.execute(trusted("SELECT * FROM range(100000000000)"), QueryLimits(max_rows=2)).table
    assert (table.rows, table.truncated) == (((0,), (1,)), "rows")


def test_the_size_of_a_result_is_limited(make):
    limits = QueryLimits(max_result_bytes=1000, max_cell_bytes=100)
    table = make().engine.execute(trusted("SELECT repeat('x', 90) FROM range(1000)"), limits).table
    assert (len(table.rows), table.truncated) == (11, "result_bytes")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEMP VIEW t AS SELECT 42 AS a",
        "CREATE TEMP MACRO sum(x) AS 0",
        "SET threads = 1",
        "SET VARIABLE x = 1",
        "ATTACH 'other.duckdb' AS o",
        "PRAGMA database_list",
        "BEGIN",
        "CHECKPOINT",
        "COPY t TO 'x.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "FROM 'x.csv'",
        "INSTALL httpfs",
        "SELECT 1; SELECT 2",
        "CALL pragma_version()",
        "",
    ],
)
def test_the_connection_itself_refuses_all_but_one_select(make, sql):
    assert make().engine.execute(trusted(sql), LIMITS).status == "error"


def test_python_objects_are_not_tables(make):
    frame = [1]
    assert make().engine.execute(trusted("SELECT * FROM frame"), LIMITS).status == "error"
    assert frame == [1]


def test_nothing_in_the_folder_changes(make, tmp_path):
    database = make()
    before = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    for sql in ("SELECT * FROM t", "INSERT INTO t VALUES (1)", "DROP TABLE t", "CHECKPOINT"):
        database.engine.execute(trusted(sql), LIMITS)
    database.close()
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()} == before


def test_a_file_open_for_writing_says_so(tmp_path):
    with duckdb.connect(str(tmp_path / "x.duckdb")) as writer:
        writer.execute("CREATE TABLE t (a INT); CHECKPOINT")
        with pytest.raises(ConnectError, match="open for writing elsewhere"):
            open_database(tmp_path / "x.duckdb")


def test_a_damaged_file_says_so(tmp_path):
    (tmp_path / "x.duckdb").write_bytes(b"x" * 8 + b"DUCK" + b"junk" * 3000)
    with pytest.raises(ConnectError, match="damaged"):
        open_database(tmp_path / "x.duckdb")


def test_functions_that_act_are_not_on_the_list(make):
    functions = make().engine.functions()
    assert {"sum", "lower", "date_trunc", "row_number"} <= functions
    assert not functions & {"nextval", "random", "setseed", "write_log", "read_csv", "glob"}


def test_a_conversion_error_does_not_repeat_the_value(make):
    for sql in (
        "SELECT 'se''cret'::INT",
        "SELECT 'se''cret'::TIMESTAMPTZ",
        "SELECT CAST(k AS DATE) FROM (SELECT 'secret' AS k)",
    ):
        outcome = make(name=f"{hash(sql)}.duckdb").engine.execute(trusted(sql), LIMITS)
        assert outcome.error.startswith("Conversion Error")
        assert "cret" not in outcome.error


def test_a_count_of_rows_is_named_as_people_write_it(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n2\n")
    with open_database(tmp_path / "t.csv") as database:
        table = database.run("SELECT COUNT(*) FROM t").table
    assert (table.columns, table.rows) == (("count(*)",), ((2,),))
