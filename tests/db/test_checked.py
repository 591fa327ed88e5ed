"""Only the guard and `Checked.trusted` make a statement that an engine takes."""

from __future__ import annotations

import ast
import dataclasses
import pickle
from collections import Counter
from pathlib import Path

import pytest

import sqlwright
from sqlwright.core import Checked, Refused
from sqlwright.core.checked import by_guard
from sqlwright.db import open_database
from sqlwright.sql import check, default_policy

PACKAGE = Path(sqlwright.__file__).parent

# Every place that trusts a text which the guard has not seen, with its reasons and how often it gives each.
TRUSTED = {
    "db/catalog.py": {"row counts": 1, "sample values": 1},
    "db/database.py": {"whether a view can be read": 1},
    "db/engines/duckdb/catalog.py": {"catalog": 3},
    "db/engines/mysql/catalog.py": {"catalog": 3},
    "db/plan.py": {"EXPLAIN of a checked statement": 1},
    "db/engines/postgres/catalog.py": {"catalog": 4},
    "db/profile/contained.py": {"profile": 1},
    "db/profile/extremes.py": {"profile": 1},
    "db/profile/sample.py": {"profile": 1},
    "db/profile/unique.py": {"profile": 1},
    "db/engines/sqlite/catalog.py": {"catalog": 4, "row counts": 1, "sample values": 1},
    "db/state.py": {"catalog": 1},
    "db/value_index.py": {"value index": 1},
    "evaluation/compare.py": {"gold query": 1, "variant of a gold query": 1},
    "evaluation/rules.py": {"gold query": 1},
}
# Where a driver gets a text, and what the text is. `Database.run` cannot reach any of these without a Checked.
DRIVER_CALLS = {
    "db/engines/duckdb/locked.py": {"cursor.execute", "cursor.extract_statements"},  # a Checked; the list of functions
    "db/engines/mysql/engine.py": {"cursor.execute"},  # a Checked; session settings
    "db/engines/postgres/engine.py": {
        "connection.execute",
        "cursor.stream",
        "connection.prepare",
    },  # a Checked; session settings
    "db/engines/postgres/rights.py": {"connection.execute"},  # constants
    "db/engines/mysql/rights.py": {"cursor.execute"},  # constants
    "db/engines/sqlite/locked.py": {"connection.execute"},  # a Checked; session settings
    "db/engines/sqlite/catalog.py": {"connection.execute"},  # a Checked
    # A database of our own, made from the user's table files.
    "db/files/amounts.py": {"connection.execute"},
    "db/files/csv_layout.py": {"connection.execute"},
    "db/files/date_order.py": {"connection.execute"},
    "db/files/decimal_comma.py": {"connection.execute"},
    "db/files/keys.py": {"connection.execute"},
    "db/files/database.py": {"connection.execute"},
    "db/files/null_values.py": {"connection.execute"},
    "db/files/text_columns.py": {"connection.execute"},
    "db/files/times_as_text.py": {"connection.execute"},
}
TAKES_A_TEXT = {"execute", "executemany", "executescript", "stream", "prepare", "extract_statements", "query", "sql"}
DRIVERS = {"connection", "cursor", "duckdb", "_connection", "session"}


def calls(word: str):
    """(file, call) of every call in the modules that have `word` in their text."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if word in text else ():
            if isinstance(node, ast.Call):
                yield path.relative_to(PACKAGE).as_posix(), node


def test_every_trusted_statement_is_on_the_list():
    found: dict[str, Counter[str]] = {}
    for file, call in calls("Checked.trusted"):
        if ast.unparse(call.func) == "Checked.trusted":
            reason = call.args[1]
            assert isinstance(reason, ast.Constant), f"{file}: write the reason as a string"
            found.setdefault(file, Counter())[str(reason.value)] += 1
    assert found == TRUSTED


def test_only_the_guard_allows_a_statement():
    """Nothing else calls `by_guard` or the class itself, and nothing reads the seal."""
    makers = {f for f, call in calls("Checked") if ast.unparse(call.func) in ("Checked", "by_guard")}
    assert makers == {"core/checked.py", "sql/guard.py"}
    named = {p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py") if "by_guard" in p.read_text("utf-8")}
    sealed = {p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py") if "_SEAL" in p.read_text("utf-8")}
    assert (named, sealed) == ({"core/checked.py", "sql/guard.py"}, {"core/checked.py"})


def test_drivers_get_texts_in_known_places_only():
    found: dict[str, set[str]] = {}
    for file, call in calls("connection"):
        if file.startswith("db/") and isinstance(call.func, ast.Attribute) and call.func.attr in TAKES_A_TEXT:
            owner = ast.unparse(call.func.value).split(".")[-1]
            if owner.lstrip("_") in {d.lstrip("_") for d in DRIVERS}:
                found.setdefault(file, set()).add(f"{owner.lstrip('_')}.{call.func.attr}")
    assert found == DRIVER_CALLS


@pytest.mark.parametrize("seal", [None, object(), "", True])
def test_nobody_else_makes_one(seal):
    with pytest.raises(TypeError, match=r"made by sql\.guard\.check"):
        Checked("DROP TABLE item", "sqlite", None, "", seal)


def test_a_checked_statement_cannot_be_changed_into_another():
    checked = check("SELECT 1", default_policy("sqlite"))
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(checked, sql="DROP TABLE item")
    with pytest.raises(dataclasses.FrozenInstanceError):
        checked.sql = "DROP TABLE item"


def test_trust_needs_a_reason():
    with pytest.raises(ValueError, match="Say why"):
        Checked.trusted("SELECT 1", "")


def test_it_carries_the_text_the_dialect_and_the_tree():
    checked = check("SELECT  name /* all */ FROM item;", default_policy("duckdb"))
    assert isinstance(checked, Checked)
    assert (checked.sql, checked.dialect, checked.why) == ("SELECT  name FROM item", "duckdb", "")
    assert checked.tree.sql() == "SELECT name FROM item"


def test_between_processes_it_goes_without_its_tree():
    checked = by_guard("SELECT 1", "sqlite", check("SELECT 1", default_policy("sqlite")).tree)
    sent = pickle.loads(pickle.dumps(checked))
    assert (sent, sent.tree) == (checked, None)
    trusted = Checked.trusted("SELECT 2", "a test")
    assert pickle.loads(pickle.dumps(trusted)) == trusted


def test_a_statement_checked_apart_is_a_checked(shop):
    """Over 1,500 tokens: another process checks it."""
    with open_database(shop) as database:
        checked = database.check(f"SELECT id FROM item WHERE id IN ({', '.join(map(str, range(1000)))})")
        assert isinstance(checked, Checked)
        assert database.execute(checked).ok


def test_a_refused_statement_has_no_text():
    refused = check("DROP TABLE item", default_policy("sqlite"))
    assert isinstance(refused, Refused)
    assert (refused.sql, refused.allowed, refused.violations[0].code) == ("", False, "not_a_query")
