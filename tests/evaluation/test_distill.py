"""A model's own answers as training rows: those that ran, gave rows, and were agreed on."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter

import pytest
from click.testing import CliRunner

from sqlwright.cli.synthesize import command
from sqlwright.core import Example, UsageError
from sqlwright.db import open_database
from sqlwright.evaluation.distill import DistillOptions, distill
from sqlwright.generation.scripted import ScriptedGenerator

ALL = "SELECT name FROM item"
SCRIPT = {
    "Which items are there?": [ALL, "SELECT name FROM item ORDER BY price", "SELECT price FROM item", ALL],
    "Which prices?": ["SELECT price FROM item", ALL, "SELECT 1 FROM item", "SELECT count(*) FROM item"],
    "Which items cost nothing?": ["SELECT name FROM item WHERE price = 0"] * 4,
    "Who?": ["SELECT who FROM item"] * 4,
    "How many items?": ["SELECT count(*) FROM item"] * 4,
    "Dearest?": ["SELECT max(price) FROM item"] * 4,
}


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE item (name TEXT, price REAL)")
        connection.executemany("INSERT INTO item VALUES (?, ?)", [("tea", 2.5), ("cup", 4.0)])
    connection.close()
    return path


def test_what_ran_gave_rows_and_was_agreed_on_is_kept_and_the_rest_counted(shop):
    held_out = (
        Example("a", "shop", "how many items?", "SELECT 3"),
        Example("b", "shop", "x", "select MAX(price) from item"),
    )
    refused: Counter[str] = Counter()
    questions = [*SCRIPT, "which items are there?"]
    with open_database(str(shop)) as database:
        options = DistillOptions(samples=4, avoid=held_out)
        made = list(distill(ScriptedGenerator(SCRIPT), database, "shop", questions, 0, options, refused))
    assert [(e.question, e.db_id) for e in made] == [("Which items are there?", "shop")]
    assert made[0].gold_sql.startswith(ALL)
    expected = {"known_question": 2, "no_agreement": 1, "no_rows": 1, "fails": 1, "known_sql": 1}
    assert dict(refused) == expected


def test_the_command_writes_rows(shop, tmp_path):
    script, asked, out = tmp_path / "script.jsonl", tmp_path / "asked.txt", tmp_path / "own.jsonl"
    script.write_text("".join(json.dumps({"question": q, "text": t}) + "\n" for q, t in SCRIPT.items()))
    asked.write_text("Dearest?\n\nWho?\n")
    given = [
        "-d",
        shop,
        "--from-model",
        f"scripted:{script}",
        "--questions",
        asked,
        "--samples",
        4,
        "-o",
        out,
        "--json",
    ]
    result = CliRunner().invoke(command, list(map(str, given)), standalone_mode=False)
    assert result.exception is None
    report = json.loads(result.stdout)
    assert (report["written"], report["answers_refused"]) == (1, {"fails": 1})
    assert json.loads(out.read_text())["gold_sql"] == "SELECT max(price) FROM item"


def test_it_needs_a_database_and_questions(shop, tmp_path):
    given = ["-d", shop, "--from-model", "scripted:x", "-o", tmp_path / "own.jsonl"]
    result = CliRunner().invoke(command, list(map(str, given)), standalone_mode=False)
    assert isinstance(result.exception, UsageError)
