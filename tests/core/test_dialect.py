"""A quoted name is read back unchanged by the engine it is quoted for."""

from __future__ import annotations

import sqlite3

import duckdb
import pytest

from sqlwright.core import quote_identifier

AWKWARD = ["plain", "order", "with space", 'with"quote', "with`tick", "中文", "MixedCase", "1st", "a.b", "x'y", "group"]


@pytest.mark.parametrize("name", AWKWARD)
def test_sqlite_reads_the_name_back(name):
    connection = sqlite3.connect(":memory:")
    quoted = quote_identifier(name, "sqlite")
    connection.execute(f"CREATE TABLE t ({quoted} INTEGER)")
    assert connection.execute(f"SELECT {quoted} FROM t").description[0][0] == name
    connection.close()


@pytest.mark.parametrize("name", AWKWARD)
def test_duckdb_reads_the_name_back(name):
    connection = duckdb.connect()
    quoted = quote_identifier(name, "duckdb")
    connection.execute(f"CREATE TABLE t ({quoted} INTEGER)")
    assert connection.execute(f"SELECT {quoted} FROM t").description[0][0] == name
    connection.close()


def test_mysql_quotes_with_backquotes_and_doubles_them():
    assert quote_identifier("a`b", "mysql") == "`a``b`"


def test_postgres_quotes_what_it_would_fold():
    assert quote_identifier("Name", "postgres") == '"Name"'
    assert quote_identifier("name", "postgres") == "name"
