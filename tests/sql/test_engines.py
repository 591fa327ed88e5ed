"""What the guard sends is valid SQL and gives the rows of the original, on the real engines."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from sqlwright.sql import check, default_policy

DECOYS = [
    json.loads(line) for line in (Path(__file__).parent / "decoys.jsonl").read_text(encoding="utf-8").splitlines()
]
SETUP = (
    "CREATE TABLE t (a INTEGER, b TEXT)",
    "CREATE TABLE orders (id INT, customer_id INT, price DOUBLE PRECISION, status TEXT, ordered_on DATE, a INT)",
    "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'x')",
    "CREATE INDEX i ON t (a)",
    "INSERT INTO orders VALUES (1, 1, 2.5, 'new', '2024-01-05', 1), (2, 1, 3.5, 'shipped', '2024-02-05', 2)",
)


def compare(engine, rows_of, unknown=frozenset()):
    """The same rows, in any order: a query without ORDER BY may answer in another one each time."""
    for row in DECOYS:
        if row["engine"] == engine and row["sql"] not in {"SELECT a FROM t;;", *unknown}:
            sent = check(row["sql"], default_policy(engine)).sql
            assert sorted(map(repr, rows_of(sent))) == sorted(map(repr, rows_of(row["sql"]))), row["sql"]


def test_sqlite():
    connection = sqlite3.connect(":memory:")
    if sqlite3.sqlite_version_info < (3, 39):
        pytest.skip("the statements need SQLite 3.39")
    for statement in SETUP:
        connection.execute(statement)
    compare("sqlite", lambda sql: connection.execute(sql).fetchall())
    connection.close()


def test_duckdb():
    import duckdb

    with duckdb.connect() as connection:
        for statement in SETUP:
            connection.execute(statement)
        compare("duckdb", lambda sql: connection.execute(sql).fetchall())


@pytest.mark.postgres
def test_postgres(postgres_url):
    import psycopg

    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in SETUP:
            connection.execute(statement)

        def runs(sql):
            try:
                connection.execute(sql)
            except psycopg.Error:
                return False
            return True

        # The statements are of PostgreSQL 18: 1_000, any_value, IS JSON came with 16.
        old = connection.info.server_version < 160_000
        newer = {row["sql"] for row in DECOYS if old and row["engine"] == "postgres" and not runs(row["sql"])}
        compare("postgres", lambda sql: connection.execute(sql).fetchall(), newer)


@pytest.mark.mysql
def test_mysql(mysql_url):
    from sqlalchemy import create_engine

    engine = create_engine(mysql_url)
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        for statement in (*SETUP, "ALTER TABLE t ADD FULLTEXT (b)"):
            cursor.execute(statement)

        def rows_of(sql):
            cursor.execute(sql)
            return cursor.fetchall()

        compare("mysql", rows_of)
    engine.dispose()
