"""Signs of missing values, and labels of codes, as real files have them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.core import Column
from sqlwright.db import open_database
from sqlwright.db.profile.labels import labels_in
from sqlwright.db.profile.read import read_profile


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (("12", "--", "7"), ("--",)),
        (("Duke", "n/a", "Yale"), ("n/a",)),
        (("23", "NA", "7"), ("NA",)),
        (("NA", "DE", "FR"), ()),  # Namibia among codes of countries
        (("--", "--"), ()),
        (("open", "closed"), ()),
    ],
)
def test_signs_of_a_missing_value(tmp_path, values, found):
    path = tmp_path / "signs.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, value TEXT)")
        connection.executemany("INSERT INTO t (value) VALUES (?)", [(v,) for v in values])
        connection.commit()
    with open_database(path) as database:
        column = read_profile(database.engine, database.schema(samples=3)).of("t", "value")
        database.profile()
    assert column is not None
    assert column.markers == found
    with open_database(path) as database:
        cached = database.profile().of("t", "value")
    assert cached == column


@pytest.mark.parametrize(
    ("comment", "labels"),
    [
        ("1 open, 2 on hold, 3 closed", {"1": "open", "2": "on hold", "3": "closed"}),
        ("A active; I inactive", {"A": "active", "I": "inactive"}),
        ("paid within 30 days", {}),
        ("up to 3 tries, then locked", {}),
    ],
)
def test_codes_and_meanings_without_a_sign(comment, labels):
    assert dict(labels_in(Column("status", "INTEGER", comment=comment))) == labels


def test_a_lookup_table_without_declared_keys_gives_labels(tmp_path):
    path = tmp_path / "lookup.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE state (cd INTEGER, label TEXT); CREATE TABLE job (job_id INTEGER, state_cd INTEGER);"
        )
        connection.executemany("INSERT INTO state VALUES (?, ?)", [(1, "passed"), (2, "failed"), (3, "timed out")])
        connection.executemany("INSERT INTO job VALUES (?, ?)", [(i, i % 3 + 1) for i in range(60)])
        connection.commit()
    with open_database(path) as database:
        profile = read_profile(database.engine, database.schema(samples=9))
    assert [i.key.ref_table for i in profile.inferred_keys] == ["state"]
    column = profile.of("job", "state_cd")
    assert column is not None
    assert dict(column.labels) == {"1": "passed", "2": "failed", "3": "timed out"}
