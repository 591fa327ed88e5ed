"""A small schema with every feature a renderer has to show."""

from __future__ import annotations

import pytest

from sqlwright.core import Column, ForeignKey, Schema, Table


@pytest.fixture
def shop_schema() -> Schema:
    customer = Table(
        "customer",
        (
            Column("id", "INTEGER", nullable=False),
            Column("name", "VARCHAR(40)", nullable=False, comment="family name first"),
            Column("Home City", "TEXT", samples=("Paris", "Oslo", "L'Aquila")),
        ),
        primary_key=("id",),
        comment="people who bought",
        row_count=3,
    )
    orders = Table(
        "order",
        (Column("customer_id", "INTEGER"), Column("line", "INTEGER"), Column("placed_on", "DATE")),
        primary_key=("customer_id", "line"),
        foreign_keys=(ForeignKey(("customer_id",), "customer", ("id",)),),
    )
    return Schema("shop", "sqlite", (customer, orders))
