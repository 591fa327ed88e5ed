"""Charging points for cars: no declared keys, epoch seconds, watt-hours, cents, days as `20230401`, T/F flags."""

from __future__ import annotations

import sqlite3
from datetime import date
from random import Random

from .clock import day, later, moment, seconds
from .people import names
from .rows import insert

DDL = """
CREATE TABLE sites (site_code TEXT, site_name TEXT, city TEXT, operator TEXT, opened TEXT);
CREATE TABLE points (point_id INTEGER, site_code TEXT, plug TEXT, max_kw REAL, out_of_service INTEGER);
CREATE TABLE cards (card_no TEXT, holder TEXT, tariff TEXT, issued_at INTEGER, blocked TEXT);
CREATE TABLE sessions (
  session_id INTEGER, point_id INTEGER, card_no TEXT, plugged_in_at INTEGER, unplugged_at INTEGER,
  energy_wh INTEGER, price_ct INTEGER, end_reason TEXT);
CREATE TABLE faults (fault_id INTEGER, point_id INTEGER, reported_at INTEGER, fixed_at INTEGER, severity TEXT);
"""
SITES = [
    ("HBF", "Central Station", "Graz", "Voltera"),
    ("MKT", "Market Square", "Graz", "Voltera"),
    ("UNI", "Campus North", "Linz", "Ampland"),
    ("MAL", "Riverside Mall", "Linz", "Ampland"),
    ("STA", "Stadium P3", "Salzburg", "Voltera"),
    ("AIR", "Airport P1", "Salzburg", "Stromnetz Sued"),
    ("LAK", "Lakeside", "Villach", "Stromnetz Sued"),
    ("NEW", "Harbour Depot", "Linz", "Ampland"),
]
REASONS = ["user", "full", "timeout", "error"]
FIRST, LAST = date(2023, 4, 1), date(2024, 3, 31)


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """8 sites, 26 points, 40 cards, 800 sessions, 60 faults."""
    for code, name, city, operator in SITES:
        opened = day(random, date(2019, 1, 1), date(2023, 3, 1)).strftime("%Y%m%d")
        insert(connection, "sites", (code, name, city, operator, opened))
    points = {}
    for number in range(1, 27):
        plug = random.choice(["CCS", "CCS", "Type 2", "CHAdeMO"])
        points[number] = {"CCS": random.choice([75.0, 150.0, 300.0]), "Type 2": 22.0, "CHAdeMO": 50.0}[plug]
        row = (number, random.choice(SITES[:7])[0], plug, points[number], int(random.random() < 0.15))
        insert(connection, "points", row)
    for number, (first, last) in enumerate(names(random, 40), 1):
        issued = seconds(moment(random, date(2021, 1, 1), FIRST))
        row = (
            f"C{number:03}",
            f"{first} {last}",
            random.choice(["basic", "plus", "fleet"]),
            issued,
            "T" if random.random() < 0.1 else "F",
        )
        insert(connection, "cards", row)
    _sessions(connection, random, points)
    _faults(connection, random)


def _sessions(connection: sqlite3.Connection, random: Random, points: dict[int, float]) -> None:
    for number in range(1, 801):
        point = random.randrange(1, 26)
        start = moment(random, FIRST, LAST, (0, 21))
        minutes = random.randrange(8, 170)
        energy = round(1000 * points[point] * minutes / 60 * random.uniform(0.1, 0.35))
        end = None if number > 796 else seconds(later(start, minutes))
        card = None if random.random() < 0.12 else f"C{random.randrange(1, 36):03}"
        row = (
            number,
            point,
            card,
            seconds(start),
            end,
            energy,
            round(energy * 0.045),
            random.choices(REASONS, [60, 25, 10, 5])[0],
        )
        insert(connection, "sessions", row)


def _faults(connection: sqlite3.Connection, random: Random) -> None:
    for number in range(1, 61):
        at = moment(random, FIRST, LAST)
        fixed = later(at, 60 * random.randrange(1, 200))
        row = (
            number,
            random.randrange(1, 24),
            seconds(at),
            None if number % 9 == 0 or fixed.date() > LAST else seconds(fixed),
            random.choice(["low", "medium", "high"]),
        )
        insert(connection, "faults", row)
