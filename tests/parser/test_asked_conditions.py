"""Conditions, shares and amounts that a question settles, whatever the network wrote."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.core import Hints
from sqlwright.data import Context, PromptOptions
from sqlwright.db import open_database
from sqlwright.parser.asked import as_asked
from sqlwright.parser.asked.conditions import with_asked_conditions
from sqlwright.parser.doubts import GROUPS_OF_ONE, ROWS_FOR_MONEY, TIME_FOR_MONEY, UNNAMED_ANTI_JOIN, doubts
from sqlwright.parser.from_sql import parse_form
from sqlwright.parser.to_sql import Reading, render_form
from sqlwright.prompts import link_names

SCRIPT = """
CREATE TABLE member (member_id INTEGER PRIMARY KEY, full_name TEXT, email TEXT, tier TEXT, is_vip CHAR(1),
  city TEXT, referred_by INTEGER REFERENCES member (member_id));
CREATE TABLE invoice (invoice_no TEXT PRIMARY KEY, title TEXT, member_id INTEGER REFERENCES member (member_id),
  amount NUMERIC, cost NUMERIC, price NUMERIC, due_date DATE, paid_date DATE, open_ms INTEGER,
  kind TEXT -- 类型：GC 工程，HW 货物
);
CREATE TABLE downloads (id INTEGER PRIMARY KEY, app TEXT, downloads INTEGER);
CREATE TABLE land (code TEXT PRIMARY KEY, name TEXT, population INTEGER, surface_area NUMERIC, gnp NUMERIC);
CREATE TABLE genre (genre_id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE track (track_id INTEGER PRIMARY KEY, name TEXT, genre_id INTEGER REFERENCES genre (genre_id));
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    path = tmp_path_factory.mktemp("conditions") / "shop.sqlite"
    names = [f"{first} {last}" for first in ("Ada", "Ben", "Cleo", "Dora") for last in ("Noll", "Ortiz", "Pohl")]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCRIPT)
        connection.executemany(
            "INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (i, name, None if i % 4 == 0 else f"m{i}@example.org", ("gold", "basic")[i % 2], "YN"[i % 3 > 0],
                 ("Lyon", "Porto")[i % 2], 1 if i > 9 else None)
                for i, name in enumerate(names, 1)
            ],
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO invoice VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (f"R-{i:03}", f"Order {i}", i % 11 + 1, 10 * i, 3 * i, 5 * i, f"2024-03-{i % 28 + 1:02}",
                 None if i % 5 == 0 else f"2024-04-{i % 28 + 1:02}", 60 * i, ("GC", "HW")[i % 2])
                for i in range(1, 41)
            ],
        )  # fmt: skip
        loads = [(i, ("Spotly", "Podbay")[i % 2], 7 * i) for i in range(1, 21)]
        connection.executemany("INSERT INTO downloads VALUES (?, ?, ?)", loads)
        lands = [(f"L{i}", f"Land {i}", 1000 * i, 10 * i * i, 50 * i) for i in range(1, 9)]
        connection.executemany("INSERT INTO land VALUES (?, ?, ?, ?, ?)", lands)
        connection.executemany("INSERT INTO genre VALUES (?, ?)", [(1, "Rock"), (2, "Jazz"), (3, "Folk")])
        connection.executemany(
            "INSERT INTO track VALUES (?, ?, ?)", [(i, f"Song {i}", i % 3 + 1) for i in range(1, 31)]
        )
        connection.commit()
    with open_database(path) as database:
        yield Context.of(database, PromptOptions(samples=9))


def settled(shop, question: str, sql: str) -> str:
    query = parse_form(sql, shop.schema, profile=shop.profile)
    done = as_asked(query, question, shop.schema, shop.profile, hints(shop, question))
    return render_form(done, shop.schema, reading=Reading.of(shop.profile))


def hints(shop, question: str) -> Hints:
    return Hints(link_names(question, shop.schema), shop.values.search(question))


@pytest.mark.parametrize(
    ("question", "sql", "where"),
    [
        ("members without an email", "SELECT full_name FROM member", "email IS NULL"),
        (
            "which members have not given us an email?",
            "SELECT full_name FROM member WHERE member_id NOT IN (SELECT member_id FROM invoice)",
            "email IS NULL",
        ),
        ("members whose email is missing", "SELECT full_name FROM member WHERE email IS NOT NULL", "email IS NULL"),
        ("unpaid invoices", "SELECT invoice_no FROM invoice WHERE member_id IS NOT NULL", "paid_date IS NULL"),
        ("invoices that haven't been paid", "SELECT invoice_no FROM invoice", "paid_date IS NULL"),
        (
            "overdue invoices as of 2024-05-01",
            "SELECT invoice_no FROM invoice WHERE due_date < '2024-05-01'",
            "due_date < '2024-05-01' AND paid_date IS NULL",
        ),
    ],
)
def test_what_the_question_says_is_missing_is_a_condition(shop, question, sql, where):
    assert settled(shop, question, sql).endswith(f" WHERE {where}")


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("members with an email", "SELECT full_name FROM member WHERE email IS NOT NULL"),
        ("paid invoices", "SELECT title FROM invoice WHERE paid_date IS NOT NULL"),
        # The question names the other table: it is the rows that are missing, not a value.
        (
            "members without invoices",
            "SELECT full_name FROM member WHERE member_id NOT IN (SELECT member_id FROM invoice)",
        ),
    ],
)
def test_other_conditions_stay(shop, question, sql):
    assert settled(shop, question, sql) == sql


def test_a_share_is_of_what_the_question_names(shop):
    rows = "SELECT AVG(CASE WHEN app = 'Spotly' THEN 1.0 ELSE 0 END) FROM downloads"
    amounts = settled(shop, "share of downloads from Spotly", rows)
    assert amounts.startswith("SELECT SUM(CASE WHEN app = 'Spotly' THEN downloads ELSE 0 END) * 1.0 / NULLIF(SUM(")
    total = "SELECT SUM(downloads) FROM downloads WHERE app = 'Spotly'"
    assert settled(shop, "what part of downloads came from Spotly, in percent", total).startswith(
        "SELECT 100.0 * SUM(CASE"
    )
    money = "SELECT SUM(CASE WHEN kind = 'GC' THEN amount ELSE 0 END) * 1.0 / NULLIF(SUM(amount), 0) FROM invoice"
    assert "AVG(CASE WHEN kind = 'GC'" in settled(shop, "percentage of GC invoices", money)
    assert settled(shop, "share of the amount of GC invoices", money) == money


def test_a_share_counts_the_rows_that_the_question_names(shop):
    sql = "SELECT AVG(CASE WHEN name = 'Rock' THEN 1.0 ELSE 0 END) FROM genre"
    assert "JOIN track" in settled(shop, "what percentage of tracks is rock", sql)
    assert settled(shop, "share of genres called rock", sql) == sql


def test_a_count_of_rows_gives_way_to_the_column_that_counts(shop):
    sql = "SELECT app, COUNT(*) FROM downloads GROUP BY app"
    assert settled(shop, "how many downloads came from each app?", sql) == sql.replace("COUNT(*)", "SUM(downloads)")
    assert settled(shop, "rows per app", sql) == sql


def test_different_values_are_counted_once(shop):
    sql = "SELECT COUNT(city) FROM member"
    assert settled(shop, "how many cities do members live in", sql) == "SELECT COUNT(DISTINCT city) FROM member"
    assert settled(shop, "how many members are there", sql) == sql


def test_computed_amounts(shop):
    sql = "SELECT name, population FROM land"
    assert "population * 1.0 / NULLIF(surface_area, 0)" in settled(shop, "population density of each land", sql)
    top = "SELECT name FROM land ORDER BY gnp DESC LIMIT 3"
    assert "ORDER BY gnp * 1.0 / NULLIF(population, 0) DESC" in settled(shop, "gnp per capita, top 3", top)
    margin = settled(shop, "margin of each invoice", "SELECT invoice_no, price FROM invoice")
    assert "(price - cost)" in margin
    assert settled(shop, "population of each land", sql) == sql


def test_rows_that_refer_to_their_own_table(shop):
    both = settled(shop, "who was referred by whom", "SELECT full_name FROM member")
    assert both.startswith("SELECT T1.full_name, T2.full_name FROM member AS T1 JOIN member AS T2 ON T1.referred_by")
    below = settled(
        shop,
        "who was referred by Ada Noll",
        "SELECT T2.full_name FROM member AS T1 JOIN member AS T2 ON T1.referred_by = T2.member_id"
        " WHERE T1.full_name = 'Ada Noll'",
    )
    assert below.startswith("SELECT T1.full_name")
    assert below.endswith("WHERE T2.full_name = 'Ada Noll'")


def test_the_number_of_a_row_where_the_question_asks_for_it(shop):
    sql = "SELECT title FROM invoice WHERE amount > 100"
    assert settled(shop, "invoice no of invoices above 100", sql).startswith("SELECT invoice_no FROM")
    assert settled(shop, "titles of invoices above 100, not the numbers", sql) == sql


def test_a_difference_of_keys_shows_names(shop):
    sql = "SELECT member_id FROM member EXCEPT SELECT member_id FROM invoice"
    wanted = "SELECT full_name FROM member WHERE member_id NOT IN (SELECT member_id FROM invoice)"
    assert settled(shop, "which members have no invoice", sql) == wanted
    assert settled(shop, "ids of members that have no invoice", sql) == sql


def test_labels_of_codes(shop):
    assert "kind = 'GC'" in settled(shop, "工程类有多少", "SELECT COUNT(*) FROM invoice WHERE kind = 'HW'")
    assert "kind = 'HW'" in settled(shop, "货物的金额", "SELECT amount FROM invoice")


def test_a_forgotten_flag_or_value_is_added(shop):
    query = parse_form("SELECT COUNT(*) FROM member WHERE city = 'Lyon'", shop.schema, profile=shop.profile)
    question = "how many vip gold members in Lyon"
    added = with_asked_conditions(query, ("vip", "gold"), question, hints(shop, question), shop.profile)
    sql = render_form(added, shop.schema, reading=Reading.of(shop.profile))
    assert sql.endswith("WHERE city = 'Lyon' AND is_vip = 'Y' AND tier = 'gold'")


OF_ONE = (
    "SELECT T2.full_name, COUNT(*) FROM invoice AS T1 JOIN member AS T2 ON T1.member_id = T2.member_id"
    " GROUP BY T1.invoice_no"
)
NOT_IN = "SELECT full_name FROM member WHERE member_id NOT IN (SELECT member_id FROM invoice)"
LYON = "SELECT AVG(CASE WHEN city = 'Lyon' THEN 1.0 ELSE 0 END) FROM member"
TIME = "SELECT member_id FROM invoice GROUP BY member_id ORDER BY SUM(open_ms) DESC LIMIT 1"


@pytest.mark.parametrize(
    ("question", "sql", "price"),
    [
        ("invoices per member", "SELECT member_id, COUNT(*) FROM invoice GROUP BY member_id", 0.0),
        ("invoices per member", OF_ONE, GROUPS_OF_ONE),
        ("who never wrote", NOT_IN, UNNAMED_ANTI_JOIN),
        ("who has no invoice", NOT_IN, 0.0),
        ("share of revenue from Lyon", LYON, ROWS_FOR_MONEY),
        ("who spent the most", TIME, TIME_FOR_MONEY),
    ],
)
def test_what_speaks_against_a_query(shop, question, sql, price):
    query = parse_form(sql, shop.schema, profile=shop.profile)
    assert doubts(query, question, hints(shop, question), shop.schema, shop.profile) == price
