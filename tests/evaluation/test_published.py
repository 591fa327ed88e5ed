"""The published rules run no prediction that the guard refuses, and every gold that the public scripts run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sqlwright
from sqlwright.core import Checked, Outcome, QueryLimits
from sqlwright.db import open_database
from sqlwright.db.database import Database
from sqlwright.db.engines import ENGINES
from sqlwright.evaluation.cached_engine import CachedEngine
from sqlwright.evaluation.compare import strict_verdict
from sqlwright.evaluation.rules import bird_execution
from sqlwright.evaluation.spider_execution import suite_execution

GOLD = "SELECT name FROM item"
RULES = {
    "test suite": suite_execution,
    "BIRD": bird_execution,
    "strict": lambda database, gold, predicted: strict_verdict(database, gold, predicted).verdict.correct,
}


class Recording(CachedEngine):
    """The real engine, with the statements that reached it."""

    def execute(self, statement: Checked, limits: QueryLimits) -> Outcome:
        self.sent.append(statement.sql)
        return self.engine.execute(statement, limits)

    sent: list[str]


@pytest.fixture
def database(shop: Path) -> Iterator[Database]:
    with open_database(shop) as opened:
        recorded = Recording(opened.engine)
        recorded.sent = []
        yield Database(recorded)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "predicted",
    [
        "SELECT name FROM sqlite_master",
        "EXPLAIN SELECT name FROM item",
        "SELECT name FROM item /*! x */",
        "PRAGMA table_info(item)",
        "DELETE FROM item",
        "SELECT name FROM item WHERE load_extension('x') IS NULL",
    ],
)
def test_a_refused_prediction_never_reaches_the_engine(rule, predicted, database):
    assert not RULES[rule](database, GOLD, predicted)
    assert {re.sub(r"\s+", " ", sql) for sql in database.engine.sent} <= {GOLD, ENGINES["sqlite"].catalog_state}


@pytest.mark.parametrize("rule", RULES)
def test_a_prediction_that_the_guard_allows_is_judged(rule, database):
    assert RULES[rule](database, GOLD, "SELECT item.name FROM item")
    assert not RULES[rule](database, GOLD, "SELECT city FROM customer")


@pytest.mark.parametrize("rule", RULES)
def test_a_gold_that_the_guard_refuses_is_run(rule, database):
    """A person wrote it; the engine's own locks hold."""
    assert RULES[rule](database, "SELECT name FROM item /*! x */", GOLD)


def test_statements_meet_the_engine_in_known_places_only():
    package = Path(sqlwright.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if path.parent != package / "db" / "profile"  # our own
        if re.search(r"\bengine\.execute\(", path.read_text("utf-8"))
    }
    assert found == {
        "db/database.py",  # what the guard allowed
        "db/plan.py",  # EXPLAIN and what the guard allowed
        "db/state.py",  # our own
        "db/value_index.py",  # our own
        "evaluation/rules.py",  # gold
        "evaluation/compare.py",  # gold
        "evaluation/cached_engine.py",  # passes on what it is given
    }
