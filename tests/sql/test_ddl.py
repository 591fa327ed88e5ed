"""CREATE TABLE text becomes a Schema: columns, types, keys, and nothing that is only mentioned in a string."""

from __future__ import annotations

import gzip
import json

import pytest

from sqlwright.core import Column, DataError, ForeignKey
from sqlwright.sql import parse_schema


def table(ddl, name=None):
    schema = parse_schema(ddl)
    return schema.table(name) if name else schema.tables[0]


def columns(ddl):
    return [(c.name, c.type) for c in table(ddl).columns]


def test_one_table():
    schema = parse_schema("CREATE TABLE head (age INTEGER, name VARCHAR)", db_id="d", dialect="postgres")
    assert (schema.db_id, schema.dialect, [t.name for t in schema]) == ("d", "postgres", ["head"])
    assert schema.tables[0].columns == (Column("age", "INTEGER"), Column("name", "VARCHAR"))


def test_several_tables_with_and_without_semicolons():
    assert [t.name for t in parse_schema("CREATE TABLE a (x INT)\nCREATE TABLE b (y INT); create table c (z int)")] == [
        "a",
        "b",
        "c",
    ]


@pytest.mark.parametrize(
    ("item", "column"),
    [
        ("x DECIMAL(10, 2) NOT NULL", ("x", "DECIMAL(10, 2)")),
        ("x", ("x", "")),
        ('"High points" VARCHAR', ("High points", "VARCHAR")),
        ("`order` INT", ("order", "INT")),
        ("[a b] INT", ("a b", "INT")),
        ("x CHARACTER VARYING(3)", ("x", "CHARACTER VARYING(3)")),
        ("x VARCHAR(9) CHARACTER SET utf8", ("x", "VARCHAR(9)")),
        ("kind ENUM('a','b,c')", ("kind", "ENUM('a','b,c')")),
        ("tags INT[]", ("tags", "INT[]")),
        ("key VARCHAR(3)", ("key", "VARCHAR(3)")),
        ("x INT DEFAULT 3 CHECK (x > 0)", ("x", "INT")),
        ("x INT -- a note, with a comma\n", ("x", "INT")),
        ("x TIMESTAMP WITH TIME ZONE DEFAULT now()", ("x", "TIMESTAMP WITH TIME ZONE")),
        ("姓名 TEXT", ("姓名", "TEXT")),
    ],
)
def test_a_column_has_its_name_and_type(item, column):
    assert columns(f"CREATE TABLE t ({item}, last INT)") == [column, ("last", "INT")]


@pytest.mark.parametrize(
    "item",
    [
        "UNIQUE (x)",
        "UNIQUE KEY u (x)",
        "KEY ix (x(10))",
        "INDEX ix (x)",
        "CHECK (x > 0)",
        "CONSTRAINT c CHECK (x IN (1, 2))",
    ],
)
def test_an_index_or_check_is_no_column(item):
    assert columns(f"CREATE TABLE t (x INT, {item})") == [("x", "INT")]


def test_keys_inline_and_at_the_end():
    ddl = """
    CREATE TABLE o (id INT, PRIMARY KEY (id));
    CREATE TABLE t (
      a INT PRIMARY KEY, b INT NOT NULL REFERENCES o(id), c INT,
      FOREIGN KEY (c) REFERENCES o, CONSTRAINT f FOREIGN KEY (a, c) REFERENCES s.p (x, y) ON DELETE CASCADE)
    """
    t = table(ddl, "t")
    assert t.primary_key == ("a",)
    assert not t.column("b").nullable
    assert t.foreign_keys == (
        ForeignKey(("b",), "o", ("id",)),
        ForeignKey(("c",), "o", ("id",)),
        ForeignKey(("a", "c"), "s.p", ("x", "y")),
    )


def test_keys_added_by_alter_table():
    ddl = "CREATE TABLE t (a INT); ALTER TABLE ONLY public.t ADD CONSTRAINT k PRIMARY KEY (a)"
    assert table(ddl).primary_key == ("a",)


def test_a_comment_is_kept():
    assert table("CREATE TABLE t (a INT COMMENT 'it''s')").columns[0].comment == "it's"


def test_a_schema_name_becomes_the_namespace_but_for_the_default_one():
    assert table("CREATE TABLE hr.t (a INT)").full_name == "hr.t"
    assert table("CREATE TABLE IF NOT EXISTS public.t (a INT)").full_name == "t"


def test_a_table_created_twice_has_the_columns_of_both():
    assert columns("CREATE TABLE t (a INT, b INT); CREATE TABLE t (b INT, c INT)") == [
        ("a", "INT"),
        ("b", "INT"),
        ("c", "INT"),
    ]


def test_rows_and_views_are_skipped():
    ddl = "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('CREATE TABLE x (a INT); it''s'); CREATE VIEW v AS SELECT 1"
    assert [t.name for t in parse_schema(ddl)] == ["t"]


@pytest.mark.parametrize("text", ["", "SELECT 1", "CREATE TABLE t AS SELECT 1", "CREATE VIEW v AS SELECT 1"])
def test_no_table_is_an_error(text):
    with pytest.raises(DataError, match="CREATE TABLE"):
        parse_schema(text)


def test_a_text_that_stops_early_gives_what_is_there():
    assert columns("CREATE TABLE t (a INT, b VARCHAR(1") == [("a", "INT"), ("b", "VARCHAR(1")]


@pytest.mark.shared
def test_every_context_of_the_public_sample_is_read(shared):
    path = shared / "data/sql-create-context-samples/modal_sqlqa.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        contexts = [json.loads(line)["context"] for line in lines]
    assert len(contexts) > 100
    for context in contexts:
        names = {words.split()[0].casefold() for words in context.split("CREATE TABLE ")[1:]}
        assert {t.name.casefold() for t in parse_schema(context)} == names


def test_statements_that_never_end_are_read_a_few_times_only():
    endless = "CREATE TABLE x (a INT, " * 5_000
    assert [table.name for table in parse_schema(endless)] == ["x"]
