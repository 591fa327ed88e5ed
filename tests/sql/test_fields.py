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


@pytest.mark.parametrize(
    "sql",
    [
        # A name that the query itself gives is a column only where its owner gives it.
        "SELECT ('PG_VERSION'::text).pg_read_file, 1 AS pg_read_file",
        "WITH pg_read_file AS (SELECT 1) SELECT (f).pg_read_file FROM (SELECT 'PG_VERSION'::text AS f) AS s",
        "SELECT t.wipe, 1 AS wipe FROM t",
        "SELECT (SELECT x.wipe) FROM t AS x, (SELECT 1 AS wipe) AS y",
        "SELECT (SELECT y.a FROM (SELECT x.wipe AS a) AS y, (SELECT 1 AS wipe) AS x) FROM t AS x",
        "WITH t AS (SELECT t.wipe, 1 AS wipe FROM t) SELECT wipe FROM t",
        "SELECT g.pg_sleep FROM generate_series(1, 2) AS g",
        "SELECT (1.5::double precision).pg_sleep FROM t",
    ],
)
def test_an_alias_excuses_no_call(sql):
    assert "unknown_column" in {v.code for v in check(sql, POLICY).violations}


@pytest.mark.parametrize(
    "sql",
    [
        "WITH t AS (SELECT count(*) AS n, b FROM t GROUP BY b) SELECT t.n, t.b FROM t",
        "SELECT x.total FROM (SELECT sum(price) AS total FROM orders) AS x",
        "SELECT x.sum FROM (SELECT sum(price) FROM orders) AS x",
        "SELECT v.p FROM (VALUES (1), (2)) AS v(p)",
        "SELECT g.g FROM generate_series(1, 3) AS g",
        "SELECT e.key, e.value FROM json_each('{}'::json) AS e",
        "SELECT o.id FROM orders AS o WHERE EXISTS (SELECT 1 FROM t WHERE t.a = o.id)",
        "SELECT x.* FROM (SELECT t.*, 1 AS one FROM t) AS x WHERE x.one = 1 AND x.a > 0",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT r.n + 1 FROM r WHERE r.n < 5) SELECT r.n FROM r",
        "SELECT j.a, j.price FROM (t JOIN orders ON t.a = orders.id) AS j",
        "SELECT l.m FROM t, LATERAL (SELECT max(o.price) AS m FROM orders AS o WHERE o.id = t.a) AS l",
        "SELECT public.t.a FROM public.t",
        "SELECT u.v, u.n FROM unnest(ARRAY[1, 2]) WITH ORDINALITY AS u(v, n)",
        "SELECT x.row_number FROM (SELECT row_number() OVER (ORDER BY a) FROM t) AS x",
        "SELECT x.to_char, x.string_agg FROM (SELECT to_char(now(), 'YYYY'), string_agg(b, ',') FROM t) AS x",
        "SELECT x.coalesce, x.case FROM (SELECT COALESCE(a, 0), CASE WHEN a > 1 THEN 1 END FROM t) AS x",
        "SELECT x.a, x.bb FROM jsonb_to_recordset('[]'::jsonb) AS x(a int, bb text)",
    ],
)
def test_columns_of_derived_tables_are_known(sql):
    assert check(sql, POLICY).violations == ()
