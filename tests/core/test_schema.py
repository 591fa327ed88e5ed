"""Schema: look-ups by name, a fingerprint that follows structure, a round trip through JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sqlwright.core import Column, ForeignKey, NotFoundError, Schema, Table, qualified_name


@pytest.fixture
def schema():
    customer = Table(
        "Customer", (Column("id", "INTEGER", nullable=False), Column("城市", "TEXT", samples=("北京",))), ("id",)
    )
    orders = Table(
        "orders",
        (Column("id", "INTEGER"), Column("customer_id", "INTEGER")),
        ("id",),
        (ForeignKey(("customer_id",), "Customer", ("id",)),),
        namespace="sales",
        row_count=4,
    )
    return Schema("shop", "sqlite", (customer, orders))


def test_tables_and_columns_are_found_ignoring_case(schema):
    assert schema.table("CUSTOMER").column("ID").name == "id"


def test_a_table_outside_the_search_path_is_found_by_full_and_by_bare_name(schema):
    assert schema.table("sales.orders") is schema.table("Orders")


def test_an_unknown_name_is_answered_with_the_closest_one(schema):
    with pytest.raises(NotFoundError, match="Did you mean 'Customer'"):
        schema.table("customers")
    with pytest.raises(NotFoundError, match="Did you mean 'customer_id'"):
        schema.table("orders").column("customerid")


def test_the_schema_survives_json(schema):
    assert Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema


def test_the_fingerprint_follows_structure_not_contents(schema):
    data = schema.to_dict()
    data["tables"][1]["row_count"] = 99
    data["tables"][0]["columns"][1]["samples"] = ["上海"]
    assert Schema.from_dict(data).fingerprint() == schema.fingerprint()
    data["tables"][0]["columns"][1]["name"] = "city"
    assert Schema.from_dict(data).fingerprint() != schema.fingerprint()


def test_a_foreign_key_comes_with_both_of_its_tables(schema):
    customer, orders = schema
    ((owner, key, target),) = schema.foreign_keys()
    assert (owner, key, target) == (orders, orders.foreign_keys[0], customer)


def test_a_key_is_resolved_ignoring_case_and_left_out_without_its_target(schema):
    keys = (ForeignKey(("a",), "CUSTOMER", ("id",)), ForeignKey(("b",), "gone", ("id",)))
    own = ForeignKey(("parent",), "sales.orders", ("id",))
    customer, orders = schema
    orders = replace(orders, foreign_keys=(*keys, own))
    found = list(replace(schema, tables=(customer, orders)).foreign_keys())
    assert found == [(orders, keys[0], customer), (orders, own, orders)]


@pytest.mark.parametrize(
    ("dialect", "always", "name"),
    [
        ("sqlite", False, 'sales."Order Lines"'),
        ("sqlite", True, '"sales"."Order Lines"'),
        ("mysql", True, "`sales`.`Order Lines`"),
    ],
)
def test_a_name_is_quoted_part_by_part(dialect, always, name):
    assert qualified_name(Table("Order Lines", (), namespace="sales"), dialect, always=always) == name
    assert qualified_name(Table("t", ()), dialect) == "t"
