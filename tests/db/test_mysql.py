"""MySQL and MariaDB: values of every kind, the catalogue, the locks, the limits and the rights, on a real server."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal

import pytest

from sqlwright.core import ConnectError, ForeignKey, QueryLimits
from sqlwright.db import open_database
from sqlwright.db.rights import describe_rights
from tests.statements import trusted

from .interrupted import interrupting, run_and_interrupt

pymysql = pytest.importorskip("pymysql")
pytestmark = pytest.mark.mysql
LIMITS = QueryLimits(timeout_s=10)


def admin(url):
    from sqlalchemy import make_url

    parsed = make_url(url)
    return pymysql.connect(
        host=parsed.host or "localhost",
        port=parsed.port or 3306,
        user=parsed.username,
        password=parsed.password or "",
        database=parsed.database,
        autocommit=True,
        **dict(parsed.query),
    )


@pytest.fixture
def make(mysql_url):
    def build(*statements):
        with admin(mysql_url) as connection, connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
        return open_database(mysql_url)

    return build


def rows(database, sql):
    outcome = database.engine.execute(trusted(sql), LIMITS)
    assert outcome.status == "rows", outcome.message()
    return outcome.table.rows


def test_values_come_whole(make):
    database = make(
        "SET sql_mode = ''",
        "CREATE TABLE t (zero DATE, late TIME, bits BIT(8), j JSON)",
        "INSERT INTO t VALUES ('0000-00-00', '-838:59:59', b'101', '{\"a\": 1}')",
    )
    values = {
        "18446744073709551615": 2**64 - 1,
        "1.10": Decimal("1.10"),
        "1e300": 1e300,
        "''": "",
        "NULL": None,
        "x'00ff'": b"\x00\xff",
        "DATE '2026-01-31'": dt.date(2026, 1, 31),
        "TIMESTAMP '2026-01-31 12:00:00.5'": dt.datetime(2026, 1, 31, 12, 0, 0, 500_000),
        "zero": "0000-00-00",
        "late": -dt.timedelta(hours=838, minutes=59, seconds=59),
        "bits": b"\x05",
        "j": '{"a": 1}',
        "'%s'": "%s",
        "'中文😀'": "中文😀",
    }
    (found,) = rows(database, f"SELECT {', '.join(values)} FROM t")
    assert list(found) == list(values.values())


def test_a_column_name_may_repeat_and_a_result_be_empty(make):
    database = make()
    assert database.engine.execute(trusted("SELECT 1 AS a, 2 AS a"), LIMITS).table.columns == ("a", "a")
    empty = database.engine.execute(trusted("SELECT 1 AS a FROM dual WHERE false"), LIMITS).table
    assert (empty.columns, empty.rows) == (("a",), ())


CATALOGUE = (
    """CREATE TABLE `Sel``ect` (id INT PRIMARY KEY, `名 字` TEXT COMMENT 'their name', m ENUM('sad', 'it''s ok'),
    twice INT GENERATED ALWAYS AS (id * 2), b BLOB) COMMENT 'the people'""",
    "INSERT INTO `Sel``ect` (id, `名 字`, m) VALUES (1, 'x', 'sad')",
    "CREATE TABLE p (a INT, b INT, PRIMARY KEY (b, a))",
    "CREATE TABLE c (x INT, y INT, FOREIGN KEY (y, x) REFERENCES p (b, a))",
    "CREATE VIEW v AS SELECT id FROM `Sel``ect`",
    "CREATE TABLE gone (a INT)",
    "CREATE VIEW bad AS SELECT a FROM gone",
    "DROP TABLE gone",
)


def test_the_catalogue(make):
    schema = make(*CATALOGUE).schema(row_counts=True, samples=3)
    assert {table.full_name for table in schema} == {"Sel`ect", "p", "c", "v", "bad"}
    people = schema.table("Sel`ect")
    assert (people.comment, people.primary_key, people.row_count) == ("the people", ("id",), 1)
    assert [(c.name, c.nullable, c.samples) for c in people.columns] == [
        ("id", False, ("1",)),
        ("名 字", True, ("x",)),
        ("m", True, ("sad", "it's ok")),
        ("twice", True, ("2",)),
        ("b", True, ()),
    ]
    assert people.column("名 字").comment == "their name"
    assert schema.table("p").primary_key == ("b", "a")
    assert schema.table("c").foreign_keys == (ForeignKey(("y", "x"), "p", ("b", "a")),)
    assert {(table.name, table.comment) for table in schema if table.is_view} == {("v", ""), ("bad", "")}


def test_awkward_names_run_through_the_guard(make):
    assert make(*CATALOGUE).run("SELECT `名 字` FROM `Sel``ect`").table.rows == (("x",),)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sleep(60)",  # the server ends these two with a value and no error
        "SELECT benchmark(1000000000000, md5('x'))",
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
        "SET STATEMENT max_statement_time = 0 FOR SELECT sleep(60)",
    ],
)
def test_a_runaway_query_stops_at_its_limit(make, sql):
    outcome = make().engine.execute(trusted(sql), QueryLimits(timeout_s=0.5))
    assert outcome.status == "timeout"
    assert outcome.elapsed_s >= 0.5


def test_a_recursive_query_is_not_cut_short_in_silence(make):
    sql = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) SELECT count(*) FROM n"
    assert rows(make(), sql) == ((5000,),)


def test_another_thread_can_stop_a_query(make):
    database = make()
    with interrupting(database):
        outcome = database.engine.execute(trusted("SELECT sleep(60)"), LIMITS)
    assert (outcome.status, outcome.error) == ("error", "Stopped on request.")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a group")
def test_ctrl_c_stops_the_server_too(make, mysql_url):
    make()
    assert run_and_interrupt(mysql_url, "SELECT sleep(601)") == ["interrupted", "((1,),)"]
    with admin(mysql_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'SELECT sleep(601)%'")
        assert cursor.fetchone() == (0,)


def test_rows_beyond_the_limit_are_never_fetched(make):
    numbers = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000)"
    many = f"{numbers} SELECT repeat('x', 1000) FROM n"
    table = make().engine.execute(trusted(many), QueryLimits(max_rows=2)).table
    assert (len(table.rows), table.truncated) == (2, "rows")
    table = make().engine.execute(trusted(many), QueryLimits(max_result_bytes=3500)).table
    assert (len(table.rows), table.truncated) == (3, "result_bytes")


@pytest.mark.parametrize("sql", ["INSERT INTO t VALUES (1)", "SELECT 1; SELECT 2", "DROP TABLE t", "COMMIT", ""])
def test_the_session_itself_refuses_writes_and_second_statements(make, sql):
    assert make("CREATE TABLE t (a INT)").engine.execute(trusted(sql), LIMITS).status == "error"


def test_no_state_passes_from_one_statement_to_the_next(make):
    database = make("CREATE TABLE t (a INT)")
    for sql in ("COMMIT", "SET SESSION TRANSACTION READ WRITE", "SET @x = 1"):
        database.engine.execute(trusted(sql), LIMITS)
    assert database.engine.execute(trusted("INSERT INTO t VALUES (1)"), LIMITS).status == "error"
    assert rows(database, "SELECT count(*), @x FROM t") == ((0, None),)


def test_an_error_that_quotes_data_leaves_it_out(make):
    outcome = make().engine.execute(trusted("SELECT extractvalue(1, concat('~', (SELECT 'se''cret')))"), LIMITS)
    assert outcome.status == "error"
    assert "cret" not in outcome.error


def test_a_view_that_cannot_be_read_is_named(make):
    assert "'sqlwright_" in (error := make(*CATALOGUE).run("SELECT a FROM bad").error)
    assert ".bad'" in error


@pytest.mark.parametrize("url", ["mysql://u:se%40cret@127.0.0.1:1/db", "mariadb://u:se%40cret@127.0.0.1:1/db"])
def test_an_error_never_shows_the_password(url):
    with pytest.raises(ConnectError) as caught:
        open_database(url)
    assert "cret" not in str(caught.value)


def test_the_rights_of_root_and_of_a_reader(make, mysql_url):
    from sqlalchemy import make_url

    owner = describe_rights(make("CREATE TABLE t (a INT)"))
    assert owner.can_write == ("t",)
    assert owner.may_create
    assert "FILE" in owner.dangerous
    user = make_url(mysql_url).database.replace("sqlwright_", "reader_")
    with admin(mysql_url) as connection, connection.cursor() as cursor:
        # The advice is run as it is printed, but for the name, and the host where an anonymous account has the latter.
        host = owner.user.rsplit("@", 1)[1]
        for line in owner.fix:
            cursor.execute(line.replace("sqlwright_reader", user).replace("'%'", f"'{host}'").rstrip(";"))
        try:
            login = make_url(mysql_url).set(username=user, password="choose-a-password")
            with open_database(login.render_as_string(False)) as opened:
                reader = describe_rights(opened)
                assert rows(opened, "SELECT count(*) FROM t") == ((0,),)
        finally:
            cursor.execute(f"DROP USER '{user}'@'{host}'")
    assert (reader.can_write, reader.may_create, reader.dangerous, reader.fix) == ((), False, (), ())


def test_text_is_read_by_the_default_rules_whatever_the_server_says(mysql_url):
    from sqlalchemy import create_engine

    engine = create_engine(mysql_url)
    with engine.connect() as connection:
        before = connection.exec_driver_sql("SELECT @@GLOBAL.sql_mode").scalar_one()
        connection.exec_driver_sql("SET GLOBAL sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES'")
    try:
        with open_database(mysql_url) as database:
            table = database.run(r"""SELECT "a" AS s, 'it\'s' AS t, 1 || 0 AS n""").table
            assert table.rows == (("a", "it's", 1),)
            assert (
                "STRICT_TRANS_TABLES"
                in database.engine.execute(trusted("SELECT @@sql_mode"), QueryLimits()).table.rows[0][0]
            )
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET GLOBAL sql_mode = '{before}'")
        engine.dispose()
