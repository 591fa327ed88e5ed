"""How many connections one question opens, by the server's own counters."""

from __future__ import annotations

import pytest

from sqlwright.answering import ask
from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator

MOST = 2
TABLES = [
    f"CREATE TABLE t{i} (id INT PRIMARY KEY, name VARCHAR(40), city VARCHAR(40), user_pass VARCHAR(40))"
    for i in range(12)
]
ROWS = [f"INSERT INTO t{i} VALUES (1, 'Ann', 'Oslo', 'hunter2')" for i in range(12)]


def question(url):
    with open_database(url) as database:
        model = ScriptedGenerator(["SELECT count(*) FROM t1 WHERE city = 'Nowhere'"])
        assert ask("How many are in Nowhere?", database, model).status == "answered"
        schema = database.schema(samples=3)
        assert schema.table("t1").column("user_pass").samples == ()
        assert schema.table("t1").column("name").samples == ("Ann",)


@pytest.mark.mysql
def test_one_question_on_mysql_opens_few_connections(mysql_url):
    pymysql = pytest.importorskip("pymysql")
    from sqlalchemy import make_url

    url = make_url(mysql_url)
    login = {"host": url.host, "user": url.username, "password": url.password or "", "database": url.database}
    user = url.database.replace("sqlwright_", "few_")
    with pymysql.connect(**login, port=url.port or 3306, **dict(url.query)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT current_user()")
        host = cursor.fetchone()[0].rsplit("@", 1)[1]
        # The server itself counts: other tests may be connected at the same time.
        cursor.execute(f"CREATE USER '{user}'@'{host}' WITH MAX_CONNECTIONS_PER_HOUR {MOST}")
        try:
            cursor.execute(f"GRANT SELECT ON `{url.database}`.* TO '{user}'@'{host}'")
            for sql in [*TABLES, *ROWS]:
                cursor.execute(sql)
            connection.commit()
            question(url.set(username=user, password=None).render_as_string(False))
        finally:
            cursor.execute(f"DROP USER '{user}'@'{host}'")


@pytest.mark.postgres
def test_one_question_on_postgres_opens_few_connections(postgres_url):
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for sql in [*TABLES, *ROWS]:
            connection.execute(sql)
        count = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
        before = connection.execute(count).fetchone()[0]
        question(postgres_url)
        for _ in range(100):  # a session reports itself when it ends
            if after := connection.execute(f"{count} AND sessions > {before}").fetchone():
                break
            connection.execute("SELECT pg_sleep(0.1), pg_stat_clear_snapshot()")
        assert after[0] - before <= MOST
