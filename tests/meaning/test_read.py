"""meaning.yaml is validated against the schema, with the nearest name for a wrong one."""

from __future__ import annotations

import pytest

from sqlwright.core import ConfigError, NotFoundError, SqlwrightError
from sqlwright.core.meaning import FiscalYear, Synonym
from sqlwright.meaning import kept_meaning, meaning_from, meaning_yaml, read_meaning

TWO_OF_ONE_NAME = """
measures: {m: {expression: sum(price), grain: item}}
conditions: {c: {expression: price > 1, table: item, synonyms: [m]}}
"""


def test_every_kind_of_item_is_read(meaning):
    assert Synonym("capital of France", "customer", "city", "Paris") in meaning.synonyms
    assert Synonym("article", "item") in meaning.synonyms
    assert [m.name for m in meaning.measures] == ["revenue", "average basket"]
    assert meaning.measures[0].grain == "orders"
    assert meaning.conditions[0].synonyms == ("large",)
    assert meaning.shown_of("customer") == ("name", "city")
    assert meaning.fiscal_year == FiscalYear(2, "end")


def test_what_is_written_reads_back_as_the_same(database, meaning):
    assert meaning_from(meaning_yaml(meaning), database.schema()) == meaning
    assert meaning_yaml(meaning_from("", database.schema())) == ""


def test_the_file_of_a_database_is_found_and_missing_is_empty(database, kept, meaning):
    assert kept_meaning(database) == meaning
    kept.unlink()
    assert not kept_meaning(database)


def test_an_error_names_the_file(database, kept):
    kept.write_text("measure: {}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"meaning\.yaml.*Unknown key 'measure'.*Did you mean 'measures'"):
        read_meaning(kept, database.schema())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables: {costumer: {synonyms: [a]}}", "Did you mean 'customer'"),
        ("columns: {customer.citi: {synonyms: [a]}}", "Did you mean 'city'"),
        ("columns: {city: {synonyms: [a]}}", "Expected `table.column`"),
        ("tables: {customer: {show: [nam]}}", "tables.customer.show.*Did you mean 'name'"),
        ("tables: [customer]", "Expected a mapping in `tables`"),
        ("measures: {m: {expression: sum(prize), grain: item}}", "measures.m.*Did you mean 'price'"),
        ("measures: {m: {expression: price, grain: item}}", "Expected an aggregate"),
        ("measures: {m: {expression: sum(price) + price, grain: item}}", "Expected an aggregate"),
        ("measures: {m: {grain: item}}", "`expression` is missing"),
        ("measures: {m: {expression: sum(price)}}", "`grain` is missing"),
        ("measures: {m: {expression: 'sum(price), 1', grain: item}}", "Expected one SQL expression"),
        ("measures: {m: {expression: '(select 1)', grain: item}}", "a subquery"),
        ("measures: {m: {expression: 'sum(price) over ()', grain: item}}", "a window"),
        ("measures: {m: {expression: 'sum(', grain: item}}", "not a SQL expression"),
        ("measures: {m: {expression: sum(name), grain: orders}}", "in several other tables"),
        ("measures: {a: {expression: b + 1, grain: item}, b: {expression: a + 1, grain: item}}", "defined by itself"),
        ("conditions: {c: {expression: sum(price) > 1, table: item}}", "no aggregate"),
        ("conditions: {c: {expression: 'price > 1; drop table item', table: item}}", "Expected one SQL expression"),
        ("joins: [orders.item_id]", "expected `table.column -> table.column`"),
        ("joins: [orders.item_id -> item.ids]", "Did you mean 'id'"),
        ("fiscal_year: {starts: 13}", "is a month"),
        ("fiscal_year: {starts: april, named_after: middle}", "start or end"),
        ("tables: {customer: {synonyms: ['--']}}", "has no letter"),
        ("tables: {customer: {synonyms: {a: b}}}", "Expected a list"),
        ("a: [", "Not valid YAML"),
        (TWO_OF_ONE_NAME, "a name of two definitions"),
    ],
)
def test_what_is_wrong_is_said(database, text, message):
    with pytest.raises((ConfigError, NotFoundError), match=message):
        meaning_from(text, database.schema())


def test_a_file_of_another_shape_never_breaks(database):
    for text in ("- a", "3", "null", "measures: 3", "measures: {m: 3}", "joins: {a: b}", "fiscal_year: april"):
        try:
            meaning_from(text, database.schema())
        except SqlwrightError:
            continue
