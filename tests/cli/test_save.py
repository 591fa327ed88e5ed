"""`sqlwright save`, `run NAME` and `refresh`."""

from __future__ import annotations

import json
import sqlite3

import duckdb
import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import SqlwrightError
from sqlwright.saved import read_saved

RANGE = "SELECT COUNT(*) AS n FROM orders WHERE ordered_on >= '2026-01-01' AND ordered_on < '2027-01-01'"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_SAVED", str(tmp_path / "saved"))
    monkeypatch.setenv("SQLWRIGHT_LOG", str(tmp_path / "log.db"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def call(*arguments):
    return CliRunner().invoke(cli, list(map(str, arguments)))


@pytest.fixture
def scripted(tmp_path):
    script = tmp_path / "answers.jsonl"
    script.write_text(json.dumps({"question": "How many orders in 2026?", "text": RANGE}))
    return f"scripted:{script}"


def test_a_question_is_saved_with_its_query_and_run_with_another_year(shop, scripted):
    done = call(
        "save", "orders", "How", "many", "orders", "in", "2026?", "-d", shop, "-m", scripted, "--param", "year=2026"
    )
    assert done.exit_code == 0, done.output
    assert "'{year}-01-01' AND ordered_on < '{year+1}-01-01'" in done.stdout
    assert read_saved("orders").question == "How many orders in 2026?"
    assert call("run", "orders").stdout == "n\n4\n"
    other = call("run", "orders", "--param", "year=2025")
    assert (other.stdout, "(year = 2025)" in other.stderr) == ("n\n0\n", True)


def test_the_last_answer_of_the_log_is_saved(shop, scripted):
    assert isinstance(call("save", "orders", "-d", shop).exception, SqlwrightError)
    call("ask", "How many orders in 2026?", "-d", shop, "-m", scripted)
    assert call("save", "orders", "-d", shop).exit_code == 0
    assert (read_saved("orders").question, read_saved("orders").sql) == ("How many orders in 2026?", RANGE)


def test_a_query_of_ones_own_is_saved_and_listed_and_removed(shop):
    assert call("save", "orders", "--sql", "SELECT 1 AS one;", "-d", shop).exit_code == 0
    assert "orders" in call("save").stdout
    assert json.loads(call("save", "--json").stdout)[0]["sql"] == "SELECT 1 AS one"
    assert call("run", "orders", "--csv").stdout == "one\n1\n"
    call("save", "orders", "--remove")
    assert call("save").stdout == ""
    assert "No question is saved as 'orders'" in str(call("run", "orders").exception)


def test_a_changed_schema_is_an_error_until_it_is_accepted(shop):
    call("save", "names", "--sql", "SELECT * FROM item", "-d", shop)
    with sqlite3.connect(shop) as connection:
        connection.execute("ALTER TABLE item ADD COLUMN weight REAL")
    connection.close()
    failed = call("run", "names")
    assert failed.stdout == ""
    assert failed.exception.exit_code == 1
    assert "weight" in str(failed.exception)
    assert call("save", "names", "--accept").exit_code == 0
    assert call("run", "names").stdout.splitlines()[0] == "id\tname\tprice\tweight"


def test_sql_still_needs_a_database_and_takes_no_parameters(shop):
    assert "Which database?" in str(call("run", "SELECT 1").exception)
    assert "--param is for a saved question" in str(call("run", "SELECT 1", "-d", shop, "--param", "a=1").exception)
    assert "Expected NAME=VALUE" in str(call("run", "names", "--param", "a").exception)
    assert call("run", "SELECT 1 AS one", "-d", shop).stdout == "one\n1\n"


def test_refresh_writes_files_and_a_page_and_reports_a_changed_schema(shop, tmp_path):
    call("save", "cities", "--sql", "SELECT city FROM customer ORDER BY id", "-d", shop)
    call("save", "items", "--sql", "SELECT name, price FROM item WHERE name = '<b>' OR 1 = 1", "-d", shop)
    out = tmp_path / "out"
    done = call("refresh", out)
    assert (done.exit_code, done.stdout) == (0, "")
    assert (out / "items.csv").read_text() == "name,price\npen,1.5\nink,4.0\nbook,12.25\n"
    page = (out / "index.html").read_text()
    assert '<a href="items.csv">' in page
    assert "<td>Oslo</td>" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    with sqlite3.connect(shop) as connection:
        connection.execute("ALTER TABLE item RENAME COLUMN price TO cost")
        connection.execute("INSERT INTO customer VALUES (7, 'Di', 'Rome')")
    connection.close()
    failed = call("refresh", out)
    assert failed.exit_code == 1
    assert "items: not refreshed. items: the schema has changed" in failed.stderr
    assert "Rome" in (out / "cities.csv").read_text()  # the others are refreshed
    assert (out / "items.csv").read_text().startswith("name,price")  # the last good file
    assert "item has no column price any more" in (out / "index.html").read_text()
    assert call("refresh", out, "cities").exit_code == 0


def test_refresh_writes_parquet(shop, tmp_path):
    call("save", "items", "--sql", "SELECT name, price FROM item ORDER BY id", "-d", shop)
    assert call("refresh", tmp_path / "out", "--parquet").exit_code == 0
    rows = duckdb.sql(f"SELECT * FROM '{tmp_path}/out/items.parquet'").fetchall()
    assert rows == [("pen", 1.5), ("ink", 4.0), ("book", 12.25)]


def test_a_result_that_a_limit_cuts_is_not_written(shop, tmp_path):
    call("save", "items", "--sql", "SELECT name FROM item", "-d", shop)
    failed = call("refresh", tmp_path / "out", "--max-rows", "2")
    assert failed.exit_code == 1
    assert "raise --max-rows" in failed.stderr
    assert not (tmp_path / "out" / "items.csv").exists()


def test_a_connection_keeps_its_name_in_the_file(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_CONFIG", str(tmp_path / "config.yaml"))
    call("connect", "mine", shop)
    assert call("save", "one", "--sql", "SELECT 1 AS one", "-d", "mine").exit_code == 0
    assert read_saved("one").database == "mine"
    assert call("run", "one").stdout == "one\n1\n"
