"""Greetings and the like get a sentence and no query, and no question about data is taken for one."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing

import pytest

from sqlwright.answering import ask
from sqlwright.cli.ask import print_answer
from sqlwright.core import Profile, Schema
from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator
from sqlwright.inference.small_talk import small_talk
from sqlwright.receipt.reply import reply
from sqlwright.serving.answer_text import answer_text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hello", "hello"),
        ("Hello there!", "hello"),
        ("Hi, how are you?", "hello"),
        ("Good morning", "hello"),
        ("thanks", "thanks"),
        ("Thank you very much!", "thanks"),
        ("ok thanks, bye", "thanks"),
        ("Who are you?", "who"),
        ("hi, who are you", "who"),
        ("What’s your name?", "who"),
        ("What can you do?", "can"),
        ("what can I ask", "can"),
        ("help", "can"),
        ("Bye!", "bye"),
        ("你好", "hello"),
        ("您好！", "hello"),
        ("谢谢", "thanks"),
        ("你是谁？", "who"),
        ("你能做什么？", "can"),
        ("再见", "bye"),
    ],
)
def test_small_talk_is_known_by_its_whole_text(text, kind):
    assert small_talk(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "hello kitty products",
        "Hi, how many customers are there?",
        "help tickets",
        "How many people said thanks?",
        "who are you customers",
        "Who are the customers?",
        "thanks, now only those in Paris",
        "你好超市的订单",
        "谢谢，再看看巴黎的客户",
        "bye weeks by team",
        "?!",
        "",
        "hello, " * 40,
    ],
)
def test_anything_more_is_a_question(text):
    assert small_talk(text) == ""


def test_the_sentence_has_two_questions_about_the_databases_own_tables(shop):
    with open_database(shop) as database:
        answer = ask("hello", database, ScriptedGenerator([]))
        chinese = ask("你好", database, ScriptedGenerator([]))
    assert (answer.kind, answer.status, answer.sql, answer.attempts) == ("small_talk", "refused", "", ())
    assert answer.table is None
    assert answer.reason == (
        "Hello. Ask about the data in shop, for example: How many customers are there? How many customers are there"
        " for each city?"
    )
    assert chinese.reason == "你好。可以询问 shop 中的数据，例如：customer 有多少条？ 每个 city 有多少 customer？"
    assert answer_text(answer) == answer.reason


def test_a_category_gives_a_question_by_group(tmp_path):
    with closing(sqlite3.connect(tmp_path / "help.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE ticket (id INTEGER PRIMARY KEY, status TEXT)")
        rows = [(i, ("open", "closed", "waiting")[i % 3]) for i in range(90)]
        connection.executemany("INSERT INTO ticket VALUES (?, ?)", rows)
    with open_database(tmp_path / "help.sqlite") as database:
        answer = ask("What can you do?", database, ScriptedGenerator([]))
    assert answer.reason.endswith("How many tickets are there? How many tickets are there for each status?")


def test_a_database_without_tables_is_said_to_have_none():
    assert reply("hello", "shop", Schema("shop", "sqlite", ()), Profile(), "en") == (
        "Hello. The database shop has no tables to ask about."
    )


def test_a_terminal_shows_the_sentence_alone(shop, capsys):
    with open_database(shop) as database:
        print_answer(ask("thanks", database, ScriptedGenerator([])))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("You are welcome. Ask about")


@pytest.mark.shared
def test_no_question_of_spider_or_chase_is_caught(shared):
    asked = []
    for name in ("dev.json.gz", "train_spider.json.gz"):
        with gzip.open(shared / "data" / "spider" / name, "rt", encoding="utf-8") as file:
            asked += [row["question"] for row in json.load(file)]
    for path in sorted((shared / "data" / "chase").rglob("*.json*")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:
            asked += [turn["utterance"] for dialogue in json.load(file) for turn in dialogue.get("interaction", ())]
    assert len(asked) > 8_000
    assert [question for question in asked if small_talk(question)] == []
