"""A database that runs and checks each statement once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlwright.core import QueryLimits
from sqlwright.db import open_database
from sqlwright.db.engines import ENGINES
from sqlwright.evaluation import cached_engine
from sqlwright.evaluation.cached_engine import CachedDatabase, CachedEngine
from tests.statements import trusted

LIMITS = QueryLimits(timeout_s=5, max_rows=100)


class Counting:
    """A real engine that counts what reaches it."""

    def __init__(self, engine):
        self.engine, self.sent = engine, []

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def execute(self, statement, limits):
        self.sent.append(statement.sql)
        return self.engine.execute(statement, limits)


@pytest.fixture
def counting(shop):
    with open_database(shop) as database:
        yield Counting(database.engine)


def test_a_statement_is_run_once(counting):
    engine = CachedEngine(counting)
    first, second = (engine.execute(trusted("SELECT name FROM item"), LIMITS) for _ in range(2))
    assert first == second
    assert len(first.table.rows) == 3
    assert counting.sent == ["SELECT name FROM item"]


def test_an_error_is_remembered_too(counting):
    engine = CachedEngine(counting)
    assert [engine.execute(trusted("SELECT nope FROM item"), LIMITS).status for _ in range(2)] == ["error", "error"]
    assert len(counting.sent) == 1


def test_a_whole_result_answers_under_other_limits_and_a_cut_one_does_not(counting):
    engine, two = CachedEngine(counting), replace(LIMITS, max_rows=2)
    assert engine.execute(trusted("SELECT id FROM item"), two).table.truncated == "rows"
    assert engine.execute(trusted("SELECT id FROM item"), LIMITS).table.truncated is None
    assert engine.execute(trusted("SELECT id FROM item"), replace(LIMITS, max_rows=50)).table.truncated is None
    assert len(counting.sent) == 2


def test_a_timeout_answers_where_no_more_time_is_given(counting):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    engine = CachedEngine(counting)
    for timeout_s in (0.2, 0.1, 0.3):
        assert engine.execute(trusted(endless), replace(LIMITS, timeout_s=timeout_s)).status == "timeout"
    assert len(counting.sent) == 2


def test_the_oldest_results_are_forgotten_when_they_hold_too_many_cells(counting, monkeypatch):
    monkeypatch.setattr(cached_engine, "MAX_CELLS", 5)
    engine = CachedEngine(counting)
    for sql in ("SELECT id FROM item", "SELECT name FROM item", "SELECT name FROM item", "SELECT id FROM item"):
        engine.execute(trusted(sql), LIMITS)
    assert counting.sent == ["SELECT id FROM item", "SELECT name FROM item", "SELECT id FROM item"]


def test_the_guard_still_stands_before_every_run(counting):
    database = CachedDatabase(counting)
    assert [database.run("DELETE FROM item").status for _ in range(2)] == ["refused", "refused"]
    assert {*counting.sent} <= {ENGINES["sqlite"].catalog_state}
