"""Semantic models of dbt, Cube and Ossie become meanings; what has no counterpart is left out with a reason."""

from __future__ import annotations

import pytest

from sqlwright.answering.meaning_check import check_meaning
from sqlwright.core import ConfigError, DataError
from sqlwright.core.meaning import Synonym
from sqlwright.meaning import meaning_from, meaning_yaml
from sqlwright.meaning.foreign import import_meaning

LEGACY = """
semantic_models:
  - name: purchases
    model: ref('orders')
    defaults: {agg_time_dimension: ordered_at}
    entities:
      - {name: purchase, type: primary, expr: id}
      - {name: buyer, type: foreign, expr: customer_id}
    dimensions:
      - {name: ordered_at, type: time, expr: ordered_on, type_params: {time_granularity: day}}
      - {name: is_bulk, type: categorical, expr: quantity >= 5}
      - {name: shouted, type: categorical, expr: upper(ordered_on)}
    measures:
      - {name: units, agg: sum, expr: quantity, create_metric: true, label: Units sold}
      - {name: purchase_count, agg: sum, expr: "1"}
      - {name: buyers, agg: count_distinct, expr: customer_id}
      - {name: p95, agg: percentile, expr: quantity}
  - name: people
    model: ref('customer')
    entities:
      - {name: buyer, type: primary, expr: id}
metrics:
  - {name: bulk_units, label: Bulk units, type: simple, type_params: {measure: units},
     filter: "{{ Dimension('purchase__is_bulk') }}"}
  - {name: purchases_made, type: simple, type_params: {measure: {name: purchase_count}}}
  - {name: units_per_buyer, type: ratio, type_params: {numerator: bulk_units, denominator: customers}}
  - {name: customers, type: simple, type_params: {measure: buyers}}
  - name: doubled
    type: derived
    type_params: {expr: 2 * made, metrics: [{name: purchases_made, alias: made}]}
  - {name: running, type: cumulative, type_params: {measure: units}}
  - {name: odd, type: simple, type_params: {measure: units}, filter: "{{ TimeDimension('a__b', 'day') }} > 1"}
"""
LATEST = """
models:
  - name: orders
    semantic_model: {enabled: true, name: purchases}
    agg_time_dimension: ordered_on
    columns:
      - {name: id, entity: {type: primary, name: purchase}}
      - {name: quantity, dimension: {type: categorical, name: pieces, label: Piece count}}
    derived_semantics:
      dimensions:
        - {name: is_bulk, type: categorical, expr: quantity >= 5}
    metrics:
      - {name: units, type: simple, agg: sum, expr: quantity, description: pieces in all orders}
      - {name: buyers, type: simple, agg: count_distinct, expr: customer_id}
      - {name: per_buyer, type: ratio, numerator: units, denominator: buyers}
  - {name: not_semantic, columns: [{name: id}]}
"""
CUBE = """
cubes:
  - name: sales
    sql_table: public.orders
    title: Sold orders
    joins:
      - {name: goods, relationship: many_to_one, sql: "{CUBE}.item_id = {goods}.id"}
    dimensions:
      - {name: pieces, sql: "{CUBE}.quantity", type: number, title: Piece count}
      - {name: label, sql: "upper(ordered_on)", type: string}
    measures:
      - {name: count, type: count}
      - {name: money, type: sum, sql: "{CUBE}.quantity * {goods.price}", description: money from orders}
      - {name: big_money, type: sum, sql: "quantity", filters: [{sql: "{CUBE}.quantity >= 5"}]}
      - {name: average_money, type: number, sql: "1.0 * {money} / {count}"}
      - {name: rolling, type: sum, sql: quantity, rolling_window: {trailing: 1 month}}
    segments:
      - {name: bulk, sql: "{CUBE}.quantity >= 5", title: Bulk sales}
  - {name: goods, sql_table: item, dimensions: [{name: price, sql: price, type: number}]}
  - {name: made, sql: "SELECT 1"}
"""
OSSIE = """
version: "0.2.0.dev0"
semantic_model:
  - name: shop
    datasets:
      - name: sales
        source: shop.main.orders
        ai_context: {synonyms: [purchases]}
        fields:
          - {name: pieces, expression: {dialects: [{dialect: ANSI_SQL, expression: quantity}]},
             ai_context: {synonyms: [units]}}
          - {name: bulk, datatype: Boolean, expression: {dialects: [{dialect: ANSI_SQL, expression: quantity >= 5}]}}
      - {name: goods, source: item, fields: [{name: cost, expression: {dialects: [{dialect: X, expression: price}]}}]}
      - {name: gone, source: nowhere}
    relationships:
      - {name: sold, from: sales, to: goods, from_columns: [item_id], to_columns: [id]}
      - {name: two, from: sales, to: goods, from_columns: [item_id, id], to_columns: [id, id]}
    metrics:
      - name: total_revenue
        expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(sales.pieces * goods.cost)}]}
        description: all the money
        ai_context: {synonyms: [turnover]}
      - {name: broken, expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(other.x)}]}}
"""


@pytest.fixture
def imported(database, tmp_path):
    def read(text: str):
        path = tmp_path / "model.yml"
        path.write_text(text, encoding="utf-8")
        meaning, left_out = import_meaning([path], database.schema())
        assert meaning_from(meaning_yaml(meaning), database.schema()) == meaning
        return meaning, left_out

    return read


def values(database, meaning):
    """What each definition gives on the shop: they all have to run."""
    findings = check_meaning(database, meaning)
    assert [f for f in findings if f.kind in ("measure", "condition") and not f.ok] == []
    return {f.name: f.says for f in findings}


def test_dbt_up_to_1_11(database, imported):
    meaning, left_out = imported(LEGACY)
    found = values(database, meaning)
    assert found["units"] == "19"
    assert found["bulk units"] == "15"
    assert found["purchases made"] == "4"
    assert found["doubled"] == "8"
    assert found["units per buyer"] == "7.5"
    assert found["is bulk"] == "2 rows of orders"
    assert Synonym("purchases", "orders") in meaning.synonyms
    assert Synonym("ordered at", "orders", "ordered_on") in meaning.synonyms
    assert next(m for m in meaning.measures if m.name == "units").synonyms == ("Units sold",)
    assert meaning.joins == ()  # the key is declared
    reasons = "\n".join(left_out)
    for name in ("shouted", "running", "odd"):
        assert name in reasons


def test_dbt_1_12(database, imported):
    meaning, left_out = imported(LATEST)
    assert values(database, meaning) == {
        "units": "19",
        "buyers": "2",
        "per buyer": "9.5",
        "is bulk": "2 rows of orders",
    }
    assert Synonym("Piece count", "orders", "quantity") in meaning.synonyms
    assert left_out == ()


def test_cube(database, imported):
    meaning, left_out = imported(CUBE)
    found = values(database, meaning)
    assert found["sales count"] == "4"
    assert found["money"] == "46.75"
    assert found["big money"] == "15"
    assert found["average money"] == "11.6875"
    assert found["bulk"] == "2 rows of orders"
    assert next(c for c in meaning.conditions).synonyms == ("Bulk sales",)
    assert Synonym("Sold orders", "orders") in meaning.synonyms
    assert Synonym("Piece count", "orders", "quantity") in meaning.synonyms
    assert [reason.split(":")[0] for reason in left_out] == [
        "cube made",
        "dimension sales.label",
        "measure sales.rolling",
    ]


def test_ossie(database, imported):
    meaning, left_out = imported(OSSIE)
    assert values(database, meaning) == {"total revenue": "46.75", "bulk": "2 rows of orders"}
    assert meaning.measures[0].synonyms == ("turnover",)
    assert meaning.measures[0].grain == "orders"
    assert Synonym("units", "orders", "quantity") in meaning.synonyms
    assert [reason.split(":")[0] for reason in left_out] == ["dataset gone", "relationship two", "metric broken"]


def test_files_that_are_none_of_these(database, tmp_path):
    path = tmp_path / "a.yml"
    path.write_text("a: 1", encoding="utf-8")
    with pytest.raises(ConfigError, match="No semantic model found"):
        import_meaning([path], database.schema())
    path.write_text("a: [", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        import_meaning([path], database.schema())


def test_a_folder_stands_for_its_files(database, tmp_path):
    (tmp_path / "models").mkdir()
    models, metrics = LEGACY.split("metrics:", 1)
    (tmp_path / "models" / "a.yml").write_text(models, encoding="utf-8")
    (tmp_path / "models" / "b.yaml").write_text(f"metrics:{metrics}", encoding="utf-8")
    meaning, _ = import_meaning([tmp_path / "models"], database.schema())
    assert "bulk units" in [m.name for m in meaning.measures]
