"""`sqlwright schema`: the database as DDL, as compact text or as JSON."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import get_args

import pytest
from click.testing import CliRunner

from sqlwright.cli.schema import command
from sqlwright.core import DateStorage, NotFoundError, Role, Schema
from sqlwright.db import open_database
from sqlwright.db.folder import knowledge_folder

from ..conftest import ROOT


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


def blocks(language):
    """The fenced blocks of docs/schema.md in one language."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / "schema.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture
def documented(tmp_path, monkeypatch):
    """The database of docs/schema.md."""
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.sqlite")) as connection:
        connection.executescript(blocks("sql")[0])
    return tmp_path / "shop.sqlite"


def test_inferred_keys_and_profile_are_as_documented(documented):
    shown = schema("-d", documented, "--profile").stdout
    assert [line for line in shown.splitlines() if line.startswith("--")] == blocks("text")[0].splitlines()
    assert "-- inferred" in schema("-d", documented).stdout
    assert "Orders.id: key" not in schema("-d", documented).stdout


def test_the_documented_yaml_is_read_and_the_documented_python_runs(documented, capsys):
    with open_database(documented) as database:
        folder = knowledge_folder(database)
    folder.mkdir(parents=True)
    (folder / "profile.yaml").write_text(blocks("yaml")[0], "utf-8")
    shown = schema("-d", documented, "--profile").stdout
    assert "-- inferred: Orders.cust_no -> Customers.id (stated in profile.yaml)" in shown
    exec(blocks("python")[0], {})
    assert capsys.readouterr().out.split() == ["epoch_ms", "2023-03-01"]


def test_json_has_inferred_keys_and_on_request_the_profile(documented):
    data = json.loads(schema("-d", documented, "--format", "json").stdout)
    assert [(k["table"], k["columns"], k["ref_table"]) for k in data["inferred_keys"]] == [
        ("Orders", ["cust_no"], "Customers")
    ]
    assert "profile" not in data
    data = json.loads(schema("-d", documented, "--format", "json", "--profile", "--table", "Customers").stdout)
    assert data["inferred_keys"] == []
    assert {c["column"]: c["role"] for c in data["profile"]}["isActive"] == "flag"


def test_every_documented_role_date_storage_and_unit_is_known():
    table = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", (ROOT / "docs" / "schema.md").read_text("utf-8"), re.MULTILINE))
    assert re.findall(r"`(\w+)`", table["role"]) == list(get_args(Role))
    assert re.findall(r"`(\w+)`", table["date_storage"]) == [s for s in get_args(DateStorage) if s]
