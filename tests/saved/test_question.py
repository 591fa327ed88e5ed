"""A saved question runs only where the schema is what it was."""

from __future__ import annotations

import sqlite3
import stat

import pytest

from sqlwright.core import ConfigError, NotFoundError, QueryLimits, SqlwrightError, UsageError
from sqlwright.db import open_database
from sqlwright.saved import (
    ChangedSchemaError,
    SavedQuestion,
    read_all,
    read_saved,
    remove_saved,
    run_saved,
    save_question,
    saved_folder,
    write_saved,
)

LIMITS = QueryLimits()
JOINED = (
    "SELECT c.name, SUM(o.quantity) AS n FROM customer AS c JOIN orders AS o ON o.customer_id = c.id "
    "WHERE o.ordered_on >= '2026-02-01' GROUP BY c.name ORDER BY c.name"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_SAVED", str(tmp_path / "saved"))


@pytest.fixture
def saved(shop):
    draft = SavedQuestion("busy", str(shop), "sqlite", JOINED, "Who buys?")
    with open_database(shop) as database:
        return save_question(draft, database, {}, LIMITS)[0]


def change(shop, *statements):
    with sqlite3.connect(shop) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def run(saved, shop, **values):
    with open_database(shop) as database:
        return run_saved(saved, database, values, LIMITS).table


def test_it_knows_the_columns_it_reads_and_gives(saved):
    reads = {read.name: dict(read.columns) for read in saved.reads}
    assert reads == {
        "customer": {"id": "INTEGER", "name": "TEXT"},
        "orders": {"id": "INTEGER", "customer_id": "INTEGER", "quantity": "INTEGER", "ordered_on": "DATE"},
    }
    assert saved.columns == ("name", "n")


def test_what_is_written_is_read_again(saved):
    path = write_saved(saved)
    assert read_saved("busy") == saved
    assert read_all() == (saved,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    remove_saved("busy")
    assert read_all() == ()
    with pytest.raises(NotFoundError):
        read_saved("busy")


def test_rows_may_change(saved, shop):
    assert run(saved, shop).rows == (("Ann", 1), ("Bo", 8))
    change(shop, "INSERT INTO orders VALUES (9, 3, 1, 2, '2026-04-01')")
    assert run(saved, shop).rows == (("Ann", 1), ("Bo", 8), ("Cy", 2))


def test_columns_that_it_does_not_read_may_change(saved, shop):
    change(shop, "ALTER TABLE customer ADD COLUMN phone TEXT", "ALTER TABLE customer DROP COLUMN city")
    assert run(saved, shop).rows == (("Ann", 1), ("Bo", 8))


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        (["ALTER TABLE orders RENAME COLUMN quantity TO pieces"], "orders has no column quantity any more."),
        (["DROP TABLE orders"], "The table orders is gone."),
        (
            ["ALTER TABLE orders DROP COLUMN quantity", "ALTER TABLE orders ADD COLUMN quantity REAL"],
            "orders.quantity is REAL now; it was INTEGER.",
        ),
        (
            [
                "CREATE TABLE c2 (id INTEGER, name TEXT NOT NULL, city TEXT)",
                "INSERT INTO c2 SELECT * FROM customer",
                "DROP TABLE customer",
                "ALTER TABLE c2 RENAME TO customer",
            ],
            "The primary key of customer is none now; it was id.",
        ),
    ],
)
def test_a_changed_schema_is_reported_instead_of_rows(saved, shop, statements, says):
    change(shop, *statements)
    with pytest.raises(ChangedSchemaError) as raised:
        run(saved, shop)
    assert says in raised.value.message
    assert raised.value.hint.endswith("sqlwright save busy --accept")


def test_a_new_column_in_a_star_is_reported(shop):
    with open_database(shop) as database:
        draft = SavedQuestion("all", str(shop), "sqlite", "SELECT * FROM item")
        saved, _ = save_question(draft, database, {}, LIMITS)
    change(shop, "ALTER TABLE item ADD COLUMN weight REAL")
    with pytest.raises(ChangedSchemaError, match="The result has the columns id, name, price, weight"):
        run(saved, shop)


def test_a_parameter_takes_another_value(shop):
    with open_database(shop) as database:
        draft = SavedQuestion("of", str(shop), "sqlite", "SELECT name FROM customer WHERE city = 'Oslo'")
        saved, outcome = save_question(draft, database, {"city": "Oslo"}, LIMITS)
        assert outcome.table.rows == (("Bo",),)
        assert run_saved(saved, database, {"city": "Paris"}, LIMITS).table.rows == (("Ann",),)
        hostile = run_saved(saved, database, {"city": "' OR 1=1 --"}, LIMITS)
        assert hostile.table.rows == ()


@pytest.mark.parametrize("sql", ["DELETE FROM customer", "SELECT nonsense FROM customer", "SELECT 1; SELECT 2"])
def test_only_a_query_that_runs_is_saved(shop, sql):
    with open_database(shop) as database, pytest.raises(SqlwrightError, match="nothing was saved"):
        save_question(SavedQuestion("x", str(shop), "sqlite", sql), database, {}, LIMITS)


def test_a_file_that_was_edited_into_a_statement_that_writes_is_refused(saved, shop):
    path = write_saved(saved)
    path.write_text(path.read_text().replace("SELECT c.name", "DELETE c.name"))
    with open_database(shop) as database:
        assert run_saved(read_saved("busy"), database, {}, LIMITS).status == "refused"


def test_a_password_is_not_written(saved):
    from dataclasses import replace

    with pytest.raises(UsageError, match="does not store passwords"):
        write_saved(replace(saved, database="postgresql://ann:secret@host/db"))


@pytest.mark.parametrize("text", ["", "[]", "sql: [", "database: x"])
def test_a_file_that_cannot_be_read_is_named(saved, text):
    path = write_saved(saved)
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"busy\.yaml"):
        read_saved("busy")
    assert path.parent == saved_folder()
