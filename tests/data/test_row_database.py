"""A database from a row's own statements: what they say is in it, and nothing else of them is ever run."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.core import DataError, Example
from sqlwright.data import Contexts, PromptOptions, read_examples
from sqlwright.data.row_database import MAX_CHARS, build_database, read_context
from sqlwright.data.row_schema import read_row_schema
from sqlwright.db import open_database

SHELTER = """
CREATE TABLE shelter (id SERIAL PRIMARY KEY, town VARCHAR(40) NOT NULL, kind ENUM('tent', 'a very long kind of house'));
CREATE TABLE pet (name TEXT, born DATE, weight DECIMAL(5,2), shelter_id INT REFERENCES shelter(id));
CREATE OR REPLACE VIEW heavy AS SELECT name FROM pet WHERE weight > 10;
INSERT INTO shelter (town) VALUES ('Bergen'), ('Turku');
INSERT INTO pet VALUES ('Rex', '2021-04-01', 31.5, 1), ('Mia; DROP TABLE pet', DATE '2022-06-11', 4, 2);
"""


def build(text, folder):
    path = folder / "context.sqlite"
    build_database(read_context(text), path)
    return path


def test_tables_rows_and_views_are_built(tmp_path):
    with open_database(build(SHELTER, tmp_path)) as database:
        schema = database.schema()
        assert [t.name for t in schema] == ["shelter", "pet", "heavy"]
        assert schema.table("pet").foreign_keys[0].ref_table == "shelter"
        assert database.run("SELECT id, town FROM shelter").table.rows == ((1, "Bergen"), (2, "Turku"))
        assert database.run("SELECT name FROM heavy").table.rows == (("Rex",),)
        assert database.run("SELECT count(*) FROM pet WHERE name LIKE 'Mia%'").table.rows == ((1,),)


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH '/tmp/x.db' AS x",
        "DROP TABLE pet",
        "UPDATE pet SET name = 'x'",
        "DELETE FROM pet",
        "PRAGMA writable_schema = 1",
        "SELECT load_extension('x')",
        "CREATE TRIGGER t AFTER INSERT ON pet BEGIN DELETE FROM pet; END",
        "CREATE VIRTUAL TABLE v USING fts5(x)",
        "CREATE INDEX i ON pet (name)",
        "CREATE TABLE copy AS SELECT * FROM pet",
        "ALTER TABLE pet DROP COLUMN name",
        "INSERT INTO pet SELECT * FROM pet",
        "INSERT INTO pet VALUES (randomblob(1000000000), 1, 1, 1)",
        "VACUUM INTO '/tmp/x.db'",
    ],
)
@pytest.mark.parametrize(
    "form", ["{context}; {statement}", "{statement}; {context}", "{context} /* */; {statement} -- x"]
)
def test_another_statement_is_refused(statement, form):
    with pytest.raises(DataError):
        read_context(form.format(context=SHELTER.strip().rstrip(";"), statement=statement))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CREATE TABLE a (x INT); INSERT INTO b VALUES (1)", "no table 'b'"),
        ("CREATE TABLE a (x INT); INSERT INTO a VALUES (1, 2)", "1 columns"),
        ("CREATE TABLE a (x INT NOT NULL); INSERT INTO a VALUES (NULL)", "NOT NULL"),
        ("CREATE TABLE a (x INT); CREATE VIEW v AS SELECT 1 SELECT 2", "syntax error"),
    ],
)
def test_what_does_not_build_says_why(tmp_path, text, reason):
    with pytest.raises(DataError, match=reason):
        build(text, tmp_path)


def test_a_view_can_do_no_more_than_a_query(tmp_path):
    text = "CREATE TABLE a (x INT); INSERT INTO a VALUES (1); CREATE VIEW v AS SELECT load_extension('x') AS y FROM a"
    with open_database(build(text, tmp_path)) as database:
        assert not database.run("SELECT y FROM v").ok


def test_a_type_or_a_name_carries_no_second_statement(tmp_path):
    text = "CREATE TABLE \"a); DROP TABLE b; --\" (x INT) CREATE TABLE b (y INT /* ); ATTACH 'x' AS x; */, z TEXT)"
    with closing(sqlite3.connect(build(text, tmp_path))) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    assert names == ["a); DROP TABLE b; --", "b"]
    assert [p.name for p in tmp_path.iterdir()] == ["context.sqlite"]


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(DataError, match="characters"):
        read_context("CREATE TABLE a (x TEXT); INSERT INTO a VALUES ('" + "x" * MAX_CHARS + "')")


def test_its_rows_are_samples_of_the_schema():
    schema = read_row_schema(SHELTER, samples=2)
    assert schema.table("pet").column("born").samples == ("2021-04-01", "2022-06-11")
    assert schema.table("shelter").column("town").samples == ("Bergen", "Turku")
    assert schema.table("shelter").column("id").samples == ()
    assert read_row_schema(SHELTER).table("pet").column("born").samples == ()


def test_a_row_that_cannot_be_read_whole_still_gives_what_it_can():
    schema = read_row_schema("CREATE TABLE a (x INT, y TEXT); INSERT INTO a VALUES (1, NOW()), (2, 'b')", samples=3)
    assert [c.samples for c in schema.tables[0].columns] == [("2",), ("b",)]


def test_they_reach_the_prompt():
    example = Example("1", "", "Which pets are there?", "SELECT 1", ddl=SHELTER)

    def prompt(samples):
        found = Contexts(options=PromptOptions(samples=samples)).prompt(example)
        return "".join(message.content for message in found.messages)

    assert "'Bergen', 'Turku'" in prompt(3)
    assert "Bergen" not in prompt(0)


@pytest.mark.shared
@pytest.mark.slow
def test_every_context_of_sql_create_context_builds(shared, tmp_path):
    built = 0
    for name in ("messages_a.jsonl.gz", "mobileaibench.csv.gz", "modal_sqlqa.jsonl.gz"):
        for example in read_examples(shared / "data/sql-create-context-samples" / name):
            if built % 10 == 0:  # a tenth of each file
                path = tmp_path / "context.sqlite"
                build_database(read_context(example.ddl), path)
                path.unlink()
            built += 1
    assert built > 7000
