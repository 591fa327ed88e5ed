"""What the guard allows, the engines run: every harmless statement of `tests/sql` through `Database.run`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sqlwright.core import QueryLimits
from sqlwright.db import open_database
from sqlwright.db.plan import plan_of
from tests.statements import trusted

from ..sql.test_engines import DECOYS, SETUP

HOSTILE = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "sql" / "hostile.jsonl").read_text(encoding="utf-8").splitlines()
]
SECRET = ("CREATE TABLE secret (k INT)", "INSERT INTO secret VALUES (42)")


def hold(target, engine, rows_of):
    """Each harmless statement gives the rows of a connection past the guard; no hostile one is sent."""
    before = rows_of("SELECT * FROM t"), rows_of("SELECT * FROM secret")
    with open_database(target) as database:
        visible = database.policy()
        for row in DECOYS:
            if row["engine"] == engine:
                outcome = database.run(row["sql"])
                assert outcome.status in ("rows", "error"), (row["sql"], outcome.message())
                try:
                    rows = rows_of(row["sql"])
                except Exception:  # noqa: BLE001 - an older version than the statement needs, or two semicolons
                    continue
                assert outcome.table is not None, (row["sql"], outcome.message())
                assert len(outcome.table.rows) == len(rows), row["sql"]
        assert "secret" in (visible.tables or ())
        refused = [row for row in HOSTILE if row["engine"] == engine and row["klass"] != "unlisted"]
        assert refused
        assert [row["sql"] for row in refused if database.run(row["sql"]).status == "rows"] == []
    assert (rows_of("SELECT * FROM t"), rows_of("SELECT * FROM secret")) == before


def test_sqlite(tmp_path):
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        for statement in (*SETUP, *SECRET):
            connection.execute(statement)
        connection.commit()
        hold(tmp_path / "x.sqlite", "sqlite", lambda sql: connection.execute(sql).fetchall())


def test_duckdb(tmp_path):
    import duckdb

    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection, duckdb.connect() as copy:
        for statement in (*SETUP, *SECRET):
            connection.execute(statement)
            copy.execute(statement)
        connection.close()
        hold(tmp_path / "x.duckdb", "duckdb", lambda sql: copy.execute(sql).fetchall())


@pytest.mark.postgres
def test_postgres(postgres_url):
    import psycopg

    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in (*SETUP, *SECRET):
            connection.execute(statement)
        hold(postgres_url, "postgres", lambda sql: connection.execute(sql).fetchall())


@pytest.mark.mysql
def test_mysql(mysql_url):
    from sqlalchemy import create_engine

    engine = create_engine(mysql_url)
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        for statement in (*SETUP, "ALTER TABLE t ADD FULLTEXT (b)", *SECRET):
            cursor.execute(statement)
        connection.connection.commit()

        def rows_of(sql):
            cursor.execute(sql)
            return cursor.fetchall()

        hold(mysql_url, "mysql", rows_of)
        connection.connection.commit()
    engine.dispose()


def test_a_pivot_leaves_nothing_behind_for_the_next_statement(tmp_path):
    import duckdb

    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t (a INT, b TEXT)")
        connection.execute("INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    before = path.read_bytes()
    with open_database(path) as database:
        for sql in ("PIVOT t ON b USING sum(a)", "SELECT * FROM (PIVOT t ON b USING sum(a)) AS p"):
            assert database.run(sql).table.columns[-2:] == ("x", "y")
            assert database.run(sql).table.columns[-2:] == ("x", "y")
            plan_of(database, sql)
        types = "SELECT count(*) FROM duckdb_types() WHERE NOT internal"
        assert database.engine.execute(trusted(types), QueryLimits()).table.rows == ((0,),)
    assert path.read_bytes() == before
