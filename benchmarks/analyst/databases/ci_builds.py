"""A build server: abbreviated names, no declared keys, epoch seconds, milliseconds, a lookup table of status codes."""

from __future__ import annotations

import sqlite3
from datetime import date
from random import Random

from .clock import later, moment, seconds
from .people import names
from .rows import insert

DDL = """
CREATE TABLE repo (repo_id INTEGER, slug TEXT, lang TEXT, is_archived INTEGER, created_ts INTEGER);
CREATE TABLE dev (dev_id INTEGER, handle TEXT, full_name TEXT, team TEXT, mentor_id INTEGER,
  joined_ts INTEGER, left_ts INTEGER);
CREATE TABLE bld (
  bld_id INTEGER, repo_id INTEGER, dev_id INTEGER, branch TEXT, st_cd INTEGER,
  queued_ts INTEGER, started_ts INTEGER, finished_ts INTEGER, is_nightly INTEGER);
CREATE TABLE st (cd INTEGER, label TEXT);
CREATE TABLE step_run (bld_id INTEGER, step TEXT, dur_ms INTEGER, exit_code INTEGER);
"""
REPOS = [
    ("atlas-api", "Go"),
    ("atlas-web", "TypeScript"),
    ("billing-core", "Java"),
    ("docs-site", "TypeScript"),
    ("edge-proxy", "Rust"),
    ("feature-flags", "Go"),
    ("ingest", "Python"),
    ("ml-ranking", "Python"),
    ("mobile-app", "Kotlin"),
    ("old-portal", "Java"),
]
STATES = [(1, "passed"), (2, "failed"), (3, "cancelled"), (4, "timed out")]
STEPS = {"checkout": 6_000, "lint": 25_000, "unit tests": 180_000, "package": 60_000, "deploy": 90_000}
FIRST, LAST = date(2023, 7, 1), date(2024, 3, 15)


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """10 repositories, 22 developers, 700 builds, some 2,500 steps."""
    insert(connection, "st", *STATES)
    for number, (slug, lang) in enumerate(REPOS, 1):
        created = seconds(moment(random, date(2019, 1, 1), date(2023, 6, 1)))
        insert(connection, "repo", (number, slug, lang, int(slug in ("old-portal", "ingest")), created))
    for number, (first, last) in enumerate(names(random, 22), 1):
        joined = moment(random, date(2020, 1, 1), date(2023, 12, 1))
        left = seconds(moment(random, date(2023, 12, 2), LAST)) if random.random() < 0.2 else None
        mentor = random.randrange(1, 7) if number > 6 else None
        team = random.choice(["platform", "payments", "web", "data"])
        row = (number, f"{first[:1]}{last}".lower(), f"{first} {last}", team, mentor, seconds(joined), left)
        insert(connection, "dev", row)
    for number in range(1, 701):
        _build(connection, random, number)


def _build(connection: sqlite3.Connection, random: Random, number: int) -> None:
    repo = random.choices(range(1, 10), [9, 8, 6, 2, 4, 3, 5, 4, 7])[0]
    queued = moment(random, FIRST, LAST, (0, 24))
    code = random.choices([1, 2, 3, 4], [72, 18, 7, 3])[0]
    started = None if code == 3 and random.random() < 0.6 else later(queued, random.uniform(0.1, 12))
    spent = 0
    if started:
        for step, usual in STEPS.items():
            if step == "deploy" and code != 1:
                break
            took = round(usual * random.uniform(0.4, 2.2))
            broken = int(code == 2 and step == "unit tests")
            insert(connection, "step_run", (number, step, took, broken))
            spent += took
    finished = later(started, spent / 60_000) if started else None
    branch = random.choice(["main", "main", "develop", "feature/search", "feature/sso", "hotfix/login"])
    times = (seconds(queued), seconds(started) if started else None, seconds(finished) if finished else None)
    row = (number, repo, random.randrange(1, 21), branch, code, *times, int(queued.hour < 5))
    insert(connection, "bld", row)
