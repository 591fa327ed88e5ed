"""How long reading a large catalogue takes: 1,000 tables of 12 columns, each with a key to the table before it.

    python benchmarks/introspect.py [--tables N]

SQLite and DuckDB always; PostgreSQL and MariaDB where SQLWRIGHT_POSTGRES_URL and SQLWRIGHT_MYSQL_URL name a server
(a database `sqlwright_bench` is made there and dropped again).
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from sqlalchemy import make_url

from sqlwright.db import open_database

COLUMNS = 12
RUNS = 3
NAME = "sqlwright_bench"


def statements(tables: int) -> Iterator[str]:
    rest = ", ".join(f"column_{i} VARCHAR(40)" for i in range(COLUMNS - 2))
    for i in range(tables):
        key = f", FOREIGN KEY (parent_id) REFERENCES table_{i - 1} (id)" if i else ""
        yield f"CREATE TABLE table_{i} (id INT PRIMARY KEY, parent_id INT, {rest}{key})"


@contextmanager
def sqlite_target(tables: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.sqlite"
        with sqlite3.connect(path) as connection:
            for sql in statements(tables):
                connection.execute(sql)
        connection.close()
        yield str(path)


@contextmanager
def duckdb_target(tables: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("BEGIN; " + "; ".join(statements(tables)) + "; COMMIT")
        yield str(path)


@contextmanager
def postgres_target(tables: int) -> Iterator[str]:
    import psycopg

    url = make_url(os.environ["SQLWRIGHT_POSTGRES_URL"])

    def connect(name: str | None) -> psycopg.Connection:
        plain = url.set(drivername="postgresql", database=name)
        return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)

    with connect(url.database) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {NAME}")
        admin.execute(f"CREATE DATABASE {NAME}")
        with connect(NAME) as connection, connection.transaction():
            for sql in statements(tables):
                connection.execute(sql.encode())
        yield url.set(database=NAME).render_as_string(hide_password=False)
        admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@contextmanager
def mysql_target(tables: int) -> Iterator[str]:
    import pymysql

    url = make_url(os.environ["SQLWRIGHT_MYSQL_URL"])
    connection = pymysql.connect(
        host=url.host or "localhost",
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        **dict(url.query),
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")
        cursor.execute(f"CREATE DATABASE {NAME}")
        cursor.execute(f"USE {NAME}")
        for sql in statements(tables):
            cursor.execute(sql)
        yield url.set(database=NAME).render_as_string(hide_password=False)
        cursor.execute(f"DROP DATABASE {NAME}")


def seconds(target: str, tables: int, **options: int | bool) -> float:
    """Best of RUNS, connecting included."""
    best = float("inf")
    for _ in range(RUNS):
        started = time.perf_counter()
        with open_database(target) as database:
            schema = database.schema(**options)  # type: ignore[arg-type]
        best = min(best, time.perf_counter() - started)
        assert len(schema) == tables
        assert sum(len(table.foreign_keys) for table in schema) == tables - 1
        assert all(len(table.columns) == COLUMNS for table in schema)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=1000)
    tables = parser.parse_args().tables
    targets = {"SQLite": sqlite_target, "DuckDB": duckdb_target}
    if os.environ.get("SQLWRIGHT_POSTGRES_URL"):
        targets["PostgreSQL"] = postgres_target
    if os.environ.get("SQLWRIGHT_MYSQL_URL"):
        targets["MariaDB"] = mysql_target
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"SQLite {sqlite3.sqlite_version}, DuckDB {duckdb.__version__}")
    print(f"command: {' '.join(sys.argv)}; {tables} tables of {COLUMNS} columns, best of {RUNS}\n")
    print("| engine | schema, s | with row counts, s | with 3 samples a column, s |")
    print("| --- | --- | --- | --- |")
    for name, target in targets.items():
        with target(tables) as url:
            cells = [seconds(url, tables), seconds(url, tables, row_counts=True), seconds(url, tables, samples=3)]
        print(f"| {name} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
