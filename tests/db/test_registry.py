"""One registry of engines, one of dialects, one of names: each knows the same engines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sqlwright
from sqlwright.core import DIALECTS, NAMING, dialect_named
from sqlwright.db.engines import ENGINES, engine_of_url
from sqlwright.sql.dialects import RULES

PACKAGE = Path(sqlwright.__file__).parent


def test_the_registries_agree():
    assert set(ENGINES) == set(RULES) == set(NAMING) == set(DIALECTS)
    assert {dialect: ENGINES[dialect].dialect for dialect in DIALECTS} == {d: RULES[d].dialect for d in DIALECTS}


def test_every_engine_is_a_folder_and_every_dialect_a_module():
    folders = {p.parent.name for p in (PACKAGE / "db/engines").glob("*/__init__.py")}
    modules = {p.stem for p in (PACKAGE / "sql/dialects").glob("*.py")} - {"__init__", "rules", "tokens"}
    assert folders == modules == set(DIALECTS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_kind_is_of_files_or_a_server(dialect):
    kind = ENGINES[dialect]
    assert (kind.open_file is None) == (kind.lock_file is None) == kind.is_server
    assert kind.is_server == bool(kind.schemes)


@pytest.mark.parametrize(
    ("word", "dialect"),
    [("SQLite", "sqlite"), ("mariadb", "mysql"), ("postgresql", "postgres"), ("DuckDB", "duckdb"), ("oracle", None)],
)
def test_an_engine_is_known_by_its_aliases(word, dialect):
    assert dialect_named(word) == dialect


def test_a_url_names_its_engine():
    assert engine_of_url("mariadb") is ENGINES["mysql"]
    assert engine_of_url("oracle") is None


# What depends on the engine is a property in a registry. The built-in model's own SQL is another matter (`parser/`).
ASKS = re.compile(r"""dialect *(==|!=) *["']|dialect (not )?in \(["']""")


@pytest.mark.parametrize("folder", ["sql", "db", "prompts", "generation", "evaluation", "cli", "settings", "results"])
def test_no_module_asks_which_dialect_it_is(folder):
    found = [
        p.relative_to(PACKAGE).as_posix() for p in (PACKAGE / folder).rglob("*.py") if ASKS.search(p.read_text("utf-8"))
    ]
    assert found == []
