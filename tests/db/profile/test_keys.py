"""Inferred foreign keys: which names and values make one, and which do not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from sqlwright.core import Column, Schema, Table, with_inferred_keys
from sqlwright.db import open_database
from sqlwright.db.profile import profile_of_schema, read_profile


@pytest.fixture
def infer(tmp_path):
    """Inferred keys of a script's database, as "child.column -> parent.column"."""

    def run(script):
        path = tmp_path / "keys.sqlite"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
        with open_database(path) as database:
            return written(read_profile(database.engine, database.schema()))

    return run


def written(profile):
    return {f"{k.table}.{k.key.columns[0]} -> {k.key.ref_table}.{k.key.ref_columns[0]}" for k in profile.inferred_keys}


PARENTS = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, country TEXT);
INSERT INTO customers VALUES (101, 'Ann', 'FR'), (205, 'Bo', 'NO'), (333, 'Cy', 'FR');
CREATE TABLE employees (id INTEGER PRIMARY KEY, name TEXT, manager_id INTEGER);
INSERT INTO employees VALUES (7, 'Di', NULL), (8, 'Ed', 7), (9, 'Flo', 7);
"""

NAMES = [
    ("customer_id", "customers.id"),
    ("customerId", "customers.id"),
    ("customerid", "customers.id"),
    ("cust_no", "customers.id"),
    ("fk_customer", "customers.id"),
    ("id_customer", "customers.id"),
    ("billing_customer_id", "customers.id"),
    ("customer", "customers.id"),
]


@pytest.mark.parametrize(("column", "parent"), NAMES)
def test_a_column_named_after_a_table(infer, column, parent):
    found = infer(
        f"{PARENTS} CREATE TABLE orders (id INTEGER PRIMARY KEY, {column} INTEGER);"
        "INSERT INTO orders VALUES (1, 101), (2, 205), (3, 333), (4, 101);"
    )
    assert f"orders.{column} -> {parent}" in found


def test_the_name_of_a_key(infer):
    assert infer(
        """
        CREATE TABLE Clients (CustomerID TEXT PRIMARY KEY, Company TEXT);
        INSERT INTO Clients VALUES ('ALFKI', 'Alfreds'), ('ANATR', 'Ana');
        CREATE TABLE Orders (OrderID INTEGER PRIMARY KEY, CustomerID TEXT);
        INSERT INTO Orders VALUES (1, 'ALFKI'), (2, 'ANATR'), (3, 'ALFKI');
        """
    ) == {"Orders.CustomerID -> Clients.CustomerID"}


def test_prefixes_of_tables_do_not_count(infer):
    found = infer(
        """
        CREATE TABLE moz_origins (id INTEGER PRIMARY KEY, host TEXT);
        CREATE TABLE moz_places (id INTEGER PRIMARY KEY, origin_id INTEGER, title TEXT);
        CREATE TABLE moz_bookmarks (id INTEGER PRIMARY KEY, fk INTEGER, title TEXT);
        CREATE TABLE moz_visits (id INTEGER PRIMARY KEY, place_id INTEGER);
        INSERT INTO moz_origins VALUES (1, 'a.org'), (2, 'b.org');
        INSERT INTO moz_places VALUES (1, 1, 'A'), (2, 1, 'B'), (3, 2, 'C');
        INSERT INTO moz_bookmarks VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 3, 'z');
        INSERT INTO moz_visits VALUES (1, 1), (2, 3), (3, 3), (4, 2);
        """
    )
    assert found == {
        "moz_places.origin_id -> moz_origins.id",
        "moz_bookmarks.fk -> moz_places.id",
        "moz_visits.place_id -> moz_places.id",
    }


def test_a_row_may_point_at_its_own_table(infer):
    assert "employees.manager_id -> employees.id" in infer(PARENTS)


def test_roles_of_people_point_at_people(infer):
    found = infer(
        f"{PARENTS} CREATE TABLE users (id INTEGER PRIMARY KEY, login TEXT);"
        "INSERT INTO users VALUES (1, 'a'), (2, 'b'), (3, 'c');"
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, created_by INTEGER, author_id INTEGER, supervisor_id INTEGER);"
        "INSERT INTO posts VALUES (1, 1, 2, 7), (2, 2, 2, 7), (3, 3, 1, 8);"
    )
    assert {"posts.created_by -> users.id", "posts.author_id -> users.id"} <= found
    assert "posts.supervisor_id -> employees.id" in found


def test_the_sides_of_an_implicit_join_table(infer):
    assert infer(
        """
        CREATE TABLE "Group" (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE "User" (id TEXT PRIMARY KEY, name TEXT);
        CREATE TABLE "_GroupToUser" ("A" INTEGER, "B" TEXT);
        INSERT INTO "Group" VALUES (1, 'x'), (2, 'y');
        INSERT INTO "User" VALUES ('u1', 'Ann'), ('u2', 'Bo');
        INSERT INTO "_GroupToUser" VALUES (1, 'u1'), (2, 'u2');
        """
    ) == {"_GroupToUser.A -> Group.id", "_GroupToUser.B -> User.id"}


def test_values_that_the_parent_does_not_have_make_no_key(infer):
    found = infer(
        f"{PARENTS} CREATE TABLE logs (id INTEGER PRIMARY KEY, customer_id INTEGER);"
        "INSERT INTO logs VALUES (1, 1), (2, 2), (3, 3);"
    )
    assert not any(key.startswith("logs") for key in found)


def test_counts_measures_and_own_keys_make_no_key(infer):
    found = infer(
        """
        CREATE TABLE loans (id INTEGER PRIMARY KEY, amount REAL);
        INSERT INTO loans VALUES (1, 10), (2, 20), (3, 30);
        CREATE TABLE borrowers (
            borrower_no INTEGER PRIMARY KEY, no_of_loans INTEGER, loan_duration INTEGER, loans INTEGER
        );
        INSERT INTO borrowers VALUES (1, 1, 2, 1), (2, 2, 3, 3), (3, 3, 1, 2);
        """
    )
    assert found == set()


def test_large_parents_are_asked_in_the_engine(tmp_path):
    path = tmp_path / "large.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT);"
            "CREATE TABLE sale (n INTEGER, product_id INTEGER);"
        )
        connection.executemany("INSERT INTO product VALUES (?, ?)", [(i, f"p{i}") for i in range(5_000)])
        connection.executemany("INSERT INTO sale VALUES (?, ?)", [(i, 4_000 + i) for i in range(500)])
    with open_database(path) as database:
        (key,) = read_profile(database.engine, database.schema()).inferred_keys
    assert (key.key.ref_table, key.evidence) == ("product", "names the table; 100 of 100 values found")


def test_a_folder_of_csv_files_has_keys(tmp_path):
    (tmp_path / "musées.csv").write_text("musée,ville\nLouvre,Paris\nOrsay,Paris\nFabre,Montpellier\n", "utf-8")
    (tmp_path / "visites.csv").write_text(
        "id_visite,musée,prix\n1,Louvre,5\n2,Orsay,7.5\n3,Fabre,3\n4,Louvre,5\n", "utf-8"
    )
    with open_database(tmp_path) as database:
        assert written(read_profile(database.engine, database.schema())) == {"visites.musée -> musées.musée"}


def test_chinese_names(infer):
    found = infer(
        """
        CREATE TABLE 客户表 (编号 INTEGER PRIMARY KEY, 姓名 TEXT);
        CREATE TABLE 机场 (机场id INTEGER PRIMARY KEY, 名称 TEXT);
        CREATE TABLE 订单 (订单号 INTEGER PRIMARY KEY, 客户编号 INTEGER, 出发机场id INTEGER, 数量 INTEGER);
        INSERT INTO 客户表 VALUES (1, '张三'), (2, '李四');
        INSERT INTO 机场 VALUES (1, '首都'), (2, '虹桥');
        INSERT INTO 订单 VALUES (1, 1, 2, 1), (2, 2, 1, 2), (3, 1, 1, 1);
        """
    )
    assert found == {"订单.客户编号 -> 客户表.编号", "订单.出发机场id -> 机场.机场id"}


def test_names_alone_decide_for_a_schema_without_rows():
    def table(name, *columns):
        return Table(name, tuple(Column(c, "INTEGER") for c in columns), (columns[0],))

    schema = Schema("s", "sqlite", (table("customer", "id", "age"), table("orders", "id", "customer_id", "status_id")))
    assert written(profile_of_schema(schema)) == {"orders.customer_id -> customer.id"}


def test_declared_keys_are_not_inferred_again_and_joins_use_both(tmp_path):
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"{PARENTS} CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id),"
            "employee_id INTEGER); INSERT INTO orders VALUES (1, 101, 7), (2, 205, 8), (3, 101, 9);"
        )
    with open_database(path) as database:
        schema = database.schema()
        profile = read_profile(database.engine, schema)
    assert not any(k.key.columns == ("customer_id",) for k in profile.inferred_keys)
    keys = with_inferred_keys(schema, profile).table("orders").foreign_keys
    assert [k.ref_table for k in keys] == ["customers", "employees"]
    assert profile.of("orders", "employee_id").role == "reference"


@pytest.mark.shared
def test_precision_and_recall_on_spider(spider_databases):
    """Declared keys that are found again, and inferred ones that are declared or follow from declared ones."""
    declared = found = right = 0
    for path in sorted(spider_databases.rglob("*.sqlite"))[::4]:
        with open_database(path) as database:
            schema = database.schema()
            bare = replace(schema, tables=tuple(replace(t, foreign_keys=()) for t in schema))
            inferred = {key.casefold() for key in written(read_profile(database.engine, bare))}
        wanted = {
            f"{t.full_name}.{k.columns[0]} -> {k.ref_table}.{k.ref_columns[0]}".casefold()
            for t in schema
            for k in t.foreign_keys
            if len(k.columns) == 1
        }
        declared, found, right = declared + len(wanted), found + len(inferred), right + len(wanted & inferred)
    assert right >= 0.85 * declared
    assert right >= 0.85 * found  # most others are keys that the database does not declare
