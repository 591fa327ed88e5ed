"""A shop with a meaning: one definition of each kind, in English and Chinese."""

from __future__ import annotations

import pytest

from sqlwright import open_database
from sqlwright.meaning import meaning_from, meaning_path

TEXT = """
tables:
  customer: {synonyms: [member, 会员], show: [name, city]}
  item: {synonyms: article}
columns:
  customer.city:
    synonyms: [town]
    values: {Paris: [capital of France]}
measures:
  revenue:
    expression: sum(orders.quantity * item.price)
    grain: orders
    synonyms: [sales, 销售额]
    description: money from orders
  average basket:
    expression: revenue * 1.0 / count(distinct customer_id)
    grain: orders
conditions:
  bulk: {expression: quantity >= 5, table: orders, synonyms: [large]}
  pricey: {expression: "case when price > 3 then 1 else 0 end = 1", table: item}
fiscal_year: {starts: february}
"""


@pytest.fixture
def database(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))
    with open_database(shop) as opened:
        yield opened


@pytest.fixture
def meaning(database):
    return meaning_from(TEXT, database.schema())


@pytest.fixture
def kept(database):
    """The meaning beside the knowledge of the shop, where `ask` finds it."""
    path = meaning_path(database)
    path.parent.mkdir(parents=True)
    path.write_text(TEXT, encoding="utf-8")
    return path
