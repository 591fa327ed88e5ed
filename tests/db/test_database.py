"""`Database` sends nothing that the guard has not passed."""

from __future__ import annotations

import sqlite3

import duckdb
import pytest

from sqlwright.core import QueryLimits
from sqlwright.db import open_database
from sqlwright.db.rights import describe_rights


class Recorder:
    """A real engine that writes down what it is sent."""

    def __init__(self, engine):
        self.engine, self.sent = engine, []

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def execute(self, statement, limits):
        self.sent.append(statement.sql)
        return self.engine.execute(statement, limits)


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        opened.policy()  # reading the tables sends statements of our own
        opened.engine = Recorder(opened.engine)
        yield opened


def test_an_honest_query_runs(database):
    outcome = database.run("SELECT name FROM item WHERE price > 2 ORDER BY price DESC")
    assert (outcome.status, outcome.table.rows) == ("rows", (("book",), ("ink",)))


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM item", "SELECT name, sql FROM sqlite_master", "SELECT * FROM nowhere", "SELECT load_extension('x')"],
)
def test_a_refused_statement_is_never_sent(database, sql):
    outcome = database.run(sql)
    assert outcome.status == "refused"
    assert outcome.violations
    assert database.engine.sent == []


def test_what_was_checked_is_what_is_sent(database):
    sql = "SELECT name /* which */ FROM item; -- done"
    assert database.run(sql).ok
    assert database.engine.sent == [database.check(sql).sql]


def test_the_policy_names_the_schema_s_tables_and_the_engine_s_functions(database):
    policy = database.policy()
    assert policy.tables == {"customer", "item", "orders"}
    assert {"count", "substr"} <= policy.functions
    assert "load_extension" not in policy.functions


def test_the_schema_is_read_once_per_arguments(database, shop):
    assert database.schema() is database.schema()
    assert database.schema(row_counts=True).table("item").row_count == 3
    assert database.schema().table("item").row_count is None


def test_limits_are_passed_on(database):
    assert database.run("SELECT * FROM orders", QueryLimits(max_rows=1)).table.truncated == "rows"


def test_a_table_made_later_is_seen_by_a_new_database(shop):
    with open_database(shop) as database:
        database.schema()
    with sqlite3.connect(shop) as connection:
        connection.execute("CREATE TABLE later (a)")
    connection.close()
    with open_database(shop) as database:
        assert database.run("SELECT a FROM later").ok


def test_the_rights_on_a_file_are_those_of_its_permissions(shop):
    with open_database(shop) as database:
        rights = describe_rights(database)
    assert (rights.file_writable, rights.can_write, rights.fix) == (True, (), ())
    assert any("read-only" in line for line in rights.lines())


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "files"])
def test_another_connection_knows_the_schema_and_runs_by_itself(shop, tmp_path, kind):
    if kind == "sqlite":
        target = shop
    elif kind == "duckdb":
        target = tmp_path / "shop.duckdb"
        with duckdb.connect(str(target)) as connection:
            connection.execute("CREATE TABLE item AS SELECT 1 AS id UNION SELECT 2 UNION SELECT 3")
    else:
        target = tmp_path / "item.csv"
        target.write_text("id\n1\n2\n3\n")
    with open_database(target) as first, first.again() as second:
        assert second.schema() is first.schema()
        assert second.name == first.name
        assert second.run("SELECT count(*) FROM item").table.rows == ((3,),)
        assert second.run("DELETE FROM item").status == "refused"
        second.close()
        assert first.run("SELECT count(*) FROM item").table.rows == ((3,),)


@pytest.mark.postgres
def test_another_session_of_a_server_keeps_the_password(postgres_url):
    with open_database(postgres_url) as first, first.again() as second:
        assert second.engine.url == first.engine.url
        assert second.run("SELECT 1").ok


def test_a_view_that_cannot_be_read_is_named(tmp_path):
    with sqlite3.connect(tmp_path / "x.sqlite") as connection:
        connection.executescript("CREATE TABLE t (a); CREATE TABLE gone (a); CREATE VIEW sums AS SELECT a FROM gone;")
        connection.execute("DROP TABLE gone")
    connection.close()
    with open_database(tmp_path / "x.sqlite") as database:
        assert "The view sums cannot be read." in database.run("SELECT a FROM sums").error
        assert "view" not in database.run("SELECT abs('x', 'y') FROM t").error
