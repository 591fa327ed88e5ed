"""A pair is remembered only after it ran again and gave what the person saw; a correction after the guard passed it."""

from __future__ import annotations

import sqlite3

import pytest

from sqlwright.answering import AuditLog, ChangedResultError, Entry, confirm, correct
from sqlwright.answering.audit import read_entries
from sqlwright.core import QueryLimits, SqlwrightError, Turn
from sqlwright.db import open_database
from sqlwright.retrieval import verified_pairs

QUESTION = "Who lives in Oslo?"
SQL = "SELECT name FROM customer WHERE city = 'Oslo'"


@pytest.fixture(autouse=True)
def knowledge_root(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        yield opened


def change(shop, statement):
    with sqlite3.connect(shop) as connection:
        connection.execute(statement)
    connection.close()


def pairs(database):
    return [(p.question, p.gold_sql) for p in verified_pairs(database)]


def test_a_confirmed_pair_is_remembered(database):
    shown = database.run(SQL).table
    pair = confirm(database, QUESTION, SQL, shown)
    assert pair is not None
    assert pairs(database) == [(QUESTION, SQL)]


def test_the_order_of_rows_does_not_matter(database):
    shown = database.run("SELECT name FROM customer ORDER BY name DESC").table
    assert confirm(database, "Who?", "SELECT name FROM customer ORDER BY name", shown)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("INSERT INTO customer VALUES (4, 'Di', 'Oslo')", "2 rows instead of the 1 that were shown"),
        ("UPDATE customer SET name = 'Bob' WHERE id = 2", "such as: Bob"),
    ],
)
def test_a_result_that_changed_is_not_remembered(database, shop, statement, says):
    shown = database.run(SQL).table
    change(shop, statement)
    with pytest.raises(ChangedResultError, match=says):
        confirm(database, QUESTION, SQL, shown)
    assert pairs(database) == []


def test_the_reason_is_in_the_persons_language(database, shop):
    shown = database.run(SQL).table
    change(shop, "DELETE FROM customer WHERE id = 2")
    with pytest.raises(ChangedResultError) as raised:
        confirm(database, QUESTION, SQL, shown)
    assert raised.value.text("zh") == "查询现在返回 0 行，而当时显示的是 1 行，因此没有保存。"


def test_a_cut_result_is_compared_under_its_own_limits(database):
    limits = QueryLimits(max_rows=2)
    sql = "SELECT id FROM orders"
    shown = database.run(sql, limits).table
    assert confirm(database, "Which orders?", sql, shown, limits=limits)
    with pytest.raises(ChangedResultError, match="4 rows instead of the 2 that were shown"):
        confirm(database, "Which orders?", sql, shown)


@pytest.mark.parametrize("statement", ["DROP TABLE customer", "SELECT nope FROM customer", "", "SELECT 1; SELECT 2"])
def test_what_does_not_run_is_never_stored(database, shop, statement):
    before = shop.read_bytes()
    shown = database.run(SQL).table
    for give in (lambda: confirm(database, QUESTION, statement, shown), lambda: correct(database, QUESTION, statement)):
        with pytest.raises(SqlwrightError, match="nothing was stored"):
            give()
    assert pairs(database) == []
    assert shop.read_bytes() == before


def test_a_correction_takes_the_place_of_what_was_known(database):
    confirm(database, QUESTION, SQL, database.run(SQL).table)
    correct(database, QUESTION, "SELECT id FROM customer WHERE city = 'Oslo'")
    assert pairs(database) == [(QUESTION, "SELECT id FROM customer WHERE city = 'Oslo'")]


def test_a_follow_up_is_marked_in_the_log_only(database, tmp_path):
    path = tmp_path / "logs.db"
    history = (Turn("Who lives in Paris?", SQL.replace("Oslo", "Paris")),)
    with AuditLog(path) as log:
        log.record(Entry("chat", "And in Oslo?", "answered", database.name, sql=SQL, history=history))
        assert confirm(database, "And in Oslo?", SQL, database.run(SQL).table, history=history, log=log) is None
    assert [e.confirmed for e in read_entries(path)] == [True]
    assert pairs(database) == []


def test_the_newest_line_of_the_question_is_marked(database, tmp_path):
    path = tmp_path / "logs.db"
    better = "SELECT id FROM customer WHERE city = 'Oslo'"
    with AuditLog(path) as log:
        for name, question in [("shop", "Other?"), ("shop", QUESTION), ("shop", QUESTION), ("elsewhere", QUESTION)]:
            log.record(Entry("chat", question, "answered", name, sql=SQL))
        confirm(database, QUESTION, SQL, database.run(SQL).table, log=log)
        correct(database, "Other?", better, log=log)
    found = [(e.number, e.confirmed, e.corrected_sql) for e in read_entries(path)]
    assert found == [(1, True, better), (2, False, ""), (3, True, ""), (4, False, "")]
