"""A coworking house: camelCase, epoch milliseconds, cents, Y/N flags."""

from __future__ import annotations

import sqlite3
from datetime import date
from random import Random

from .clock import later, milliseconds, moment
from .people import names
from .rows import insert

DDL = """
CREATE TABLE "Plan" (planCode TEXT PRIMARY KEY, planName TEXT NOT NULL, monthlyPriceCents INTEGER NOT NULL,
  includedHours INTEGER);
CREATE TABLE "Member" (
  memberId INTEGER PRIMARY KEY, fullName TEXT NOT NULL, emailAddress TEXT, companyName TEXT,
  planCode TEXT REFERENCES "Plan"(planCode), joinedAt INTEGER NOT NULL, lastSeenAt INTEGER,
  isFrozen TEXT NOT NULL DEFAULT 'N', referredBy INTEGER REFERENCES "Member"(memberId));
CREATE TABLE "Space" (
  spaceId INTEGER PRIMARY KEY, spaceName TEXT NOT NULL, kind TEXT NOT NULL, seats INTEGER NOT NULL,
  floorNo INTEGER, hourlyRateCents INTEGER NOT NULL, hasScreen TEXT NOT NULL);
CREATE TABLE "Reservation" (
  reservationId INTEGER PRIMARY KEY, memberId INTEGER NOT NULL REFERENCES "Member"(memberId),
  spaceId INTEGER NOT NULL REFERENCES "Space"(spaceId), startsAt INTEGER NOT NULL, endsAt INTEGER NOT NULL,
  state TEXT NOT NULL, guestCount INTEGER NOT NULL);
CREATE TABLE "Charge" (
  chargeId INTEGER PRIMARY KEY, memberId INTEGER NOT NULL REFERENCES "Member"(memberId), amountCents INTEGER NOT NULL,
  chargedAt INTEGER NOT NULL, paidAt INTEGER, method TEXT NOT NULL);
"""
PLANS = [
    ("FLEX", "Flex", 9900, 20),
    ("DED", "Dedicated Desk", 24900, 160),
    ("TEAM", "Team Office", 79000, None),
    ("DAY", "Day Pass", 0, 8),
]
SPACES = "Aspen Birch Cedar Dogwood Elm Fir Ginkgo Hazel Ivy Juniper Koa Larch Maple Nutmeg".split()
COMPANIES = ["Brightloom", "Tallow Labs", "Nordlys", "Peppermill", "Ravine Studio", None, None, None]
FIRST, LAST = date(2023, 1, 2), date(2024, 5, 31)


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """48 members, 14 spaces, 620 reservations, 260 charges."""
    insert(connection, "Plan", *PLANS)
    for number, (first, last) in enumerate(names(random, 48), 1):
        joined = moment(random, date(2022, 3, 1), date(2024, 4, 30))
        seen = None if random.random() < 0.15 else milliseconds(moment(random, max(joined.date(), FIRST), LAST))
        mail = None if random.random() < 0.12 else f"{first}.{last}@mail.test".lower()
        plan = random.choices([p[0] for p in PLANS], [5, 3, 1, 2])[0]
        referrer = random.randrange(1, number) if number > 5 and random.random() < 0.4 else None
        frozen = "Y" if random.random() < 0.17 else "N"
        row = (
            number,
            f"{first} {last}",
            mail,
            random.choice(COMPANIES),
            plan,
            milliseconds(joined),
            seen,
            frozen,
            referrer,
        )
        insert(connection, "Member", row)
    for number, name in enumerate(SPACES, 1):
        kind = random.choice(["DESK", "ROOM", "ROOM", "BOOTH"])
        seats = {"DESK": 1, "BOOTH": 2}.get(kind, random.choice([4, 6, 8, 12]))
        rate = {"DESK": 450, "BOOTH": 700}.get(kind, 300 * seats)
        row = (
            number,
            name,
            kind,
            seats,
            random.randrange(4),
            rate,
            "Y" if kind == "ROOM" and random.random() < 0.7 else "N",
        )
        insert(connection, "Space", row)
    _reservations(connection, random)
    _charges(connection, random)


def _reservations(connection: sqlite3.Connection, random: Random) -> None:
    for number in range(1, 621):
        start = moment(random, FIRST, LAST, (8, 18))
        end = later(start, random.choice([30, 60, 60, 90, 120, 180, 240]))
        state = random.choices(["CONFIRMED", "CANCELLED", "NO_SHOW"], [78, 15, 7])[0]
        row = (
            number,
            random.randrange(1, 43),
            random.randrange(1, 14),
            milliseconds(start),
            milliseconds(end),
            state,
            random.randrange(6),
        )
        insert(connection, "Reservation", row)


def _charges(connection: sqlite3.Connection, random: Random) -> None:
    for number in range(1, 261):
        charged = moment(random, FIRST, LAST)
        settled = later(charged, 60 * random.randrange(1, 700))
        paid = None if random.random() < 0.08 or settled.date() > LAST else milliseconds(settled)
        amount = random.choice([9900, 24900, 79000, 1350, 2700, 4800])
        row = (
            number,
            random.randrange(1, 46),
            amount,
            milliseconds(charged),
            paid,
            random.choice(["CARD", "CARD", "SEPA", "INVOICE"]),
        )
        insert(connection, "Charge", row)
