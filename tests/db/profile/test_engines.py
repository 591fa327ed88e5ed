"""The same profile of the same tables on every engine."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.db import open_database
from sqlwright.db.profile import read_profile
from sqlwright.db.profile.sample import SAMPLE_ROWS

TABLES = """
CREATE TABLE customer (
    id INTEGER PRIMARY KEY, name VARCHAR(40), email VARCHAR(60), vip BOOLEAN, password VARCHAR(40)
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER, ordered_at TIMESTAMP, shipped DATE, total NUMERIC(10, 2),
    status VARCHAR(10), flags VARCHAR(1), created_ms BIGINT
);
INSERT INTO customer VALUES
    (101, 'Ann', 'ann@a.org', TRUE, 'pw1'), (205, 'Bo', 'bo@b.org', FALSE, 'pw2'), (333, 'Cy', NULL, FALSE, 'pw3');
INSERT INTO orders VALUES
    (1, 101, '2023-01-05 10:00:00', '2023-01-06', 10.50, 'open', 'Y', 1672912800000),
    (2, 205, '2023-02-05 11:30:00', '2023-02-07', 99.90, 'closed', 'N', 1675596600000),
    (3, 101, '2023-03-01 09:00:00', NULL, 5.25, 'open', 'Y', 1677661200000)
""".split(";")


@pytest.fixture
def sqlite(tmp_path):
    def build(statements):
        path = tmp_path / "shop.sqlite"
        with closing(sqlite3.connect(path)) as connection, connection:
            for sql in statements:
                connection.execute(sql)
        return open_database(path)

    return build


@pytest.fixture
def duckdb(tmp_path):
    engine = pytest.importorskip("duckdb")

    def build(statements):
        path = tmp_path / "shop.duckdb"
        with engine.connect(str(path)) as connection:
            for sql in statements:
                connection.execute(sql)
        return open_database(path)

    return build


@pytest.fixture
def postgres(postgres_url):
    import psycopg
    from sqlalchemy import make_url

    def build(statements):
        url = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            for sql in statements:
                connection.execute(sql)
        return open_database(postgres_url)

    return build


@pytest.fixture
def mysql(mysql_url):
    from ..test_mysql import admin

    def build(statements):
        with admin(mysql_url) as connection, connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
        return open_database(mysql_url)

    return build


ENGINES = [
    "sqlite",
    "duckdb",
    pytest.param("postgres", marks=pytest.mark.postgres),
    pytest.param("mysql", marks=pytest.mark.mysql),
]


@pytest.fixture(params=ENGINES)
def build(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def database(build):
    with build(TABLES) as opened:
        yield opened


@pytest.fixture
def profile(database):
    return read_profile(database.engine, database.schema())


def test_roles(profile):
    roles = {name: column.role for (_, name), column in profile.columns.items()}
    assert roles == {
        "id": "key",
        "name": "name",
        "email": "email",
        "vip": "flag",
        "password": "other",
        "customer_id": "reference",
        "ordered_at": "date",
        "shipped": "date",
        "total": "money",
        "status": "category",
        "flags": "flag",
        "created_ms": "date",
    }


def test_dates(profile, database):
    storage = {c: profile.of("orders", c).date_storage for c in ("ordered_at", "shipped", "created_ms")}
    iso = database.dialect == "sqlite"
    assert storage == {
        "ordered_at": "iso_timestamp" if iso else "timestamp",
        "shipped": "iso_date" if iso else "date",
        "created_ms": "epoch_ms",
    }
    shipped = profile.of("orders", "shipped")
    assert (shipped.lowest, shipped.highest, profile.last_date) == ("2023-01-06", "2023-02-07", "2023-03-01")


def test_flags(profile, database):
    vip, flags = profile.of("customer", "vip"), profile.of("orders", "flags")
    stored = ("1", "0") if database.dialect in ("sqlite", "mysql") else ("true", "false")
    assert ((vip.true_value, vip.false_value), vip.numeric) == (stored, True)
    assert (flags.true_value, flags.false_value, flags.numeric) == ("Y", "N", False)


def test_inferred_key(profile):
    (key,) = profile.inferred_keys
    assert (key.table, key.key.columns, key.key.ref_table, key.key.ref_columns) == (
        "orders",
        ("customer_id",),
        "customer",
        ("id",),
    )
    assert key.evidence == "names the table; 2 of 2 values found"


def test_values_in_stored_spelling(profile):
    assert profile.of("orders", "status").values == ("open", "closed")
    assert profile.of("customer", "password").values == ()
    assert profile.of("orders", "shipped").null_share == pytest.approx(1 / 3, abs=1e-3)


class Counting:
    """An engine that keeps what it is asked."""

    def __init__(self, engine):
        self.engine, self.asked = engine, []

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def execute(self, statement, limits):
        self.asked.append(statement.sql)
        return self.engine.execute(statement, limits)


def test_queries_are_few_and_leave_out_passwords(database):
    counting = Counting(database.engine)
    read_profile(counting, database.schema())
    assert len(counting.asked) == (1 if database.dialect in ("postgres", "mysql") else 2)
    assert not any("password" in sql for sql in counting.asked)


def test_bounds_of_dates_are_those_of_the_whole_table(build):
    rows = ", ".join(
        f"({i}, 205, '2024-01-01 00:00:00', '2024-05-01', 1, 'open', 'Y', 1)" for i in range(10, SAMPLE_ROWS + 100)
    )
    last = "(9999, 101, '2025-12-31 00:00:00', '2026-01-02', 1, 'open', 'Y', 1)"
    with build([*TABLES, f"INSERT INTO orders VALUES {rows}, {last}"]) as database:
        profile = read_profile(database.engine, database.schema())
    assert profile.of("orders", "shipped").highest == "2026-01-02"
    assert profile.last_date == "2026-01-02"


def test_a_table_that_cannot_be_read_is_profiled_by_names(build):
    views = [
        "CREATE VIEW broken AS SELECT CAST(name AS DECIMAL(10, 2)) / (id - id) AS price_cents, name FROM customer",
        "CREATE TABLE empty_one (id INTEGER PRIMARY KEY, customer_id INTEGER, amount NUMERIC(8, 2), note VARCHAR(9))",
    ]
    with build([*TABLES, *views]) as database:
        profile = read_profile(database.engine, database.schema())
    assert profile.of("broken", "price_cents").role == "money"
    assert profile.of("empty_one", "amount").role == "money"
    assert profile.of("orders", "status").values == ("open", "closed")
    assert ("empty_one", "customer") in {(k.table, k.key.ref_table) for k in profile.inferred_keys}


@pytest.mark.mysql
def test_bits_and_enums_of_mysql(mysql):
    tables = [
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, done BIT(1), ok TINYINT(1), kind ENUM('yes', 'no'), y YEAR, "
            "state INTEGER COMMENT '1=open, 2=closed')"
        ),
        "INSERT INTO t VALUES (1, b'1', 1, 'yes', 2023, 1), (2, b'0', 1, 'no', 2024, 2)",
    ]
    with mysql(tables) as database:
        profile = read_profile(database.engine, database.schema())
    flags = {c: (profile.of("t", c).true_value, profile.of("t", c).false_value) for c in ("done", "ok", "kind")}
    assert flags == {"done": ("1", "0"), "ok": ("1", "0"), "kind": ("yes", "no")}
    assert profile.of("t", "y").date_storage == "year"
    assert profile.of("t", "state").labels == (("1", "open"), ("2", "closed"))


@pytest.mark.postgres
def test_enums_namespaces_and_json_of_postgres(postgres):
    tables = [
        "CREATE SCHEMA sales",
        "CREATE TYPE sales.order_state AS ENUM ('open', 'paid')",
        "CREATE TABLE sales.client (client_id INTEGER PRIMARY KEY, full_name TEXT, facts JSONB, tags TEXT[])",
        (
            "CREATE TABLE sales.bill (id UUID PRIMARY KEY, client_id INTEGER, state sales.order_state, "
            "at TIMESTAMPTZ, day INTEGER)"
        ),
        "COMMENT ON COLUMN sales.bill.day IS 'Length in days'",
        "INSERT INTO sales.client VALUES (10, 'Ann', '{}', '{a}'), (20, 'Bo', '{}', NULL), (30, 'Cy', NULL, NULL)",
        (
            "INSERT INTO sales.bill SELECT gen_random_uuid(), 10 * (1 + i % 3), 'open', now(), i "
            "FROM generate_series(1, 30) i"
        ),
    ]
    with postgres(tables) as database:
        profile = read_profile(database.engine, database.schema())
    roles = {c.column: c.role for c in profile.columns.values() if c.table == "sales.bill"}
    assert roles == {"id": "key", "client_id": "reference", "state": "category", "at": "date", "day": "number"}
    assert {c: profile.of("sales.client", c).role for c in ("facts", "tags")} == {"facts": "json", "tags": "other"}
    assert profile.of("sales.bill", "day").unit == "day"
    assert [(k.table, k.key.ref_table) for k in profile.inferred_keys] == [("sales.bill", "sales.client")]
