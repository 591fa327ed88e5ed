"""Copies of the database refute what was right by luck, and nothing that is right."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest

from sqlwright.core import QueryLimits
from sqlwright.db.database import Database
from sqlwright.db.sqlite import SqliteEngine
from sqlwright.evaluation.compare import strict_verdict
from sqlwright.evaluation.mutants import compared_constants, make_mutants, opened_mutants, survive
from tests.statements import trusted

from .cases import LUCKY, NO_POWER, RIGHT, STAFF, Case


def title(value):
    return value.title if isinstance(value, Case) else None


def staff_file(folder):
    path = folder / "staff.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(STAFF)
    connection.close()
    return path


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    path = staff_file(tmp_path_factory.mktemp("mutants"))
    golds = [case.gold for case in (*RIGHT, *LUCKY, *NO_POWER)]
    with Database(SqliteEngine(path)) as given, opened_mutants(path, golds) as copies:
        yield [given, *copies]


@pytest.mark.parametrize("case", LUCKY, ids=title)
def test_refutes_luck(databases, case):
    assert strict_verdict(databases[0], case.gold, case.predicted).verdict.correct
    assert survive(databases[1:], case.gold, case.predicted).refuted


@pytest.mark.parametrize("case", RIGHT, ids=title)
def test_refutes_nothing_that_is_right(databases, case):
    found = survive(databases[1:], case.gold, case.predicted)
    assert found.judged > 0
    assert not found.refuted, found.reason


@pytest.mark.parametrize("case", NO_POWER[:1], ids=title)
def test_finds_power_where_the_given_database_has_none(databases, case):
    assert strict_verdict(databases[0], case.gold, case.predicted).verdict.no_power
    assert survive(databases[1:], case.gold, case.predicted).refuted


def test_the_same_seed_gives_the_same_copies_and_leaves_the_source_alone(tmp_path):
    path = staff_file(tmp_path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()

    def dumps(name, seed):
        (tmp_path / name).mkdir()
        result = []
        for copy in make_mutants(path, tmp_path / name, ["SELECT 1 FROM person WHERE salary > 50"], seed=seed):
            connection = sqlite3.connect(copy)
            result.append(list(connection.iterdump()))
            connection.close()
        return result

    first = dumps("a", 1)
    assert first == dumps("b", 1)
    assert first != dumps("c", 2)
    assert len({str(d) for d in first}) == len(first)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_makes_no_copies_of_a_large_or_foreign_file(tmp_path):
    assert make_mutants(staff_file(tmp_path), tmp_path, max_bytes=100) == ()
    (tmp_path / "notes.txt").write_text("no database" * 99)
    with opened_mutants(tmp_path / "notes.txt", []) as copies:
        assert copies == ()


def test_a_copy_keeps_keys_and_gets_no_null_where_there_was_none(databases):
    for copy in databases[1:]:
        rows = copy.engine.execute(trusted("SELECT id, name, team_id FROM person"), QueryLimits()).table.rows
        assert len({row[0] for row in rows}) == len(rows)
        assert all(row[1] is not None for row in rows)


def test_triggers_of_the_source_do_not_run_on_the_copy(tmp_path):
    path = staff_file(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TRIGGER stop BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'no'); END")
    connection.close()
    with opened_mutants(path, []) as copies:
        counts = [
            c.engine.execute(trusted("SELECT count(*) FROM person"), QueryLimits()).table.rows[0][0] for c in copies
        ]
    assert min(counts) < 5 < max(counts)


def test_reads_the_constants_of_a_query():
    found = compared_constants(
        ["SELECT a FROM t WHERE T1.Age > 30 AND city = \"Oslo\" AND name LIKE '%nn%' AND b = c", "not SQL ("]
    )
    assert found == (("age", 30), ("city", "Oslo"), ("name", "nn"))
