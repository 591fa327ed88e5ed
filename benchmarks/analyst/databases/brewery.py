"""A brewery: DATE columns, liters, t/f flags, '' for missing, deliveries with promised days."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from random import Random

from .clock import day
from .rows import insert

DDL = """
CREATE TABLE recipes (recipe_id INTEGER PRIMARY KEY, beer_name TEXT, style TEXT, abv REAL,
  target_days INTEGER, is_seasonal TEXT);
CREATE TABLE tanks (tank_id INTEGER PRIMARY KEY, tank_name TEXT, capacity_l INTEGER, in_service TEXT);
CREATE TABLE batches (
  batch_id INTEGER PRIMARY KEY, recipe_id INTEGER REFERENCES recipes(recipe_id),
  tank_id INTEGER REFERENCES tanks(tank_id),
  brewed_on DATE, packaged_on DATE, volume_l REAL, loss_l REAL, taste_score INTEGER);
CREATE TABLE pubs (pub_id INTEGER PRIMARY KEY, pub_name TEXT, town TEXT, contact_mail TEXT, since DATE,
  parent_pub_id INTEGER REFERENCES pubs(pub_id));
CREATE TABLE deliveries (
  delivery_id INTEGER PRIMARY KEY, pub_id INTEGER REFERENCES pubs(pub_id),
  batch_id INTEGER REFERENCES batches(batch_id),
  promised_on DATE, delivered_on DATE, kegs INTEGER, keg_liters INTEGER, price_per_keg REAL, returned_kegs INTEGER);
"""
BEERS = [
    ("Harbor Pale", "pale ale", 5.1),
    ("Night Shift", "stout", 6.4),
    ("Cloudberry", "sour", 4.2),
    ("Plain Helles", "lager", 4.9),
    ("Smoke Signal", "smoked", 5.6),
    ("Winter Bock", "bock", 7.2),
    ("Hop Ladder", "ipa", 6.8),
    ("Double Ladder", "ipa", 8.1),
    ("Table Beer", "lager", 2.9),
]
PUBS = [
    *("The Anchor", "Old Smithy", "Copper Kettle", "Lantern", "The Two Geese", "Railway Arms"),
    *("Blue Door", "Fiddler's", "The Quay", "Moss & Malt", "Corner House", "Third Bell"),
]
FIRST, LAST = date(2022, 1, 5), date(2023, 12, 20)


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """9 recipes, 6 tanks, 110 batches, 12 pubs, 420 deliveries."""
    for number, beer in enumerate(BEERS, 1):
        row = (number, *beer, random.choice([14, 18, 21, 28]), "t" if beer[0] in ("Cloudberry", "Winter Bock") else "f")
        insert(connection, "recipes", row)
    for number in range(1, 7):
        row = (number, f"T{number}", 500 * random.randrange(2, 7), "f" if number == 4 else "t")
        insert(connection, "tanks", row)
    for number, name in enumerate(PUBS, 1):
        mail = "" if number in (3, 8) else None if number == 10 else f"orders@pub{number}.test"
        row = (
            number,
            name,
            random.choice(["Harwick", "Selby", "Dunmore"]),
            mail,
            day(random, date(2018, 1, 1), FIRST).isoformat(),
            1 if number in (4, 9) else 5 if number == 7 else None,
        )
        insert(connection, "pubs", row)
    packaged = {}
    for number in range(1, 111):
        brewed = day(random, FIRST, LAST)
        done = brewed + timedelta(days=random.randrange(12, 34))
        packaged[number] = done if done <= LAST else None
        volume = round(random.uniform(600, 2400), 0)
        score = random.randrange(4, 11) if packaged[number] and random.random() < 0.8 else None
        row = (
            number,
            random.randrange(1, 9),
            random.choice([1, 2, 3, 5]),
            brewed.isoformat(),
            done.isoformat() if done <= LAST else None,
            volume,
        )
        insert(connection, "batches", (*row, round(volume * random.uniform(0.02, 0.11), 1), score))
    ready = [number for number, at in packaged.items() if at and at < LAST - timedelta(days=10)]
    for number in range(1, 421):
        _delivery(connection, random, number, random.choice(ready), packaged)


def _delivery(
    connection: sqlite3.Connection, random: Random, number: int, batch: int, packaged: dict[int, date | None]
) -> None:
    promised = day(random, packaged[batch] or FIRST, LAST)
    delivered = promised + timedelta(days=random.choices([-1, 0, 1, 3, 7], [2, 6, 2, 1, 1])[0])
    row = (
        number,
        random.randrange(1, 12),
        batch,
        promised.isoformat(),
        delivered.isoformat() if delivered <= LAST else None,
    )
    rest = (
        random.randrange(1, 9),
        random.choice([20, 30, 50]),
        random.choice([65.0, 92.0, 128.0, 145.0]),
        random.choice([0, 0, 0, 1]),
    )
    insert(connection, "deliveries", (*row, *rest))
