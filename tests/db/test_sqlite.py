"""SQLite: what runs, what the locks stop, and that every limit holds inside the engine."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
import threading

import pytest

from sqlwright.core import ConnectError, QueryLimits
from sqlwright.db import open_database
from tests.statements import trusted

from .interrupted import interrupting, run_and_interrupt

LIMITS = QueryLimits(timeout_s=5)
ENDLESS = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def make(tmp_path):
    """Runs a script on a new file, whose name is awkward on purpose, and opens it."""
    opened = []

    def build(script, name="a?b#c%20 数据.sqlite"):
        with sqlite3.connect(tmp_path / name) as connection:
            connection.executescript(script)
        connection.close()
        opened.append(open_database(tmp_path / name))
        return opened[-1]

    yield build
    for database in opened:
        database.close()


def rows(database, sql, limits=LIMITS):
    outcome = database.engine.execute(trusted(sql), limits)
    assert outcome.status == "rows", outcome.message()
    return outcome.table.rows


def test_values_come_as_they_are_stored_whatever_the_declared_type(make):
    database = make(
        "CREATE TABLE t (a DATE, b BOOLEAN, c DECIMAL(9,2), d TEXT, e BLOB);"
        "INSERT INTO t VALUES ('2026-01-01', 1, 1.5, '', x'00ff'), (9223372036854775807, 'yes', '1.10', NULL, 1e999);"
    )
    assert rows(database, "SELECT * FROM t") == (
        ("2026-01-01", 1, 1.5, "", b"\x00\xff"),
        (2**63 - 1, "yes", 1.1, None, float("inf")),
    )


def test_a_column_name_may_repeat(make):
    table = make("CREATE TABLE t (a)").engine.execute(trusted("SELECT 1 AS a, 2 AS a"), LIMITS).table
    assert (table.columns, table.rows) == (("a", "a"), ((1, 2),))


def test_text_that_is_not_utf8_is_read_with_replacements(make):
    database = make("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('ok'), (CAST(x'ff41' AS TEXT))")
    assert rows(database, "SELECT a FROM t") == (("ok",), ("\ufffdA",))
    assert database.schema(samples=2).table("t").column("a").samples == ("ok", "\ufffdA")


def test_a_double_quoted_word_that_names_nothing_is_a_string(make):
    assert rows(make("CREATE TABLE t (a)"), 'SELECT "abc"') == (("abc",),)


def test_awkward_names_read_and_run(make):
    database = make(
        'CREATE TABLE "select" ("from" INT, "a ""q" INT, "名 字" TEXT); INSERT INTO "select" VALUES (1,2,3)'
    )
    (table,) = database.schema(samples=1, row_counts=True)
    assert [column.name for column in table.columns] == ["from", 'a "q', "名 字"]
    assert (table.row_count, table.columns[2].samples) == (1, ("3",))
    assert rows(database, 'SELECT "from", "a ""q", "名 字" FROM "select"') == ((1, 2, "3"),)


def test_search_and_range_tables_are_read_but_not_written(make):
    database = make(
        "CREATE VIRTUAL TABLE doc USING fts5 (body); INSERT INTO doc VALUES ('hello world');"
        "CREATE VIRTUAL TABLE box USING rtree (id, x0, x1); INSERT INTO box VALUES (1, 0, 1);"
    )
    assert [table.name for table in database.schema()] == ["doc", "box"]  # no shadow tables
    assert rows(database, "SELECT highlight(doc, 0, '<', '>') FROM doc WHERE doc MATCH 'hello'") == (
        ("<hello> world",),
    )
    assert rows(database, "SELECT id FROM box WHERE x0 < 1") == ((1,),)
    for write in ("INSERT INTO box VALUES (2, 0, 1)", "INSERT INTO doc (doc) VALUES ('optimize')"):
        assert database.engine.execute(trusted(write), LIMITS).status == "error"


def test_json_table_functions_run(make):
    assert rows(make("CREATE TABLE t (a)"), "SELECT value FROM json_each('[1, 2]')") == ((1,), (2,))


@pytest.mark.parametrize(
    "sql",
    [
        ENDLESS,
        "SELECT count(*) FROM t a, t b, t c, t d, t e, t f, t g",
        "SELECT x FROM (WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n) WHERE x < 0",
    ],
)
def test_a_runaway_query_stops_at_its_limit(make, sql):
    database = make(HUNDRED)
    outcome = database.engine.execute(trusted(sql), QueryLimits(timeout_s=0.3))
    assert outcome.status == "timeout"
    assert outcome.elapsed_s >= 0.3
    assert rows(database, "SELECT 1") == ((1,),)


HUNDRED = (
    "CREATE TABLE t (a); WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 100) "
    "INSERT INTO t SELECT x FROM n"
)


def test_another_thread_can_stop_a_query(make):
    database = make("CREATE TABLE t (a)")
    with interrupting(database):
        outcome = database.engine.execute(trusted(ENDLESS), LIMITS)
    assert (outcome.status, outcome.error) == ("error", "Stopped on request.")
    assert rows(database, "SELECT 1") == ((1,),)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a group")
@pytest.mark.parametrize("sql", [ENDLESS, "SELECT instr(zeroblob(16000000), zeroblob(7000000) || x'01')"])
def test_ctrl_c_stops_the_engine(make, sql):
    assert run_and_interrupt(str(make("CREATE TABLE t (a)").engine.path), sql) == ["interrupted", "((1,),)"]


def test_rows_beyond_the_limit_are_never_fetched(make):
    database = make("CREATE TABLE t (a)")
    numbers = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"  # has no end
    table = database.engine.execute(trusted(numbers), QueryLimits(max_rows=3)).table
    assert (table.rows, table.truncated) == (((1,), (2,), (3,)), "rows")


def test_a_large_cell_is_cut(make):
    database = make("CREATE TABLE t (a)")
    table = database.engine.execute(trusted("SELECT hex(zeroblob(50))"), QueryLimits(max_cell_bytes=10)).table
    assert (table.rows, table.truncated) == ((("0" * 10,),), "cell_bytes")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 cannot set SQLite's limits")
def test_a_cell_larger_than_the_result_may_be_is_never_made(make):
    outcome = make("CREATE TABLE t (a)").engine.execute(trusted("SELECT length(zeroblob(900000000))"), LIMITS)
    assert outcome.status == "error"


@pytest.mark.parametrize(
    "sql",
    [
        "PRAGMA query_only = 0",
        "PRAGMA table_info(t)",
        "SELECT * FROM pragma_database_list",
        "ATTACH 'other.sqlite' AS o",
        "CREATE TEMP VIEW t AS SELECT 1",
        "BEGIN",
        "SAVEPOINT s",
        "VACUUM INTO 'copy.sqlite'",
        "SELECT load_extension('x')",
        "SELECT fts3_tokenizer('simple')",
        "UPDATE sqlite_master SET sql = ''",
        "SELECT 1; SELECT 2",
        "",
    ],
)
def test_the_connection_itself_refuses_all_but_one_select(make, sql):
    assert make("CREATE TABLE t (a)").engine.execute(trusted(sql), LIMITS).status == "error"


def test_nothing_in_the_folder_changes(make, tmp_path):
    database = make("CREATE TABLE t (a)")
    before = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    for sql in ("SELECT * FROM t", "INSERT INTO t VALUES (1)", "DROP TABLE t", "PRAGMA journal_mode = WAL"):
        database.engine.execute(trusted(sql), LIMITS)
    database.close()
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()} == before


def test_rows_that_still_stand_in_the_wal_file_are_read(tmp_path):
    writer = sqlite3.connect(tmp_path / "live.sqlite")
    writer.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    with open_database(tmp_path / "live.sqlite") as database:
        writer.execute("INSERT INTO t VALUES (2)")
        writer.commit()
        assert rows(database, "SELECT a FROM t") == ((1,), (2,))
    writer.close()


def test_a_locked_file_says_so(make, tmp_path):
    database = make("CREATE TABLE t (a)", "locked.sqlite")
    writer = sqlite3.connect(tmp_path / "locked.sqlite", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    assert "locked" in database.engine.execute(trusted("SELECT * FROM t"), LIMITS).error
    with pytest.raises(ConnectError, match="Another program"):
        open_database(tmp_path / "locked.sqlite")
    writer.close()


def test_a_damaged_file_says_so(tmp_path):
    (tmp_path / "bad.sqlite").write_bytes(b"SQLite format 3\0" + b"junk" * 1000)
    with pytest.raises(ConnectError, match="damaged"):
        open_database(tmp_path / "bad.sqlite")


def test_many_threads_can_share_one_database(make):
    database = make("CREATE TABLE t (a); INSERT INTO t VALUES (7)")
    found = []
    threads = [threading.Thread(target=lambda: found.append(rows(database, "SELECT a FROM t"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [((7,),)] * 8


def test_limits_may_be_larger_than_the_engine_s_own(make):
    outcome = make("CREATE TABLE t (a)").engine.execute(trusted("SELECT 1"), QueryLimits(max_result_bytes=1 << 40))
    assert outcome.ok
