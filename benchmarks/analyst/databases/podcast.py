"""A podcast network: ISO text with T and Z, seconds, true/false in text, '' for missing."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from random import Random

from .clock import moment
from .people import names
from .rows import insert

DDL = """
CREATE TABLE hosts (id INTEGER PRIMARY KEY, name TEXT, country TEXT, email TEXT);
CREATE TABLE shows (
  id INTEGER PRIMARY KEY, title TEXT, genre TEXT, language TEXT, host_id INTEGER REFERENCES hosts(id),
  launched_on TEXT, ended_on TEXT, explicit TEXT);
CREATE TABLE episodes (
  id INTEGER PRIMARY KEY, show_id INTEGER REFERENCES shows(id), number INTEGER, title TEXT, published_at TEXT,
  duration_seconds INTEGER, transcript_url TEXT);
CREATE TABLE downloads (day TEXT, episode_id INTEGER REFERENCES episodes(id), app TEXT, downloads INTEGER);
CREATE TABLE sponsors (id INTEGER PRIMARY KEY, name TEXT, industry TEXT);
CREATE TABLE placements (
  id INTEGER PRIMARY KEY, sponsor_id INTEGER REFERENCES sponsors(id), episode_id INTEGER REFERENCES episodes(id),
  slot TEXT, fee_eur REAL);
"""
SHOWS = [
    ("Deep Fjord", "true crime", "en"),
    ("Kernel Talk", "technology", "en"),
    ("Küchenfunk", "food", "de"),
    ("Offside Again", "sports", "en"),
    ("Slow Money", "business", "en"),
    ("La Nuit Radio", "fiction", "fr"),
    ("Ask a Botanist", "science", "en"),
    ("Second Half", "sports", "en"),
    ("Ghost Ledger", "true crime", "en"),
    ("Byte Brunch", "technology", "de"),
]
SPONSORS = [
    ("Oatsy", "food"),
    ("VaultKey", "software"),
    ("Hikely", "outdoor"),
    ("MintBank", "finance"),
    ("Loomio", "software"),
    ("Brewbird", "food"),
    ("Cargo Bikes Co", "outdoor"),
    ("Tutorix", "education"),
]
APPS = {"Spotly": 5, "Apfel Podcasts": 4, "Overcastle": 2, "Web player": 1}


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """9 hosts, 10 shows, some 170 episodes, 8 sponsors."""
    for number, (first, last) in enumerate(names(random, 9), 1):
        mail = "" if number in (3, 7) else f"{first}@podnet.test".lower()
        insert(
            connection, "hosts", (number, f"{first} {last}", random.choice(["Norway", "Germany", "UK", "France"]), mail)
        )
    insert(connection, "sponsors", *[(n, *s) for n, s in enumerate(SPONSORS, 1)])
    for number, (title, genre, language) in enumerate(SHOWS, 1):
        launched = date(2021, 1, 1) + timedelta(days=random.randrange(700))
        ended = "2023-06-30" if number == 6 else "2024-01-15" if number == 8 else ""
        explicit = "true" if genre in ("true crime", "fiction") else "false"
        row = (number, title, genre, language, random.randrange(1, 9), launched.isoformat(), ended, explicit)
        insert(connection, "shows", row)
        for episode in range(1, 1 if number == 10 else random.randrange(12, 26)):
            _episode(connection, random, number, episode, date.fromisoformat(ended or "2024-04-30"))


def _episode(connection: sqlite3.Connection, random: Random, show: int, number: int, last: date) -> None:
    published = moment(random, date(2023, 1, 1), last)
    identity = 1000 * show + number
    transcript = f"https://podnet.test/t/{identity}" if random.random() < 0.7 else None
    row = (
        identity,
        show,
        number,
        f"Episode {number}",
        published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        random.randrange(900, 6600),
        transcript,
    )
    insert(connection, "episodes", row)
    for offset in range(3):
        at = (published + timedelta(days=offset)).date().isoformat()
        for app, weight in APPS.items():
            if random.random() < 0.8:
                insert(connection, "downloads", (at, identity, app, random.randrange(20, 400) * weight))
    for slot in ("pre-roll", "mid-roll"):
        if random.random() < 0.45:
            row = (None, random.randrange(1, 8), identity, slot, random.choice([120.0, 180.0, 250.0, 400.0]))
            insert(connection, "placements", row)
