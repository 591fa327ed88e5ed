"""Complaints to a city, one wide table: text times, Yes/No, '' for missing, NULL scores."""

from __future__ import annotations

import sqlite3
from datetime import date
from random import Random

from .clock import later, moment
from .rows import insert

DDL = """
CREATE TABLE complaints (
  "Case ID" TEXT PRIMARY KEY, "Opened" TEXT, "Closed" TEXT, "Due" TEXT, "Status" TEXT, "Category" TEXT,
  "Subcategory" TEXT,
  "District" TEXT, "Street" TEXT, "House No" TEXT, "Channel" TEXT, "Priority" INTEGER, "Duplicate" TEXT,
  "Anonymous" TEXT,
  "Reporter Email" TEXT, "Crew" TEXT, "Visits" INTEGER, "Labor Hours" REAL, "Material Cost" REAL, "Labor Cost" REAL,
  "Photos" INTEGER, "Satisfaction" INTEGER, "Lat" REAL, "Lon" REAL, "Reopened" TEXT, "Notes" TEXT);
"""
KINDS = {
    "Lighting": ["Lamp out", "Flickering", "Pole damaged"],
    "Road": ["Pothole", "Faded marking", "Sinkhole"],
    "Waste": ["Missed pickup", "Illegal dumping", "Overflowing bin"],
    "Noise": ["Construction", "Bar", "Traffic"],
    "Green": ["Fallen tree", "Overgrown path"],
    "Graffiti": ["Wall", "Street sign"],
}
DISTRICTS = ["Altona", "Brickfield", "Canal Side", "Docklands", "Eastgate", "Foxhill"]
STREETS = ["Mill Road", "Queen Street", "Harbor Lane", "Station Road", "Orchard Way", "Elm Avenue", "Bridge Street"]
CREWS = ["Crew A", "Crew B", "Crew C", "Night crew", ""]


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """500 complaints."""
    for number in range(1, 501):
        opened = moment(random, date(2022, 10, 1), date(2023, 12, 31), (6, 23))
        state = random.choices(["Closed", "Open", "In progress", "Rejected"], [75, 10, 9, 6])[0]
        hours = random.randrange(2, 500)
        closed = later(opened, 60 * hours).strftime("%Y-%m-%d %H:%M") if state in ("Closed", "Rejected") else ""
        due = later(opened, 60 * 240).strftime("%Y-%m-%d %H:%M")
        category = random.choice(list(KINDS))
        labor = round(random.uniform(0.5, 9), 1) if state == "Closed" else None
        anonymous = random.random() < 0.3
        row = (
            f"SC-{number:05}",
            opened.strftime("%Y-%m-%d %H:%M"),
            closed,
            due,
            state,
            category,
            random.choice(KINDS[category]),
            random.choices(DISTRICTS, [6, 5, 4, 4, 3, 2])[0],
            random.choice(STREETS),
            str(random.randrange(1, 120)),
            random.choice(["App", "App", "Phone", "Web", "Email"]),
            random.randrange(1, 4),
            random.choices(["Yes", "No"], [1, 9])[0],
            "Yes" if anonymous else "No",
            "" if anonymous else f"citizen{random.randrange(1, 260)}@mail.test",
            random.choice(CREWS),
            random.randrange(0, 4),
            labor,
            round(random.uniform(0, 300), 2) if labor else None,
            round(labor * 38, 2) if labor else None,
            random.randrange(0, 5),
            random.randrange(1, 6) if state == "Closed" and random.random() < 0.5 else None,
            round(random.uniform(53.5, 53.6), 5),
            round(random.uniform(9.9, 10.1), 5),
            random.choices(["Yes", "No"], [1, 12])[0],
            "",
        )
        insert(connection, "complaints", row)
