"""What small words settle: another, without, already, and, over 20 minutes, 未, 已."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.core import Hints
from sqlwright.data import Context, PromptOptions
from sqlwright.data.prompting import prompt_for
from sqlwright.db import open_database
from sqlwright.parser.asked import as_asked
from sqlwright.parser.candidates import find_candidates
from sqlwright.parser.form import Compare, Elapsed, IsNull, Literally, Select
from sqlwright.parser.from_sql import parse_form
from sqlwright.parser.to_sql import Reading, render_form

SCRIPT = """
CREATE TABLE depot (depot_id INTEGER PRIMARY KEY, depot_name TEXT, manager_name TEXT, city TEXT,
  enabled CHAR(1) -- 启用标志 Y启用 N停用
);
CREATE TABLE client (client_id INTEGER PRIMARY KEY, client_name TEXT, phone TEXT, newsletter CHAR(1),
  quit_on DATE, joined_on DATE);
CREATE TABLE rental (rental_id INTEGER PRIMARY KEY, client_id INTEGER REFERENCES client (client_id),
  depot_id INTEGER REFERENCES depot (depot_id), machine TEXT, maker TEXT, fee NUMERIC, minor_faults INTEGER,
  state TEXT, -- R reserved, M missing, D scrapped, L leased
  zt TEXT, -- R 预订, M 丢失, D 报废, L 请假
  booked_at TEXT, due_on TEXT, back_at TEXT, closed_dt INTEGER, paid_on TEXT -- 付款日期
);
CREATE TABLE visits (shop_name TEXT, owner TEXT, grade TEXT, seen_on TEXT);
"""


@pytest.fixture(scope="module")
def hire(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "hire.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCRIPT)
        connection.executemany(
            "INSERT INTO depot VALUES (?, ?, ?, ?, ?)",
            [(1, "Riverbend", "Ida Moor", "Graz", "Y"), (2, "Hilltop", "Sam Falk", "Linz", "N")],
        )
        connection.executemany(
            "INSERT INTO client VALUES (?, ?, ?, ?, ?, ?)",
            [
                (i, f"Client {i}", "" if i % 5 == 0 else f"555-{i:03}", "YN"[i % 2],
                 f"2025-0{i % 6 + 1}-10" if i % 4 == 0 else None, f"2020-0{i % 8 + 1}-01")
                for i in range(1, 21)
            ],
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO rental VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (i, i % 20 + 1, i % 2 + 1, f"Lift {i % 7}", ("Acme", "Borg")[i % 2], 10.0 * i, i % 3,
                 "RMDL"[i % 4], "RMDL"[i % 4],
                 f"2025-03-{i % 28 + 1:02} 09:30:00", f"2025-04-{i % 28 + 1:02}", f"2025-04-{i % 28 + 1:02} 17:00:00",
                 0 if i % 3 == 0 else 20250400 + i % 28 + 1, None if i % 4 == 0 else f"2025-05-{i % 28 + 1:02}")
                for i in range(1, 61)
            ],
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO visits VALUES (?, ?, ?, ?)",
            [(f"Shop {i % 60}", f"Owner {i % 60}", "ABC"[i % 3], f"2025-01-{i % 28 + 1:02}") for i in range(150)],
        )
        connection.commit()
    with open_database(path) as database:
        yield Context.of(database, PromptOptions(samples=9))


def settled(hire, question: str, sql: str) -> str:
    query = parse_form(sql, hire.schema, profile=hire.profile)
    hints = prompt_for(question, hire, PromptOptions(samples=9)).hints
    return shown(hire, as_asked(query, question, hire.schema, hire.profile, hints))


def shown(hire, query) -> str:
    return render_form(query, hire.schema, reading=Reading.of(hire.profile))


@pytest.mark.parametrize(
    ("question", "sql", "expected"),
    [
        (
            "which depot is in another city than Graz",
            "SELECT depot_name FROM depot WHERE city <> 'Graz'",
            "SELECT depot_name FROM depot WHERE city != 'Graz'",
        ),
        (
            "没报废的租赁有几单",
            "SELECT COUNT(*) FROM rental WHERE zt = 'D'",
            "SELECT COUNT(*) FROM rental WHERE zt != 'D'",
        ),
        ("未启用的仓库", "SELECT depot_name FROM depot WHERE enabled = 'N'", None),
        (
            "rentals not counting reserved or missing ones",
            "SELECT COUNT(*) FROM rental WHERE state IN ('R', 'M')",
            "SELECT COUNT(*) FROM rental WHERE state NOT IN ('R', 'M')",
        ),
        (
            "who wants the newsletter but left no phone",
            "SELECT client_name FROM client WHERE newsletter = 'N' AND phone = ''",
            "SELECT client_name FROM client WHERE newsletter = 'Y' AND phone = ''",
        ),
    ],
)
def test_exclusions(hire, question, sql, expected):
    assert settled(hire, question, sql) == (expected or sql)


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        (
            "share of rentals without a payment date",
            "SELECT AVG(CASE WHEN paid_on IS NULL THEN 1.0 ELSE 0 END) FROM rental",
        ),
        ("how many missing machines were there", "SELECT COUNT(*) FROM rental WHERE state = 'M'"),
        (
            "2025年2月到3月离职的客户",
            "SELECT client_name FROM client WHERE quit_on >= '2025-02-01' AND quit_on < '2025-04-01'",
        ),
        ("逾期付款的租赁数", "SELECT COUNT(*) FROM rental WHERE paid_on > due_on"),
        ("请了假没报废的单数", "SELECT COUNT(*) FROM rental WHERE zt = 'L'"),
        ("who manages Riverbend", "SELECT manager_name FROM depot WHERE depot_name = 'Riverbend'"),
        ("number of minor faults per maker", "SELECT maker, SUM(minor_faults) FROM rental GROUP BY maker"),
    ],
)
def test_what_is_settled_already_stays(hire, question, sql):
    assert settled(hire, question, sql) == sql


def test_a_period_after_than_is_not_a_condition(hire):
    by_month = "SELECT strftime('%Y-%m', booked_at), COUNT(*) FROM rental GROUP BY strftime('%Y-%m', booked_at)"
    assert "WHERE" not in settled(hire, "每月租赁数比上个月增减多少", by_month)


def test_what_is_done_already_is_there(hire):
    unpaid = "SELECT COUNT(*) FROM rental WHERE paid_on IS NULL"
    assert settled(hire, "已付款的租赁数", unpaid).endswith("WHERE paid_on IS NOT NULL")
    assert settled(hire, "rentals that are already paid", unpaid).endswith("WHERE paid_on IS NOT NULL")
    assert settled(hire, "未付款的租赁数", unpaid).endswith("WHERE paid_on IS NULL")


def test_joins_do_not_repeat_what_is_listed(hire):
    joined = (
        "SELECT T1.client_name FROM client AS T1 JOIN rental AS T2 ON T1.client_id = T2.client_id WHERE T2.fee > 300"
    )
    assert settled(hire, "clients with a fee above 300", joined) == joined.replace("SELECT", "SELECT DISTINCT")
    machines = "SELECT T1.machine FROM rental AS T1 JOIN client AS T2 ON T1.client_id = T2.client_id"
    assert not settled(hire, "machines and who rented them", machines).startswith("SELECT DISTINCT")
    export = "SELECT owner FROM visits WHERE shop_name = 'Shop 1'"
    assert settled(hire, "who owns Shop 1", export) == export.replace("SELECT", "SELECT DISTINCT")


def test_columns_and_counts_that_are_named_beside_others(hire):
    listed = "SELECT depot_name FROM depot WHERE city = 'Graz'"
    asked = "depots in Graz, with city and depot id"
    assert settled(hire, asked, listed) == "SELECT depot_name, depot_id FROM depot WHERE city = 'Graz'"
    compared = "SELECT machine FROM rental WHERE maker = 'Acme' AND fee > 100"
    assert settled(hire, "machines of Acme and fee over 100", compared) == compared
    means = "SELECT maker, AVG(fee) FROM rental GROUP BY maker"
    both = "SELECT maker, COUNT(*), AVG(fee) FROM rental GROUP BY maker"
    assert settled(hire, "how many machines does each maker have, and the average fee", means) == both
    assert settled(hire, "average fee per maker", means) == means


def test_zero_among_dates_that_are_numbers_means_never(hire):
    profile = hire.profile.of("rental", "closed_dt")
    assert (profile.date_storage, profile.markers) == ("yyyymmdd", ("0",))
    for sql, condition in (("= 0", IsNull), ("<> 0", None)):
        query = parse_form(f"SELECT machine FROM rental WHERE closed_dt {sql}", hire.schema, profile=hire.profile)
        assert condition is None or isinstance(query.where, condition)
        assert shown(hire, query).endswith(f"WHERE closed_dt {sql}")


def test_a_time_is_compared_with_a_day_by_its_day(hire):
    late = parse_form("SELECT COUNT(*) FROM rental WHERE back_at > due_on", hire.schema, profile=hire.profile)
    assert shown(hire, late).endswith("WHERE date(back_at) > due_on")
    days = parse_form("SELECT COUNT(*) FROM rental WHERE due_on < paid_on", hire.schema, profile=hire.profile)
    assert shown(hire, days).endswith("WHERE due_on < paid_on")


def test_a_duration_has_the_unit_of_its_number(hire):
    query = parse_form(
        "SELECT machine FROM rental WHERE (julianday(back_at) - julianday(booked_at)) * 24 > 24",
        hire.schema,
        profile=hire.profile,
    )
    assert isinstance(query.where.left, Elapsed)
    minutes = Select(query.items, where=Compare(">", query.where.left, Literally("24", True, "min")))
    changed = as_asked(minutes, "which rentals took over 24 minutes", hire.schema, hire.profile, Hints())
    assert changed.where.left.function == "minutes_between"


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("comments with cold in spite of four stars", "cold"),
        ("patients with dizzy in a session note", "dizzy"),
        ("描述里有压坏、还没结案的单", "压坏"),
        ("备注谈到操作手的合同", "操作手"),
    ],
)
def test_words_to_search_for(question, word):
    assert word in {c.text for c in find_candidates(question, ())}
