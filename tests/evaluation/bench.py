"""A small benchmark on disk: two databases, questions, and predictions that go wrong in known ways."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

SHOP = """
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL);
INSERT INTO item VALUES (1, 'pen', 1.5), (2, 'ink', 4.0), (3, 'book', 12.25);
"""
ZOO = """
CREATE TABLE keeper (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE animal (id INTEGER PRIMARY KEY, name TEXT, legs INTEGER, keeper_id INTEGER REFERENCES keeper (id));
INSERT INTO keeper VALUES (1, 'Ada'), (2, 'Ben');
INSERT INTO animal VALUES (1, 'owl', 2, 1), (2, 'ant', 6, 1), (3, 'cat', 4, 2);
"""
GOLD_ADA = "SELECT count(*) FROM animal AS a JOIN keeper AS k ON a.keeper_id = k.id WHERE k.name = 'Ada'"
# id, db_id, question, gold, prediction (None: no row in the predictions file)
ROWS = (
    ("q1", "shop", "How many items?", "SELECT count(*) FROM item", "SELECT count(*) FROM item"),
    ("q2", "shop", "Name the items.", "SELECT name FROM item", "SELECT DISTINCT name FROM item"),
    ("q3", "shop", "The cheapest item?", "SELECT name FROM item ORDER BY price LIMIT 1", "SELECT name FROM item"),
    ("q4", "shop", "What is free?", "SELECT name FROM item WHERE price = 0", "SELECT name FROM item WHERE id = 9"),
    ("q5", "zoo", "Animals by legs?", "SELECT name FROM animal ORDER BY legs", "SELECT name FROM animal ORDER BY id"),
    ("q6", "zoo", "Count the animals of Ada.", GOLD_ADA, "SELECT count(*) FROM pets"),
    ("q7", "zoo", "Which animals have six legs?", "SELECT name FROM animal WHERE legs = 6", None),
    ("q8", "zoo", "Remove the owl.", "SELECT name FROM animal", "DELETE FROM animal"),
    ("q9", "lost", "Who is there?", "SELECT name FROM person", "SELECT name FROM person"),
)


def make_databases(folder: Path) -> Path:
    """shop.sqlite as a plain file, zoo in a folder of its own, as the releases have it."""
    (folder / "zoo").mkdir(parents=True)
    for path, script in ((folder / "shop.sqlite", SHOP), (folder / "zoo" / "zoo.sqlite", ZOO)):
        connection = sqlite3.connect(path)
        connection.executescript(script)
        connection.close()
    return folder


def write_rows(path: Path, rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def data_rows(rows=ROWS):
    return [{"id": i, "db_id": db, "question": q, "gold_sql": gold} for i, db, q, gold, _ in rows]


def prediction_rows(rows=ROWS, model="tiny"):
    return [
        {"id": i, "db_id": db, "question": q, "predicted_sql": sql, "raw_output": f"SQL: {sql}", "model": model}
        for i, db, q, _, sql in rows
        if sql is not None
    ]
