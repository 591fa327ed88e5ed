"""Which rows, dates and totals a question settles: current ones, those that are not excluded, those of a period."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.core import ColumnProfile, Hints, Profile, ValueMatch
from sqlwright.data import Context, PromptOptions
from sqlwright.db import open_database
from sqlwright.parser.asked import as_asked
from sqlwright.parser.asked.extremes import with_asked_extremes
from sqlwright.parser.asked.lists import with_elements
from sqlwright.parser.asked.repetition import without_repeated_conditions
from sqlwright.parser.asked.units import in_asked_units
from sqlwright.parser.doubts import CONTRADICTION, FIRST_ONLY, KEY_COMPARED, REPEATED, SELF_ARITHMETIC, doubts
from sqlwright.parser.from_sql import parse_form
from sqlwright.parser.to_sql import Reading, render_form
from sqlwright.prompts import link_names

SCRIPT = """
CREATE TABLE staff (staff_id INTEGER PRIMARY KEY, full_name TEXT, sex TEXT, hired_on DATE, left_on DATE,
  lead_id INTEGER, skills TEXT);
CREATE TABLE carrier (carrier_id INTEGER PRIMARY KEY, carrier_name TEXT, active TEXT, created_on DATE);
CREATE TABLE shipment (shipment_id INTEGER PRIMARY KEY, ref TEXT, carrier_id INTEGER REFERENCES carrier (carrier_id),
  status INTEGER, -- 10 planned, 30 in transit, 40 delivered, 90 cancelled
  country TEXT, booked_on DATE, delivered_on DATE, freight_cents INTEGER, fuel_cents INTEGER, dist_km REAL,
  returned CHAR(1) -- Y came back, N kept
);
CREATE TABLE invoice (invoice_id INTEGER PRIMARY KEY, billed_on DATE, amount_net NUMERIC, amount_tax NUMERIC,
  amount_total NUMERIC);
CREATE TABLE line (line_id INTEGER PRIMARY KEY, shipment_id INTEGER REFERENCES shipment (shipment_id),
  quantity INTEGER, unit_price NUMERIC, discount NUMERIC);
"""


@pytest.fixture(scope="module")
def depot(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "depot.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCRIPT)
        names = [f"{first} {last}" for first in ("Ada", "Ben", "Cleo", "Dora") for last in ("Noll", "Ortiz", "Pohl")]
        connection.executemany(
            "INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?, '')",
            [
                (i, name, "FM"[i % 2], f"2019-{i % 12 + 1:02}-11", f"2024-0{i % 5 + 1}-01" if i % 3 == 0 else None,
                 i % 3 + 1 if i > 3 else None)
                for i, name in enumerate(names, 1)
            ],
        )  # fmt: skip
        carriers = [(i, f"Carrier {chr(64 + i)}", "YN"[i % 4 == 0], f"2018-0{i}-01") for i in range(1, 9)]
        connection.executemany("INSERT INTO carrier VALUES (?, ?, ?, ?)", carriers)
        connection.executemany(
            "INSERT INTO shipment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (i, f"SH-{i:03}", i % 7 + 1 if i % 10 else None, (10, 30, 40, 90)[i % 4], ("DE", "FR")[i % 2],
                 f"2023-{i % 12 + 1:02}-05", f"2024-{i % 3 + 1:02}-07" if i % 4 == 2 else None, 100 * i, 10 * i,
                 25.0 * i, "YN"[i % 3 > 0])
                for i in range(1, 61)
            ],
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO invoice VALUES (?, ?, ?, ?, ?)",
            [(i, f"2023-{i % 12 + 1:02}-09", 10.0 * i, 1.5 * i, 11.5 * i) for i in range(1, 40)],
        )
        connection.executemany(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?)",
            [(i, i % 60 + 1, i % 5 + 1, 2 * i, 0.1 * (i % 3)) for i in range(1, 99)],
        )
        connection.execute("ALTER TABLE carrier ADD COLUMN fuel_cost NUMERIC DEFAULT 3.5")
        connection.commit()
    with open_database(path) as database:
        yield database, Context.of(database, PromptOptions(samples=9))


def hints(context, question: str) -> Hints:
    return Hints(link_names(question, context.schema), context.values.search(question))


def settled(depot, question: str, sql: str) -> str:
    _, context = depot
    query = parse_form(sql, context.schema, profile=context.profile)
    done = as_asked(query, question, context.schema, context.profile, hints(context, question))
    return render_form(done, context.schema, reading=Reading.of(context.profile))


@pytest.mark.parametrize(
    ("question", "sql", "where"),
    [
        ("current staff", "SELECT full_name FROM staff", "left_on IS NULL"),
        ("how many women work here at the moment", "SELECT full_name FROM staff WHERE sex = 'M'",
         "sex = 'F' AND left_on IS NULL"),
        ("former staff", "SELECT full_name FROM staff", "left_on IS NOT NULL"),
        ("carriers we no longer work with", "SELECT carrier_name FROM carrier WHERE active = 'Y'", "active = 'N'"),
        ("shipments in transit", "SELECT ref FROM shipment", "status = 30"),
        ("delivered shipments", "SELECT ref FROM shipment WHERE status = 10", "status = 40"),
        ("all shipments, leave out cancelled ones", "SELECT ref FROM shipment WHERE status = 90", "status != 90"),
        ("shipments to FR", "SELECT ref FROM shipment WHERE country != 'FR'", "country = 'FR'"),
        ("shipments that did not go to FR", "SELECT ref FROM shipment WHERE country != 'FR'", "country != 'FR'"),
        ("剔除DE的货运单", "SELECT ref FROM shipment WHERE country = 'DE'", "country != 'DE'"),
        ("shipments that were not returned", "SELECT ref FROM shipment WHERE returned = 'Y'", "returned = 'N'"),
        ("shipments that came back", "SELECT ref FROM shipment WHERE returned = 'N'", "returned = 'Y'"),
        ("shipments to FR", "SELECT ref FROM shipment WHERE country = 'DE'", "country = 'FR'"),
        ("shipments booked in 2023", "SELECT ref FROM shipment WHERE booked_on < '2023-01-01'",
         "booked_on >= '2023-01-01' AND booked_on < '2024-01-01'"),
        ("carriers created in 2018", "SELECT carrier_name FROM carrier",
         "created_on >= '2018-01-01' AND created_on < '2019-01-01'"),
    ],
)  # fmt: skip
def test_rows_that_the_question_means(depot, question, sql, where):
    assert settled(depot, question, sql).endswith(f" WHERE {where}")


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("shipments of the current month", "SELECT ref FROM shipment"),
        ("shipments booked before 2023", "SELECT ref FROM shipment WHERE booked_on < '2023-01-01'"),
        ("shipments booked in 2023 or later", "SELECT ref FROM shipment WHERE booked_on >= '2023-01-01'"),
        ("cancelled shipments", "SELECT ref FROM shipment WHERE status = 90"),
        ("returned shipments", "SELECT ref FROM shipment WHERE returned = 'Y'"),
    ],
)
def test_rows_that_stay(depot, question, sql):
    assert settled(depot, question, sql) == sql


def test_not_in_finds_rows_although_the_list_has_a_null(depot):
    database, _ = depot
    sql = settled(
        depot,
        "carriers without shipments",
        "SELECT carrier_name FROM carrier WHERE carrier_id NOT IN (SELECT carrier_id FROM shipment)",
    )
    assert sql.endswith("WHERE carrier_id IS NOT NULL)")
    assert database.run(sql).table.rows == (("Carrier H",),)


def test_the_date_is_that_of_the_rows_and_of_their_event(depot):
    by_carrier = (
        "SELECT strftime('%Y-%m', T1.created_on), COUNT(*) FROM carrier AS T1 JOIN shipment AS T2"
        " ON T1.carrier_id = T2.carrier_id GROUP BY strftime('%Y-%m', T1.created_on)"
    )
    assert settled(depot, "shipments per month", by_carrier).startswith(
        "SELECT strftime('%Y-%m', booked_on), COUNT(*) FROM shipment GROUP BY"
    )
    by_booking = "SELECT strftime('%Y-%m', booked_on), COUNT(*) FROM shipment GROUP BY strftime('%Y-%m', booked_on)"
    assert "strftime('%Y-%m', delivered_on), COUNT(*)" in settled(depot, "deliveries per month", by_booking)


def test_a_change_and_a_running_total_stand_beside_the_amount(depot):
    by_month = "SELECT strftime('%Y-%m', booked_on), COUNT(*) FROM shipment GROUP BY strftime('%Y-%m', booked_on)"
    running = settled(depot, "bookings per month and the running total", by_month)
    assert "COUNT(*), SUM(COUNT(*)) OVER (" in running
    change = settled(depot, "bookings per month and the change to the previous month", by_month)
    assert "COUNT(*), COUNT(*) - LAG(COUNT(*)) OVER (" in change
    assert settled(depot, "bookings per month", by_month).count("COUNT(*)") == 1


def test_amounts_of_two_columns(depot):
    minus = "SELECT SUM(freight_cents - fuel_cents) FROM shipment"
    assert "freight_cents + fuel_cents" in settled(depot, "total freight plus fuel", minus)
    assert "dist_km" in settled(depot, "freight per km of each shipment", "SELECT ref, freight_cents FROM shipment")
    revenue = settled(depot, "revenue of all lines", "SELECT SUM(unit_price) FROM line")
    assert revenue == "SELECT SUM(((quantity * unit_price) * (1 - discount))) FROM line"


def test_what_is_earned_is_not_a_sum_of_what_is_spent(depot):
    wrong = "SELECT SUM(fuel_cost) FROM carrier"
    assert settled(depot, "total revenue", wrong) == "SELECT SUM(((quantity * unit_price) * (1 - discount))) FROM line"
    assert settled(depot, "total fuel cost", wrong) == wrong


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("sales per month", "SUM(amount_total)"),
        ("revenue per month", "SUM(amount_total)"),
        ("number of sales per month", "COUNT(*)"),
        ("invoices per month", "COUNT(*)"),
    ],
)
def test_money_is_no_number_of_rows(depot, question, shown):
    sql = "SELECT strftime('%Y-%m', billed_on), COUNT(*) FROM invoice GROUP BY 1"
    assert f", {shown} FROM invoice" in settled(depot, question, sql)


def test_a_month_that_is_shown_is_the_month_of_the_group(depot):
    wrong = (
        "SELECT strftime('%Y-%m', booked_on), COUNT(*) FROM shipment GROUP BY strftime('%Y-%m', delivered_on) "
        "ORDER BY strftime('%Y-%m', delivered_on)"
    )
    assert "delivered_on" not in settled(depot, "shipments booked per month", wrong)


def test_a_discount_is_taken_only_by_a_column_of_rates(depot):
    wrong = "SELECT SUM(quantity * (1 - unit_price / 100.0) * unit_price) FROM line"
    assert settled(depot, "revenue of all lines", wrong) == "SELECT SUM((quantity * unit_price)) FROM line"
    right = "SELECT SUM(((quantity * unit_price) * (1 - discount))) FROM line"
    assert settled(depot, "revenue of all lines", right) == right
    prices = "SELECT SUM(unit_price) FROM line"
    assert settled(depot, "sum of the unit prices", prices) == prices


def test_each_row_once(depot):
    sql = "SELECT country FROM shipment"
    assert settled(depot, "unique countries of shipments", sql) == "SELECT DISTINCT country FROM shipment"
    assert settled(depot, "country of each shipment", sql) == sql


@pytest.mark.parametrize(
    ("question", "sql", "price"),
    [
        ("shipments", "SELECT ref FROM shipment LIMIT 1", FIRST_ONLY),
        ("latest shipment", "SELECT ref FROM shipment ORDER BY booked_on DESC LIMIT 1", 0.0),
        ("shipments", "SELECT ref FROM shipment WHERE carrier_id > 3", KEY_COMPARED),
        ("freight", "SELECT SUM(freight_cents - freight_cents) FROM shipment", SELF_ARITHMETIC),
        (
            "shipments",
            "SELECT ref FROM shipment WHERE delivered_on < '2024-01-01' AND delivered_on IS NULL",
            CONTRADICTION,
        ),
        ("shipments to FR", "SELECT ref FROM shipment WHERE country = 'FR' AND country = 'FR'", REPEATED),
        ("shipments to FR", "SELECT ref FROM shipment WHERE country = 'FR' AND country = 'DE'", CONTRADICTION),
    ],
)
def test_what_speaks_against_a_query(depot, question, sql, price):
    _, context = depot
    query = parse_form(sql, context.schema, profile=context.profile)
    assert doubts(query, question, hints(context, question), context.schema, context.profile) == price


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("shipments booked on a weekend", "CAST(strftime('%w', booked_on) AS INTEGER) IN (0, 6)"),
        ("shipments booked on Fridays", "CAST(strftime('%w', booked_on) AS INTEGER) = 5"),
        ("周末的货运单", "CAST(strftime('%w', booked_on) AS INTEGER) IN (0, 6)"),
        ("shipments booked on working days", "CAST(strftime('%w', booked_on) AS INTEGER) NOT IN (0, 6)"),
    ],
)
def test_days_of_the_week_are_a_condition(depot, question, where):
    assert settled(depot, question, "SELECT ref FROM shipment") == f"SELECT ref FROM shipment WHERE {where}"


@pytest.mark.parametrize("question", ["shipments from Monday to Friday", "shipments per weekday", "shipments"])
def test_no_days_of_the_week_are_meant(depot, question):
    assert settled(depot, question, "SELECT ref FROM shipment") == "SELECT ref FROM shipment"


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("staff whose skills mention welding", "skills LIKE '%welding%'"),
        ("staff with welding in their skills", "skills LIKE '%welding%'"),
        ("welding staff", "skills = 'welding'"),
    ],
)
def test_words_that_are_searched_for_are_contained(depot, question, where):
    sql = "SELECT full_name FROM staff WHERE skills = 'welding'"
    assert settled(depot, question, sql).endswith(f"WHERE {where}")


def test_a_condition_stands_once(depot):
    _, context = depot
    query = parse_form("SELECT ref FROM shipment WHERE country = 'FR' AND country = 'FR'", context.schema)
    assert without_repeated_conditions(query) == parse_form(
        "SELECT ref FROM shipment WHERE country = 'FR'", context.schema
    )


@pytest.mark.parametrize(
    ("question", "amount"),
    [
        ("freight per country", "(SUM(freight_cents) / 100.0)"),
        ("freight per country in euros", "(SUM(freight_cents) / 100.0)"),
        ("freight per country in cents", "SUM(freight_cents)"),
    ],
)
def test_cents_are_shown_in_the_whole_unit_of_the_currency(depot, question, amount):
    assert f"SELECT country, {amount} FROM" in settled(
        depot, question, "SELECT country, SUM(freight_cents) FROM shipment GROUP BY country"
    )


def test_a_running_total_of_cents_has_the_unit_of_the_amount_beside_it(depot):
    month = "strftime('%Y-%m', booked_on)"
    sql = (
        f"SELECT {month}, SUM(freight_cents), SUM(SUM(freight_cents)) OVER (ORDER BY {month}) FROM shipment GROUP BY 1"
    )
    shown = settled(depot, "running total of freight per month", sql)
    assert "(SUM(freight_cents) / 100.0), SUM((SUM(freight_cents) / 100.0)) OVER" in shown


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("highest unit price for each shipment", "SELECT shipment_id, MAX(unit_price) FROM line GROUP BY shipment_id"),
        ("line with the highest unit price for each shipment", "SELECT shipment_id, line_id FROM ("),
        ("which line has the highest unit price in each shipment", "SELECT shipment_id, line_id FROM ("),
        ("most expensive line of each shipment", "SELECT shipment_id, line_id FROM ("),
    ],
)
def test_the_highest_amount_of_each_group_is_no_row(depot, question, shown):
    _, context = depot
    ranked = "SELECT shipment_id, line_id, ROW_NUMBER() OVER (PARTITION BY shipment_id ORDER BY unit_price DESC) AS n"
    query = parse_form(f"SELECT shipment_id, line_id FROM ({ranked} FROM line) WHERE n = 1", context.schema)
    settled_query = with_asked_extremes(query, question, hints(context, question))
    assert render_form(settled_query, context.schema).startswith(shown)


def test_hours_of_minutes_are_sixtieths(depot):
    _, context = depot
    minutes = ColumnProfile("line", "quantity", "number", unit="min", numeric=True)
    query = parse_form("SELECT SUM(quantity) / 3600.0 FROM line", context.schema)
    shown = in_asked_units(query, "hours in may", Profile({("line", "quantity"): minutes}))
    assert render_form(shown, context.schema) == "SELECT (SUM(quantity) / 60.0) FROM line"


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        ("skills = 'welding'", "skills LIKE '%welding%'"),
        ("skills != 'welding'", "skills NOT LIKE '%welding%'"),
        ("skills IN ('welding', 'forklift')", "skills LIKE '%welding%' OR skills LIKE '%forklift%'"),
        ("full_name = 'Ada Noll'", "full_name = 'Ada Noll'"),
    ],
)
def test_a_list_has_an_element_and_is_not_equal_to_it(depot, condition, where):
    _, context = depot
    elements = Hints(values=tuple(ValueMatch("staff", "skills", v, v, element=True) for v in ("welding", "forklift")))
    query = parse_form(f"SELECT full_name FROM staff WHERE {condition}", context.schema)
    assert render_form(with_elements(query, elements), context.schema).endswith(f"WHERE {where}")


def test_a_reference_to_the_own_table_of_persons_is_inferred(depot):
    _, context = depot
    assert [k.key.columns for k in context.profile.inferred_keys] == [("lead_id",)]
