"""What the lines of a session do: questions, statements, commands."""

from __future__ import annotations

import csv
import json
import sqlite3

import pytest

from sqlwright.answering.audit import read_entries
from sqlwright.cli.terminal.session import QuitError, Session
from sqlwright.core import Turn
from sqlwright.db import open_database
from sqlwright.retrieval import verified_pairs
from sqlwright.saved import read_saved
from sqlwright.serving import Service


def test_a_follow_up_knows_the_questions_before_it(session, capsys):
    assert session.enter("Who lives in Oslo?")
    assert capsys.readouterr().out == "name\nBo\n"
    assert session.enter("And in Paris?")
    assert capsys.readouterr().out == "name\nAnn\n"
    assert [turn.question for turn in session.turns] == ["Who lives in Oslo?", "And in Paris?"]
    log = session.service.log
    log.close()
    entries = list(read_entries(log.path))
    assert entries[1].history == (Turn("Who lives in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'"),)
    assert {entry.source for entry in entries} == {"shell"}


def test_a_new_conversation_has_no_history(session, capsys):
    session.enter("Who lives in Oslo?")
    assert session.enter("\\new")
    assert (session.turns, session.last) == ([], None)
    assert not session.enter("\\sql")
    assert "No query has run yet." in capsys.readouterr().err


def test_sql_runs_without_a_model_and_through_the_guard(session, capsys):
    assert session.enter("select name from item order by price desc limit 1;")
    assert capsys.readouterr().out == "name\nbook\n"
    assert not session.enter("DELETE FROM customer")
    assert capsys.readouterr().err.startswith("refused: ")
    assert not session.enter("SELECT nme FROM customer")
    assert "no such column: nme" in capsys.readouterr().err
    assert session.turns == []


def test_a_refused_answer_of_a_model_fails_and_leaves_the_conversation_as_it_was(session, capsys):
    session.enter("Who lives in Oslo?")
    assert not session.enter("Change it")
    assert "refused" in capsys.readouterr().err
    assert len(session.turns) == 1


def test_a_question_the_model_cannot_answer_is_an_error_and_the_session_goes_on(session, capsys):
    assert not session.enter("What is love?")
    assert "error: The script has no answer" in capsys.readouterr().err
    assert session.enter("How many customers?")


def test_sql_shows_the_last_query_and_runs_a_given_one(session, capsys):
    session.enter("How many customers?")
    capsys.readouterr()
    session.enter("\\sql")
    assert capsys.readouterr().out == "SELECT COUNT(*) FROM customer\n"
    session.enter("\\sql SELECT 7 AS n")
    assert capsys.readouterr().out == "n\n7\n"


def test_schema_shows_all_tables_or_one_in_full(session, capsys):
    session.enter("\\schema")
    assert capsys.readouterr().out.splitlines()[0] == "customer(id integer pk, name text, city text)"
    session.enter("\\d item")
    assert capsys.readouterr().out.startswith("CREATE TABLE item (")
    assert not session.enter("\\schema custmer")
    assert "Did you mean 'customer'?" in capsys.readouterr().err


def test_explain_says_what_is_read_and_the_plan(session, capsys):
    session.enter("Who lives in Oslo?")
    capsys.readouterr()
    assert session.enter("\\explain")
    assert capsys.readouterr().out.splitlines() == [
        "from    customer",
        "with    city is 'Oslo'",
        "plan    SCAN customer",
    ]
    assert not session.enter("\\explain DELETE FROM customer")


@pytest.mark.parametrize("ending", ["csv", "tsv", "md", "html", "parquet", "json", "sql"])
def test_save_writes_the_rows_in_the_format_of_the_ending(session, tmp_path, ending):
    session.enter("Who lives in Oslo?")
    path = tmp_path / f"rows.{ending}"
    assert session.enter(f"\\save {path}")
    content = path.read_bytes()
    assert b"Oslo" in content if ending == "sql" else b"Bo" in content


def test_save_keeps_all_rows_and_reads_back(session, tmp_path):
    session.enter("select name, price from item;")
    session.enter(f"\\save {tmp_path}/rows.csv")
    with (tmp_path / "rows.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["name", "price"], ["pen", "1.5"], ["ink", "4.0"], ["book", "12.25"]]
    session.enter(f"\\save {tmp_path}/rows.json")
    assert json.loads((tmp_path / "rows.json").read_text())["row_count"] == 3


def test_save_names_the_formats_for_an_unknown_ending(session, tmp_path, capsys):
    session.enter("How many customers?")
    assert not session.enter("\\save rows.docx")
    assert "Known: .csv, .tsv, .md, .html, .parquet, .json, .sql." in capsys.readouterr().err


def test_save_with_a_name_keeps_the_question(session, shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_SAVED", str(tmp_path / "saved"))
    session.targets = {"shop": str(shop)}
    session.enter("Who lives in Oslo?")
    assert session.enter("\\save oslo")
    kept = read_saved("oslo")
    assert (kept.question, kept.sql, kept.database) == ("Who lives in Oslo?", session.last.sql, str(shop))


def test_chart_draws_the_last_rows_or_says_why_not(session, capsys):
    session.enter("How many of each item?")
    capsys.readouterr()
    assert session.enter("\\chart")
    drawn = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in drawn] == ["name", "pen", "ink", "book"]
    session.enter("How many customers?")
    assert not session.enter("\\chart")
    assert "No chart fits these rows." in capsys.readouterr().err


def pairs(session):
    with open_database(session.connection._first.source) as database:
        return [(pair.question, pair.gold_sql) for pair in verified_pairs(database)]


def test_teach_remembers_the_answer(session, capsys):
    session.enter("How many customers?")
    assert session.enter("\\teach")
    assert pairs(session) == [("How many customers?", "SELECT COUNT(*) FROM customer")]
    assert "sqlwright knowledge forget" in capsys.readouterr().err


def test_teach_takes_the_statement_typed_since_the_question(session):
    session.enter("How many customers?")
    session.enter("select count(*) from customer where city is not null")
    assert session.enter("\\teach")
    assert pairs(session) == [("How many customers?", "select count(*) from customer where city is not null")]


def test_teach_takes_sql_for_a_question_without_an_answer(session, capsys):
    session.enter("What is love?")
    assert not session.enter("\\teach")
    assert "The last question has no query." in capsys.readouterr().err
    assert not session.enter("\\teach DELETE FROM customer")
    assert session.enter("\\teach SELECT 42 AS answer")
    assert pairs(session) == [("What is love?", "SELECT 42 AS answer")]
    assert session.enter("What is love?")
    assert "42" in capsys.readouterr().out


def test_teach_does_not_take_the_query_of_an_earlier_question(session):
    session.enter("How many customers?")
    session.enter("What is love?")
    assert not session.enter("\\teach")
    assert pairs(session) == []


def test_help_lists_every_command_and_quit_ends(session, capsys):
    assert session.enter("\\help")
    shown = capsys.readouterr().out
    for name in ("sql", "schema", "explain", "save", "chart", "teach", "help", "quit"):
        assert f"\\{name} " in shown
    for line in ("\\quit", "\\q", "quit", "exit"):
        with pytest.raises(QuitError):
            session.enter(line)


def test_an_unknown_command_names_the_nearest(session, capsys):
    assert not session.enter("\\shcema")
    assert "Did you mean 'schema'?" in capsys.readouterr().err
    assert not session.enter("\\chart x")
    assert "takes no argument" in capsys.readouterr().err


def test_use_asks_another_database(shop, tmp_path, capsys):
    from sqlwright.cli.terminal.session import Session

    other = tmp_path / "town.sqlite"
    import sqlite3

    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE house (id INTEGER, street TEXT)")
    connection.close()
    service = Service.open({"shop": str(shop), "town": str(other)})
    try:
        session = Session(service, service.connection("shop"))
        session.enter("select count(*) from customer;")
        assert session.enter("\\use town")
        assert "* town (sqlite), 1 tables and views" in capsys.readouterr().out
        assert session.last is None
        assert session.enter("select count(*) from house;")
        assert not session.enter("\\use tow")
    finally:
        service.close()


def test_a_table_made_meanwhile_is_known(session, shop):
    import sqlite3

    assert not session.enter("SELECT * FROM later;")
    with sqlite3.connect(shop) as connection:
        connection.execute("CREATE TABLE later (x INTEGER)")
    connection.close()
    assert session.enter("SELECT * FROM later;")


def test_with_several_databases_each_question_goes_to_its_own_and_a_follow_up_stays(session, tmp_path, capsys):
    clinic = tmp_path / "clinic.sqlite"
    with sqlite3.connect(clinic) as connection:
        connection.execute("CREATE TABLE patient (id INTEGER PRIMARY KEY, ward TEXT)")
    connection.close()
    targets = {"clinic": str(clinic), "shop": str(tmp_path / "shop.sqlite")}
    service = Service.open(targets, session.service.models.popitem()[1].name)
    several = Session(service, service.connection("clinic"), routing=True)
    assert several.enter("Who lives in Oslo?")
    assert several.connection.name == "shop"
    captured = capsys.readouterr()
    assert captured.out == "name\nBo\n"
    assert "in      shop, the nearest of 2 databases" in captured.err
    assert several.enter("And in Paris?")
    assert len(several.turns) == 2
    assert several.enter("\\use clinic")
    assert not several.routing
    assert not several.enter("Who lives in Oslo?")  # there is no such table
    assert several.enter("\\use all")
    assert several.enter("Who lives in Oslo?")
    service.close()
