"""`sqlwright schema`: the database as DDL, as compact text or as JSON."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sqlwright.cli.schema import command
from sqlwright.core import NotFoundError, Schema


def schema(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


@pytest.mark.parametrize("style", ["ddl", "compact"])
def test_text_names_every_table_and_column(shop, style):
    shown = schema("-d", shop, "--format", style).stdout
    for name in ("customer", "item", "orders", "quantity", "price"):
        assert name in shown


def test_json_reads_back_as_a_schema(shop):
    data = json.loads(schema("-d", shop, "--format", "json", "--samples", 2, "--row-counts").stdout)
    read = Schema.from_dict(data)
    assert read.table("orders").row_count == 4
    assert read.table("item").column("name").samples == ("pen", "ink")


def test_only_the_named_tables_are_shown(shop):
    data = json.loads(schema("-d", shop, "--format", "json", "--table", "ITEM").stdout)
    assert [table["name"] for table in data["tables"]] == ["item"]


def test_an_unknown_table_names_the_nearest(shop):
    result = schema("-d", shop, "--table", "costumer")
    assert isinstance(result.exception, NotFoundError)
    assert "customer" in str(result.exception)
