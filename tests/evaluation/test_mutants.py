"""Copies of the database refute what was right by luck, and nothing that is right."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest

from sqlwright.db.database import Database
from sqlwright.db.sqlite import SqliteEngine
from sqlwright.evaluation.compare import strict_verdict
from sqlwright.evaluation.mutants import compared_constants, make_mutants, survive

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
    folder = tmp_path_factory.mktemp("mutants")
    path = staff_file(folder)
    golds = [case.gold for case in (*RIGHT, *LUCKY, *NO_POWER)]
    opened = [Database(SqliteEngine(p)) for p in (path, *make_mutants(path, folder, golds))]
    yield opened
    for database in opened:
        database.close()


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


def test_makes_no_copies_of_a_large_file(tmp_path):
    assert make_mutants(staff_file(tmp_path), tmp_path, max_bytes=100) == ()


def test_reads_the_constants_of_a_query():
    found = compared_constants(
        ["SELECT a FROM t WHERE T1.Age > 30 AND city = \"Oslo\" AND name LIKE '%nn%' AND b = c", "not SQL ("]
    )
    assert found == (("age", 30), ("city", "Oslo"), ("name", "nn"))
