"""The strict rule on the cases that fool other comparators: wrong ones refused, right ones accepted."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from sqlwright.db import open_database
from sqlwright.db.database import Database
from sqlwright.db.engines.sqlite.engine import SqliteEngine
from sqlwright.evaluation.compare import strict_verdict
from sqlwright.evaluation.rules import bird_execution, exact_set_match
from sqlwright.evaluation.spider_execution import suite_execution

from .cases import ARGUABLE, NO_POWER, RIGHT, STAFF, WRONG, Case

WRITES = [c for c in WRONG if any(word in c.predicted for word in ("DELETE", "DROP"))]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cases") / "staff.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(STAFF)
    connection.close()
    return path


@pytest.fixture(scope="module")
def staff(path):
    with Database(SqliteEngine(path)) as database:
        yield database


def title(value):
    return value.title if isinstance(value, Case) else None


@pytest.mark.parametrize("case", WRONG, ids=title)
def test_refuses_what_is_wrong(staff, case):
    verdict = strict_verdict(staff, case.gold, case.predicted).verdict
    assert not verdict.correct
    assert verdict.cause
    assert verdict.reason


@pytest.mark.parametrize("case", RIGHT, ids=title)
def test_accepts_what_is_right(staff, case):
    verdict = strict_verdict(staff, case.gold, case.predicted).verdict
    assert verdict.correct, verdict.reason
    assert not verdict.no_power


@pytest.mark.parametrize("case", RIGHT, ids=title)
def test_every_gold_is_right(staff, case):
    assert strict_verdict(staff, case.gold, case.gold).verdict.correct


@pytest.mark.parametrize(("flag", "case"), ARGUABLE, ids=title)
def test_refuses_and_names_what_is_arguable(staff, flag, case):
    result = strict_verdict(staff, case.gold, case.predicted)
    assert not result.verdict.correct
    assert flag in result.flags


@pytest.mark.parametrize("case", NO_POWER, ids=title)
def test_marks_agreement_that_proves_nothing(staff, case):
    verdict = strict_verdict(staff, case.gold, case.predicted).verdict
    assert verdict.correct
    assert verdict.no_power


@pytest.mark.parametrize("case", WRITES, ids=title)
def test_a_write_changes_nothing_and_is_wrong_under_every_rule(staff, path, case):
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    assert not strict_verdict(staff, case.gold, case.predicted).verdict.correct
    assert not bird_execution(staff, case.gold, case.predicted)
    assert not suite_execution(staff, case.gold, case.predicted, keep_distinct=True)
    assert not exact_set_match(case.gold, case.predicted, staff.schema()) or ";" in case.predicted
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_a_gold_that_does_not_run_judges_nothing(staff):
    verdict = strict_verdict(staff, "SELECT nothing FROM nowhere", "SELECT 1").verdict
    assert (verdict.correct, verdict.cause, verdict.no_power) == (False, "gold_failed", True)


@pytest.mark.parametrize(
    ("gold", "predicted", "correct"),
    [
        ("SELECT i FROM t ORDER BY d LIMIT 1", "SELECT 2", True),
        ("SELECT d FROM t", "SELECT CAST(d AS DOUBLE) FROM t", True),
        ("SELECT avg(d) FROM t", "SELECT sum(d) / count(d) FROM t", True),
        ("SELECT l FROM t", "SELECT l FROM t ORDER BY i DESC", True),
        ("SELECT i FROM t ORDER BY i FETCH FIRST 1 ROWS ONLY", "SELECT 1", True),
        ("SELECT day FROM t", "SELECT ts FROM t", False),
        ("SELECT b FROM t", "SELECT CAST(b AS INTEGER) FROM t", False),
        ("SELECT i FROM t", "DELETE FROM t", False),
    ],
)
def test_the_rule_holds_for_the_types_of_another_engine(tmp_path, gold, predicted, correct):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "types.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t (i INT, d DECIMAL(9, 2), day DATE, ts TIMESTAMP, b BOOLEAN, l INT[])")
        connection.execute("INSERT INTO t VALUES (1, 1.5, '2026-01-01', '2026-01-01 00:00:00', TRUE, [1, NULL])")
        connection.execute("INSERT INTO t VALUES (2, 1.5, '2026-01-02', '2026-01-02 10:00:00', FALSE, [3])")
    with open_database(str(path)) as database:
        assert strict_verdict(database, gold, predicted).verdict.correct is correct
