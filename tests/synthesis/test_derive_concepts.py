"""Concepts of an undescribed database: words from names, comments and stored values."""

from __future__ import annotations

import pytest

from sqlwright.db import open_database
from sqlwright.db.profile import read_profile
from sqlwright.synthesis.concepts import Words
from sqlwright.synthesis.derive_concepts import concepts_of


@pytest.fixture
def concepts(make):
    def build(script):
        with open_database(make(script)) as database:
            schema = database.schema()
            return concepts_of(schema, read_profile(database.engine, schema))

    return build


SHOP = """
CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, is_active TEXT);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER REFERENCES customers (customer_id),
  status TEXT,  -- P = paid, C = cancelled
  qty INTEGER, unit_price REAL, ordered_at TEXT, shipped_at TEXT
);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
INSERT INTO customers SELECT i, 'Ann' || i, 'Lee' || i, CASE i % 3 WHEN 0 THEN 'N' ELSE 'Y' END FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90)
INSERT INTO orders SELECT i, 1 + i % 60, CASE i % 4 WHEN 0 THEN 'C' ELSE 'P' END, 1 + i % 5, 2.5 * (1 + i % 7),
  date('2024-01-01', '+' || i || ' days'), CASE i % 4 WHEN 0 THEN NULL ELSE date('2024-01-03', '+' || i || ' days') END
FROM n;
"""


def test_names_become_nouns_and_events(concepts):
    shop = concepts(SHOP)
    customers, orders = shop.table("customers"), shop.table("orders")
    assert [(n.singular, n.plural) for n in customers.nouns] == [("customer", "customers")]
    assert customers.is_person
    assert customers.name_columns == ("first_name", "last_name")
    assert orders.event_column == "ordered_at"
    assert orders.column("ordered_at").event.english == ("ordered",)


def test_values_take_the_words_of_the_comment(concepts):
    status = concepts(SHOP).column("orders", "status")
    assert {v.stored: v.words.english for v in status.values} == {"P": ("paid",), "C": ("cancelled",)}


def test_flags_references_gaps_measures_and_durations(concepts):
    shop = concepts(SHOP)
    flag = shop.column("customers", "is_active").flag
    assert (flag.true_value, flag.false_value, flag.true.english) == ("Y", "N", ("active",))
    reference = shop.column("orders", "customer_id")
    assert (reference.role, reference.ref_table, reference.ref_column) == ("reference", "customers", "customer_id")
    orders = shop.table("orders")
    assert orders.column("shipped_at").missing == "null"
    assert [m.sql(str) for m in orders.measures] == ["qty * unit_price"]
    assert [(s.start, s.end) for s in orders.spans] == [("ordered_at", "shipped_at")]


def test_chinese_names_and_comments_give_chinese_words(concepts):
    script = """
    CREATE TABLE "客户" ("客户ID" INTEGER, "姓名" TEXT);
    CREATE TABLE dd (  -- 订单
      id INTEGER PRIMARY KEY,
      xdsj TEXT  -- 下单时间
    );
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
    INSERT INTO dd SELECT i, datetime('2024-01-01', '+' || i || ' days') FROM n;
    """
    found = concepts(script)
    assert found.table("客户").chinese == ("客户",)
    assert found.table("dd").chinese == ("订单",)
    column = found.column("dd", "xdsj")
    assert (column.words.chinese, column.event) == (("下单时间",), Words((), ("下单",)))
