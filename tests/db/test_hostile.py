"""The engine layer alone, with no guard in front: hostile statements leave no lasting effect.

The statements are the public study's (`safety/statements.jsonl`), run one after another on one open database, and then
the study's sequences, in which each statement is harmless alone.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3

import duckdb
import pytest

from sqlwright.core import QueryLimits
from sqlwright.db import open_database
from tests.statements import trusted

LIMITS = QueryLimits(timeout_s=1)
TABLES = """
CREATE TABLE t (a INT, b VARCHAR(10)); INSERT INTO t VALUES (1, 'x'), (2, 'y');
CREATE TABLE secret (k VARCHAR(10)); INSERT INTO secret VALUES ('hidden');
"""
SEQUENCES = {
    "sqlite": [
        ["PRAGMA query_only = 0", "INSERT INTO t VALUES (9, 'z')"],
        ["ATTACH 'new.sqlite' AS x", "CREATE TABLE x.t (a)"],
        ["CREATE TEMP VIEW t AS SELECT 42 AS a", "SELECT a FROM t"],
        ["PRAGMA hard_heap_limit = 1", "SELECT a FROM t"],
    ],
    "duckdb": [
        ["ATTACH 'new.duckdb' AS o (READ_WRITE)", "CREATE TABLE o.t (a INT)"],
        ["SET log_query_path = 'log.txt'", "SELECT 1"],
        ["CREATE TEMP MACRO sum(x) AS 0", "SELECT sum(a) FROM t"],
        ["CREATE TEMP VIEW t AS SELECT 42 AS a", "SELECT a FROM t"],
        ["SET lock_configuration = false", "SET enable_external_access = true", "COPY t TO 'out.csv'"],
    ],
    "postgres": [
        ["COMMIT", "DELETE FROM t"],
        ["COMMIT", "BEGIN READ WRITE", "DELETE FROM t"],
        ["SET TRANSACTION READ WRITE", "DELETE FROM t"],
        ["SELECT set_config('default_transaction_read_only', 'off', false)", "COMMIT", "DELETE FROM t"],
        ["SELECT set_config('statement_timeout', '0', false)", "SELECT pg_sleep(60)"],
        ["PREPARE p AS INSERT INTO t VALUES (9, 'z')", "EXECUTE p"],
        ["DECLARE c CURSOR WITH HOLD FOR SELECT * FROM secret", "FETCH ALL FROM c"],
        ["SELECT pg_advisory_lock(1)", "SELECT pg_advisory_lock(1)"],
        ["SET ROLE postgres", "DELETE FROM t"],
    ],
    "mysql": [
        ["SET GLOBAL general_log_file = '/tmp/sqlwright_x.php'", "SET GLOBAL general_log = 1", "SELECT '<?php'"],
        ["SELECT 'DELETE FROM t' INTO @x", "PREPARE s FROM @x", "EXECUTE s"],
        ["SET SESSION TRANSACTION READ WRITE", "DELETE FROM t"],
        ["COMMIT", "DELETE FROM t"],
        ["SELECT get_lock('a', 1)", "SELECT is_used_lock('a')"],
    ],
}


def statements(shared, engine):
    with (shared / "safety/statements.jsonl").open(encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    hostile = [row["sql"] for row in found if row["engine"] == engine and row["expect"] == "refuse"]
    assert len(hostile) > 20
    return hostile


def run_all(database, hostile):
    """Every statement, then every sequence; each run must end near its limit whatever happens."""
    for sql in [*hostile, *(sql for sequence in SEQUENCES[database.dialect] for sql in sequence)]:
        outcome = database.engine.execute(trusted(sql), LIMITS)
        assert outcome.status in ("rows", "error", "timeout")


def folder(path):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in path.iterdir()}


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_file_and_its_folder_stay_as_they_are(shared, tmp_path, monkeypatch, engine):
    monkeypatch.chdir(tmp_path)  # relative names in the statements would write here
    path = tmp_path / f"app.{engine}"
    if engine == "sqlite":
        with sqlite3.connect(path) as connection:
            connection.executescript(TABLES)
        connection.close()
    else:
        with duckdb.connect(str(path)) as connection:
            connection.execute(TABLES)
    before = folder(tmp_path)
    with open_database(path) as database, open_database(path) as witness:
        answers = ["SELECT sum(a), count(*) FROM t", "SELECT k FROM secret"]
        expected = [witness.engine.execute(trusted(sql), LIMITS).table for sql in answers]
        run_all(database, statements(shared, engine))
        assert [witness.engine.execute(trusted(sql), LIMITS).table for sql in answers] == expected
        assert [database.engine.execute(trusted(sql), LIMITS).table for sql in answers] == expected
    assert folder(tmp_path) == before


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.postgres
def test_postgres_tables_rows_and_objects_stay_for_a_role_that_may_only_read(shared, postgres_url):
    psycopg = pytest.importorskip("psycopg")
    from sqlalchemy import make_url

    url = make_url(postgres_url)
    role = f"ro_{url.database}"
    facts = [
        "SELECT * FROM t ORDER BY a",
        "SELECT * FROM secret",
        "SELECT last_value FROM sq",
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
        "SELECT count(*) FROM pg_largeobject_metadata",
        "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "SELECT extname FROM pg_extension ORDER BY 1",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
    ]
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(TABLES)
        admin.execute("CREATE SEQUENCE sq")
        admin.execute(f'CREATE ROLE "{role}" LOGIN; GRANT SELECT ON t TO "{role}"')
        before = [admin.execute(sql).fetchall() for sql in facts]
        try:
            with open_database(url.set(username=role, password=None).render_as_string(False)) as database:
                assert database.engine.execute(trusted("SELECT * FROM secret"), LIMITS).status == "error"
                run_all(database, statements(shared, "postgres"))
            after = [admin.execute(sql).fetchall() for sql in facts]
        finally:
            admin.execute(f'DROP OWNED BY "{role}" CASCADE; DROP ROLE "{role}"')
    # Large objects too: a READ ONLY transaction lets them be made, and the end of the session takes them back.
    assert after == before


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.mysql
def test_mysql_tables_rows_and_settings_stay_for_a_user_who_may_only_read(shared, mysql_url):
    pymysql = pytest.importorskip("pymysql")
    from sqlalchemy import make_url

    url = make_url(mysql_url)
    user = url.database.replace("sqlwright_", "ro_")
    facts = [
        "SELECT * FROM t ORDER BY a",
        "SELECT * FROM secret",
        "SHOW TABLES",
        "SHOW TRIGGERS",
        "SHOW GLOBAL VARIABLES LIKE 'general_log%'",
        "SELECT count(*) FROM mysql.user",
    ]
    admin = pymysql.connect(
        host=url.host or "localhost",
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        database=url.database,
        autocommit=True,
        **dict(url.query),
    )
    with admin, admin.cursor() as cursor:

        def read():
            found = []
            for sql in facts:
                cursor.execute(sql)
                found.append(cursor.fetchall())
            return found

        for sql in filter(str.strip, TABLES.split(";")):
            cursor.execute(sql)
        cursor.execute("SELECT current_user()")
        host = cursor.fetchone()[0].rsplit("@", 1)[1]
        cursor.execute(f"CREATE USER '{user}'@'{host}'")
        cursor.execute(f"GRANT SELECT ON `{url.database}`.t TO '{user}'@'{host}'")
        before = read()
        try:
            with open_database(url.set(username=user, password=None).render_as_string(False)) as database:
                assert database.engine.execute(trusted("SELECT * FROM secret"), LIMITS).status == "error"
                run_all(database, statements(shared, "mysql"))
            assert read() == before
        finally:
            cursor.execute(f"DROP USER '{user}'@'{host}'")
