"""The verbs of asking: a path, a name or an open database, a named model or an object."""

from __future__ import annotations

import json
import sqlite3

import pytest

import sqlwright
from sqlwright.core import NotFoundError, UsageError

OSLO = "SELECT name FROM customer WHERE city = 'Oslo'"


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))
    monkeypatch.setenv("SQLWRIGHT_CONFIG", str(tmp_path / "config.yaml"))
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path / "models"))


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps({"question": "Who lives in Oslo?", "text": OSLO}))
    return f"scripted:{path}"


def test_the_first_lines_of_a_user(shop):
    answer = sqlwright.ask("how many customers are there", str(shop))
    assert answer.table.rows == ((3,),)
    shown = str(answer).splitlines()
    assert shown[0] == answer.sql
    assert shown[3:5] == ["       3", "1 row"]
    assert any(line.startswith("model   built-in") for line in shown)


def test_a_path_or_an_open_database_and_a_name_or_a_loaded_model(shop, model):
    loaded = sqlwright.load_generator(model)
    with sqlwright.open_database(shop) as database:
        answers = [
            sqlwright.ask("Who lives in Oslo?", shop, model),
            sqlwright.ask("Who lives in Oslo?", database, loaded),
            sqlwright.ask("Who lives in Oslo?", database, model),
        ]
        assert database.run("SELECT 1").ok  # it stays open
    assert {answer.table.rows for answer in answers} == {(("Bo",),)}


def test_the_default_database_model_and_named_connections_of_the_settings(shop, model, monkeypatch):
    with pytest.raises(UsageError, match=r"Which database\?.*sqlwright config database"):
        sqlwright.ask("Who lives in Oslo?")
    monkeypatch.setenv("SQLWRIGHT_DATABASE", str(shop))
    monkeypatch.setenv("SQLWRIGHT_MODEL", model)
    assert sqlwright.ask("Who lives in Oslo?").model == model
    assert sqlwright.run("SELECT COUNT(*) FROM item").table.rows == ((3,),)
    with pytest.raises(NotFoundError, match="nowhere"):
        sqlwright.ask("Who lives in Oslo?", "nowhere.sqlite")


def test_a_remembered_pair_answers_its_question(shop):
    pair = sqlwright.remember("Who are the northerners?", f"{OSLO} -- checked", shop)
    assert pair.gold_sql == OSLO
    answer = sqlwright.ask("who are the northerners", shop)
    assert (answer.kind, answer.table.rows) == ("verified", (("Bo",),))
    assert sqlwright.ask("who are the northerners", shop, knowledge=False).kind == "query"


def test_the_guard_checks_and_runs(shop):
    refused = sqlwright.check("DELETE FROM item", shop)
    assert not refused.allowed
    assert sqlwright.check(OSLO, shop).sql == OSLO
    assert sqlwright.check("SELECT * FROM anything", dialect="duckdb").allowed
    assert not sqlwright.check("SELECT * FROM anything", shop).allowed
    with pytest.raises(UsageError, match="not both"):
        sqlwright.check(OSLO, shop, dialect="sqlite")
    outcome = sqlwright.run("DELETE FROM item", shop)
    assert (outcome.status, outcome.table) == ("refused", None)
    rows = sqlwright.run("SELECT name FROM item", shop, limits=sqlwright.QueryLimits(max_rows=1)).table
    assert (len(rows.rows), rows.truncated) == (1, "rows")


def test_a_missing_package_is_an_error_that_names_its_extra(shop, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(UsageError, match=r"pip install 'sqlwright\[openai\]'"):
        sqlwright.ask("Who?", shop, "openai:m@http://127.0.0.1:9/v1")


def test_of_a_list_of_databases_the_one_that_the_question_is_about_answers(shop, model, tmp_path):
    clinic = tmp_path / "clinic.sqlite"
    with sqlite3.connect(clinic) as connection:
        connection.execute("CREATE TABLE patient (id INTEGER PRIMARY KEY, ward TEXT)")
    connection.close()
    with sqlwright.open_database(shop) as database:
        answer = sqlwright.ask("Who lives in Oslo?", [clinic, database], model)
    assert (answer.database, answer.table.rows) == ("shop", (("Bo",),))
    assert [candidate.database for candidate in answer.candidates] == ["shop", "clinic"]
    with pytest.raises(UsageError, match="Two databases are called 'shop'"):
        sqlwright.ask("Who lives in Oslo?", [shop, str(shop)], model)
    with pytest.raises(UsageError, match="The list of databases is empty"):
        sqlwright.ask("Who lives in Oslo?", [], model)
