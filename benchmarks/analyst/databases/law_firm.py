"""A law firm: DATE columns, minutes, status codes explained in comments, natural keys."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from random import Random

from .clock import day
from .people import names
from .rows import insert

DDL = """
CREATE TABLE client (client_id INTEGER PRIMARY KEY, client_name TEXT, sector TEXT, country TEXT, vat_id TEXT);
CREATE TABLE lawyer (
  lawyer_id INTEGER PRIMARY KEY, last_name TEXT, first_name TEXT, grade TEXT,
  hourly_rate NUMERIC, -- euro
  supervisor_id INTEGER REFERENCES lawyer(lawyer_id), left_on DATE);
CREATE TABLE matter (
  matter_no TEXT PRIMARY KEY, client_id INTEGER REFERENCES client(client_id), title TEXT, practice_area TEXT,
  opened DATE, closed DATE,
  status_code INTEGER, -- 1 open, 2 on hold, 3 closed, 4 archived
  lead_lawyer_id INTEGER REFERENCES lawyer(lawyer_id));
CREATE TABLE time_entry (
  entry_id INTEGER PRIMARY KEY, matter_no TEXT REFERENCES matter(matter_no),
  lawyer_id INTEGER REFERENCES lawyer(lawyer_id),
  work_date DATE, minutes INTEGER, billable CHAR(1));
CREATE TABLE invoice (
  invoice_no TEXT PRIMARY KEY, matter_no TEXT REFERENCES matter(matter_no), invoice_date DATE, due_date DATE,
  paid_date DATE,
  net_amount NUMERIC, -- euro
  discount_pct NUMERIC);
"""
CLIENTS = [
    ("Arden Foods", "food", "Ireland"),
    ("Baltic Rail", "transport", "Latvia"),
    ("Cobalt Mining", "mining", "Finland"),
    ("Delphi Clinics", "health", "Greece"),
    ("Ember Energy", "energy", "Spain"),
    ("Fenwick Press", "media", "Ireland"),
    ("Gala Hotels", "hospitality", "Spain"),
    ("Harrow Bank", "banking", "Ireland"),
    ("Isar Robotics", "machinery", "Germany"),
    ("Juno Textiles", "textiles", "Portugal"),
    ("Kestrel Air", "transport", "Germany"),
    ("Lumen Optics", "machinery", "Germany"),
]
AREAS = ["litigation", "tax", "employment", "mergers", "real estate"]
LAST = date(2024, 6, 28)


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """12 clients, 16 lawyers, 60 matters, 900 time entries, 110 invoices."""
    for number, client in enumerate(CLIENTS, 1):
        vat = None if number in (4, 7, 11) else f"EU{random.randrange(10**7, 10**8)}"
        insert(connection, "client", (number, *client, vat))
    for number, (first, last) in enumerate(names(random, 16), 1):
        grade = "partner" if number < 4 else "counsel" if number < 7 else "associate" if number < 14 else "trainee"
        rate = {"partner": 420, "counsel": 340, "associate": 240, "trainee": 110}[grade] + 5 * random.randrange(6)
        boss = None if number < 4 else random.randrange(1, 4) if number < 7 else random.randrange(1, 7)
        left = "2023-11-30" if number == 9 else "2024-03-31" if number == 13 else None
        insert(connection, "lawyer", (number, last, first, grade, rate, boss, left))
    opened = {}
    for number in range(1, 61):
        opened[number] = day(random, date(2022, 1, 10), date(2024, 5, 20))
        status = random.choices([1, 2, 3, 4], [5, 1, 3, 1])[0]
        closed = (
            min(LAST, opened[number] + timedelta(days=random.randrange(30, 400))).isoformat() if status > 2 else None
        )
        client, area = random.randrange(1, 12), random.choice(AREAS)
        row = (
            _number(number),
            client,
            f"{CLIENTS[client - 1][0]} {area} {number}",
            area,
            opened[number].isoformat(),
            closed,
            status,
        )
        insert(connection, "matter", (*row, random.randrange(1, 7)))
    _time_entries(connection, random, opened)
    for number in range(1, 111):
        _invoice(connection, random, number, opened)


def _number(matter: int) -> str:
    return f"M-{matter:04}"


def _invoice(connection: sqlite3.Connection, random: Random, number: int, opened: dict[int, date]) -> None:
    matter = random.randrange(1, 53)
    issued = day(random, opened[matter], LAST)
    due = issued + timedelta(days=30)
    paid = issued + timedelta(days=random.randrange(5, 60))
    settled = paid.isoformat() if paid <= LAST and random.random() < 0.9 else None
    amount, discount = 50 * random.randrange(10, 400), random.choice([0, 0, 0, 5, 10])
    row = (f"INV{number:05}", _number(matter), issued.isoformat(), due.isoformat(), settled, amount, discount)
    insert(connection, "invoice", row)


def _time_entries(connection: sqlite3.Connection, random: Random, opened: dict[int, date]) -> None:
    for number in range(1, 901):
        matter = random.randrange(1, 57)
        worked = day(random, opened[matter], LAST).isoformat()
        row = (
            number,
            _number(matter),
            random.randrange(1, 16),
            worked,
            6 * random.randrange(2, 70),
            random.choices("YN", [8, 2])[0],
        )
        insert(connection, "time_entry", row)
