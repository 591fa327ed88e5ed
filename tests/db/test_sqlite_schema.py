"""SQLite's catalogue, and the comments that stand in its CREATE TABLE statements."""

from __future__ import annotations

import sqlite3

import pytest

from sqlwright.core import ForeignKey
from sqlwright.db import open_database
from sqlwright.db.engines.sqlite.comments import comments


@pytest.fixture
def schema_of(tmp_path):
    def build(script, **options):
        with sqlite3.connect(tmp_path / "x.sqlite") as connection:
            connection.executescript(script)
        connection.close()
        with open_database(tmp_path / "x.sqlite") as database:
            return database.schema(**options)

    return build


def test_types_keys_and_nullability(schema_of):
    table = schema_of("CREATE TABLE t (a INTEGER, b VARCHAR(9) NOT NULL, c, PRIMARY KEY (b, a))").table("t")
    assert [(c.name, c.type, c.nullable) for c in table.columns] == [
        ("a", "INTEGER", False),
        ("b", "VARCHAR(9)", False),
        ("c", "", True),
    ]
    assert table.primary_key == ("b", "a")


def test_generated_columns_are_listed(schema_of):
    table = schema_of("CREATE TABLE t (a INT, b INT AS (a + 1), c INT AS (a + 2) STORED)").table("t")
    assert [c.name for c in table.columns] == ["a", "b", "c"]


def test_a_foreign_key_without_columns_points_at_the_primary_key(schema_of):
    table = schema_of(
        "CREATE TABLE p (x INT, y INT, PRIMARY KEY (y, x)); CREATE TABLE c (m, n, FOREIGN KEY (m, n) REFERENCES p)"
    )
    assert table.table("c").foreign_keys == (ForeignKey(("m", "n"), "p", ("y", "x")),)


def test_foreign_keys_take_the_spelling_of_what_they_name(schema_of):
    schema = schema_of('CREATE TABLE City (Id INTEGER PRIMARY KEY); CREATE TABLE c (CityId REFERENCES "CITY" (ID))')
    assert schema.table("c").foreign_keys == (ForeignKey(("CityId",), "City", ("Id",)),)


def test_a_foreign_key_to_a_table_that_is_not_there_is_left_out(schema_of):
    assert schema_of("CREATE TABLE c (x REFERENCES gone (id))").table("c").foreign_keys == ()


def test_a_view_that_fails_is_listed_without_columns(schema_of):
    schema = schema_of("CREATE TABLE t (a); CREATE VIEW good AS SELECT a FROM t; CREATE VIEW bad AS SELECT * FROM gone")
    assert schema.table("bad").columns == ()
    assert [c.name for c in schema.table("good").columns] == ["a"]
    assert schema.table("good").is_view


def test_samples_are_distinct_short_text_without_blobs(schema_of):
    table = schema_of(
        "CREATE TABLE t (a, b, c); INSERT INTO t VALUES (1, x'00', 'x'), (1, x'01', NULL), (2.5, NULL, '')", samples=3
    ).table("t")
    assert [c.samples for c in table.columns] == [("1", "2.5"), (), ("x",)]
    long = schema_of("CREATE TABLE u (a); INSERT INTO u VALUES (printf('%0200d', 1))", samples=1).table("u")
    assert long.columns[0].samples == ("0" * 59 + "…",)


def test_nothing_is_counted_or_sampled_unless_asked(schema_of):
    table = schema_of("CREATE TABLE t (a); INSERT INTO t VALUES (1)").table("t")
    assert (table.row_count, table.columns[0].samples) == (None, ())


def test_comments_reach_the_schema(schema_of):
    table = schema_of("CREATE TABLE t ( -- the things\n  a INT, -- how many\n  b TEXT -- what\n)").table("t")
    assert (table.comment, [c.comment for c in table.columns]) == ("the things", ["how many", "what"])


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE t (a INT, -- one\n b INT)", {"a": "one"}),
        ("CREATE TABLE t (a INT -- one\n, b INT)", {"a": "one"}),
        ("CREATE TABLE t (a INT /* one */, b INT /* two */)", {"a": "one", "b": "two"}),
        ("CREATE TABLE t (a INT DEFAULT '-- no', b INT)", {}),
        ("CREATE TABLE t (\n -- a heading\n a INT)", {}),
        (
            'CREATE TABLE t ("a ""b" INT, -- one\n [c d] INT, -- two\n `e` INT -- three\n)',
            {'a "b': "one", "c d": "two", "e": "three"},
        ),
        ("CREATE TABLE t (a DECIMAL(5, 2), -- one\n b INT)", {"a": "one"}),
        ("CREATE TABLE t (a INT, -- one\n PRIMARY KEY (a) -- not a column\n)", {"a": "one"}),
        ("CREATE TABLE t (名 INT, -- 名字\n b)", {"名": "名字"}),
        ("CREATE TABLE t (a CHECK (a IN ('x', 'y')), -- one\n b)", {"a": "one"}),
        ("CREATE TABLE t AS SELECT 1 /* unclosed", {}),
    ],
)
def test_a_comment_belongs_to_the_column_on_its_line(sql, expected):
    assert comments(sql)[1] == expected
