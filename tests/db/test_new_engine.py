"""The how-to of CONTRIBUTING.md "Add a database engine", followed with a tiny one: DuckDB in memory as a server."""

from __future__ import annotations

import time
from dataclasses import replace

import duckdb
import pytest
from sqlglot.dialects import DuckDB

from sqlwright.core import NAMING, Naming, Outcome, UsageError, dialect_named
from sqlwright.db import open_database
from sqlwright.db.engines import ENGINES, EngineKind
from sqlwright.db.engines.duckdb.catalog import read_catalog
from sqlwright.db.fetch import collect
from sqlwright.db.plan import plan_of
from sqlwright.db.rights import Rights, describe_rights
from sqlwright.db.value_index import ValueIndex
from sqlwright.prompts import build_prompt
from sqlwright.sql import check, default_policy
from sqlwright.sql.dialects import RULES

TABLES = """
CREATE TABLE bread (id INTEGER PRIMARY KEY, name VARCHAR, baked DATE, price DECIMAL(9, 2));
INSERT INTO bread VALUES (1, 'rye', '2024-01-01', 3.5), (2, 'spelt', '2024-02-01', 4.25);
"""


class Bakery(DuckDB):
    """sqlglot registers it under its name."""


class BakeryEngine:
    dialect = "bakery"

    def __init__(self, url):
        self.url, self.name, self.location = url, url.rpartition("/")[2], url
        self._connection = duckdb.connect(":memory:")
        self._connection.execute(TABLES)

    def introspect(self, *, row_counts=False, samples=0):
        catalog = read_catalog(lambda s: self._connection.execute(s.sql).fetchall(), self.name)
        return replace(catalog, dialect="bakery").schema()

    def functions(self):
        return frozenset({"sum", "count", "upper", "oven_temperature"})

    def execute(self, statement, limits):
        started = time.monotonic()
        try:
            cursor = self._connection.execute(statement.sql)
            table = collect([c[0] for c in cursor.description], cursor.fetchall(), limits)
        except duckdb.Error as error:
            return Outcome("error", statement.sql, error=str(error), elapsed_s=time.monotonic() - started)
        return Outcome("rows", statement.sql, table, elapsed_s=time.monotonic() - started)

    def interrupt(self):
        self._connection.interrupt()

    def again(self):
        return BakeryEngine(self.url)

    def close(self):
        self._connection.close()


@pytest.fixture
def bakery(monkeypatch):
    """The three lines of the registries."""
    monkeypatch.setitem(NAMING, "bakery", Naming("The Bakery", ("bread",)))
    rules = replace(RULES["duckdb"], dialect="bakery", has_catalogue=False, plus=frozenset({"oven"}), heads=("select",))
    monkeypatch.setitem(RULES, "bakery", rules)
    kind = EngineKind(
        "bakery",
        schemes=frozenset({"bakery", "bread"}),
        open_url=BakeryEngine,
        catalog_state="SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY ALL",
        rights=lambda database: Rights("baker", may_create=True),
        names_database=True,
    )
    monkeypatch.setitem(ENGINES, "bakery", kind)
    with open_database("bread://here/shop") as database:
        yield database


def test_its_url_opens_it_and_its_catalog_is_the_schema(bakery):
    assert (bakery.dialect, bakery.name) == ("bakery", "shop")
    assert [c.name for c in bakery.schema().table("bread").columns] == ["id", "name", "baked", "price"]
    with pytest.raises(UsageError, match="No engine for butter://"):
        open_database("butter://here/shop")


def test_its_rules_are_the_guard(bakery):
    named = bakery.run("SELECT upper(name) FROM shop.bread WHERE id = 1")
    assert named.status == "error"  # the guard allows it, and DuckDB has no schema of that name
    assert bakery.run("SELECT upper(name) FROM bread WHERE id = 1").table.rows == (("RYE",),)
    assert bakery.check("SELECT oven(id), oven_temperature() FROM bread").allowed
    for sql, code in {"WITH a AS (SELECT 1) FROM a": "not_a_query", "SELECT * FROM flour": "unknown_table"}.items():
        assert bakery.check(sql).violations[0].code == code
    assert check("SELECT lower('x')", default_policy("bakery")).violations[0].code == "function"
    assert bakery.run("DELETE FROM bread").status == "refused"


def test_profile_values_plan_and_changes_read_its_kind(bakery):
    column = bakery.profile().columns["bread", "baked"]
    assert (column.date_storage, column.highest) == ("date", "2024-02-01")
    assert [m.value for m in ValueIndex.build(bakery).search("How much is the rye?")] == ["rye"]
    assert any("bread" in line for line in plan_of(bakery, "SELECT name FROM bread"))
    assert not bakery.changed()
    bakery.engine._connection.execute("CREATE TABLE cake (id INTEGER)")
    assert bakery.changed()
    assert describe_rights(bakery).lines() == ("user baker", "may create tables")


def test_its_title_is_in_prompts_and_its_aliases_are_known(bakery):
    prompt = build_prompt("How many?", bakery.schema())
    assert any("The Bakery" in message.content for message in prompt.messages)
    assert dialect_named("Bread") == "bakery"
