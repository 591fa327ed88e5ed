"""The engine's plan of a guarded query, on each engine; a hostile statement is never explained."""

from __future__ import annotations

import pytest

from sqlwright.db import open_database
from sqlwright.db.plan import plan_of

HOSTILE = ["DELETE FROM t", "ANALYZE DELETE FROM t", "ANALYZE SELECT 1", "SELECT 1; DROP TABLE t", "DROP TABLE t"]


def check(database):
    plan = plan_of(database, "SELECT a FROM t WHERE b = 'x'")
    assert plan
    assert all(isinstance(line, str) for line in plan)
    assert "t" in " ".join(plan)
    for statement in HOSTILE:
        assert plan_of(database, statement) == ()
    return plan


def test_sqlite(shop):
    with open_database(shop) as database:
        assert plan_of(database, "SELECT name FROM customer WHERE id = 1") == (
            "SEARCH customer USING INTEGER PRIMARY KEY (rowid=?)",
        )
        assert plan_of(database, "DELETE FROM customer") == ()


def test_duckdb(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(tmp_path / "d.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a, 'x' AS b")
    with open_database(tmp_path / "d.duckdb") as database:
        assert any("scan" in line.lower() for line in check(database))


@pytest.mark.postgres
def test_postgres(postgres_url):
    import psycopg

    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
    with open_database(postgres_url) as database:
        assert "Seq Scan on t" in check(database)[0]


@pytest.mark.mysql
def test_mysql(mysql_url):
    from .test_mysql import admin

    with admin(mysql_url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (a INTEGER, b VARCHAR(20))")
    with open_database(mysql_url) as database:
        assert "table: t" in check(database)[0]
