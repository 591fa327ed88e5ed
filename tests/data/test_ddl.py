"""A Schema from CREATE TABLE text."""

from __future__ import annotations

import pytest

from sqlwright.core import DataError, ForeignKey
from sqlwright.data import read_examples, schema_from_ddl


def test_columns_types_and_keys():
    baker, loaf = schema_from_ddl(
        "CREATE TABLE baker (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL, age INT NULL);"
        "CREATE TABLE loaf (id INT, day DATE, baker_id INT REFERENCES baker (id), PRIMARY KEY (id, day));"
    )
    assert [(c.name, c.type, c.nullable) for c in baker.columns] == [
        ("id", "INT", False),
        ("name", "VARCHAR(20)", False),
        ("age", "INT", True),
    ]
    assert (baker.primary_key, loaf.primary_key) == (("id",), ("id", "day"))
    assert loaf.foreign_keys == (ForeignKey(("baker_id",), "baker", ("id",)),)


def test_a_foreign_key_of_several_columns():
    (table,) = schema_from_ddl("CREATE TABLE a (x INT, y INT, FOREIGN KEY (x, y) REFERENCES b (p, q))")
    assert table.foreign_keys == (ForeignKey(("x", "y"), "b", ("p", "q")),)


def test_other_statements_are_passed_over():
    schema = schema_from_ddl("CREATE TABLE a (x INT); INSERT INTO a VALUES (1); CREATE VIEW v AS SELECT x FROM a")
    assert [(t.name, t.is_view) for t in schema] == [("a", False), ("v", True)]


def test_a_table_listed_twice_has_the_columns_of_both():
    (table,) = schema_from_ddl("CREATE TABLE a (x INT, y INT); CREATE TABLE a (y INT, z INT)")
    assert [c.name for c in table.columns] == ["x", "y", "z"]


@pytest.mark.parametrize("ddl", ["", "SELECT 1", "CREATE TABLE ((", "(" * 5000])
def test_text_without_a_table_is_an_error(ddl):
    with pytest.raises(DataError, match="no CREATE TABLE"):
        schema_from_ddl(ddl)


@pytest.mark.shared
def test_every_schema_of_the_public_samples_is_read(shared):
    for example in list(read_examples(shared / "data/sql-create-context-samples/mobileaibench.csv.gz"))[:300]:
        assert schema_from_ddl(example.ddl).tables
