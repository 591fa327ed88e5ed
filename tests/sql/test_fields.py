"""In PostgreSQL a name behind a dot is a column of the schema or of the query, never a function in disguise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sqlwright.db import open_database
from sqlwright.sql import check, default_policy

DECOYS = (Path(__file__).parent / "decoys.jsonl").read_text(encoding="utf-8").splitlines()
COLUMNS = frozenset("a b d id customer_id price status ordered_on".split())
POLICY = replace(default_policy("postgres", frozenset({"t", "orders"})), columns=COLUMNS)


def test_harmless_queries_pass_with_known_columns():
    for row in map(json.loads, DECOYS):
        if row["engine"] == "postgres":
            assert check(row["sql"], POLICY).violations == (), row["sql"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT t.evil FROM t",
        "SELECT (t).evil FROM t",
        "SELECT x.pg_restore_relation_stats FROM t AS x",
        'SELECT x."Evil" FROM (SELECT a FROM t) AS x',
        "SELECT a FROM t ORDER BY t.evil",
    ],
)
def test_a_function_behind_a_dot_is_refused(sql):
    assert [v.code for v in check(sql, POLICY).violations] == ["unknown_column"]


@pytest.mark.postgres
def test_the_function_would_run_and_is_not_reached(postgres_url):
    import psycopg

    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("CREATE FUNCTION evil(anyelement) RETURNS TEXT LANGUAGE sql VOLATILE AS $$ SELECT 'ran' $$")
        assert connection.execute("SELECT t.evil FROM t").fetchone() == ("ran",)
        with open_database(postgres_url) as database:
            assert database.run("SELECT t.evil FROM t").status == "refused"
            assert database.run("SELECT t.a FROM t").table.rows == ((1,),)
