"""Questions about the catalogue are answered from the schema, and no question about the rows ever is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqlwright.answering import ask
from sqlwright.core import Column, Schema, Table
from sqlwright.data import read_examples
from sqlwright.data.schemas import read_schemas
from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator
from sqlwright.inference.catalogue import catalogue_table

PAIRS = Path(__file__).resolve().parents[2] / "src" / "sqlwright" / "data" / "demo" / "pairs.jsonl"


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        yield opened


CUSTOMER_ID = (("customer", "id", "INTEGER"), ("orders", "customer_id", "INTEGER"))
ITEM = (("id", "INTEGER", ""), ("name", "TEXT", ""), ("price", "REAL", ""))
LISTED = (("customer", "table", 3, ""), ("item", "table", 3, ""), ("orders", "table", 5, ""))


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many tables are there?", ((3,),)),
        ("How many tables does this database have?", ((3,),)),
        ("有几张表？", ((3,),)),
        ("这个数据库里一共有多少张表？", ((3,),)),
        ("Which tables are there?", LISTED),
        ("what tables do you have", LISTED),
        ("Please list all tables.", LISTED),
        ("Show me the tables in the database", LISTED),
        ("What columns does item have?", ITEM),
        ("What columns do items have?", ITEM),
        ("Which fields are in the item table?", ITEM),
        ("list the columns of item", ITEM),
        ("Describe the item table", ITEM),
        ("item 表有哪些列？", ITEM),
        ("How many columns does the orders table have?", (("orders", 5),)),
        ("订单表有多少个字段？", (("orders", 5),)),
        ("Which tables have a customer id?", CUSTOMER_ID),
        ("which tables contain a customer_id column?", CUSTOMER_ID),
        ("哪些表有客户编号?", CUSTOMER_ID),
        ("哪些表包含 customer_id 这个字段", CUSTOMER_ID),
        ("Which table has the price?", (("item", "price", "REAL"),)),
        ("Which tables reference customers?", (("orders", "customer_id", "customer (id)"),)),
        ("哪些表引用了客户表？", (("orders", "customer_id", "customer (id)"),)),
    ],
)
def test_answered_without_a_model(database, question, rows):
    answer = ask(question, database, ScriptedGenerator([]))
    assert (answer.kind, answer.status, answer.sql, answer.attempts) == ("catalogue", "answered", "", ())
    assert answer.table.rows == rows or answer.table.rows == tuple(
        ("表" if c == "table" else c for c in r) for r in rows
    )


def test_headings_are_in_the_questions_language(database):
    assert catalogue_table("哪些表有价格？", database.schema(), "zh").columns == ("表", "列", "类型")
    assert catalogue_table("Which tables have a price?", database.schema()).columns == ("table", "column", "type")


@pytest.mark.parametrize(
    "question",
    [
        "How many customers are there?",
        "Which customers have an order?",
        "What columns does the weather have?",
        "Which tables have more than two rows?",
        "Which tables have the most orders?",
        "Which table has a price above 3?",
        "How many tables did we sell?",
        "List all items in the table by price",
        "Describe the orders of Ann",
        "Show the columns of orders and count them by city",
        "哪些客户有订单？",
        "哪张表的价格最高？",
        "有多少张订单？",
        "table",
        "",
        "x" * 300 + " tables",
    ],
)
def test_a_question_about_rows_goes_to_the_model(database, question):
    assert catalogue_table(question, database.schema()) is None


def test_a_database_about_tables_keeps_its_questions():
    seats = Schema("inn", "sqlite", (Table("dining_table", (Column("id"), Column("seats"))),))
    assert catalogue_table("How many tables are there?", seats) is None
    assert catalogue_table("Which tables have seats?", seats) is None


def test_no_question_of_the_demo_is_caught(database):
    asked = [json.loads(line)["question"] for line in PAIRS.read_text("utf-8").splitlines()]
    assert len(asked) > 100
    assert [q for q in asked if catalogue_table(q, database.schema())] == []


@pytest.mark.shared
def test_no_question_of_spider_is_caught(shared):
    """Each is asked of its own schema, whose names would let a pattern match."""
    folder = shared / "data" / "spider"
    schemas = read_schemas(folder / "tables.json.gz")
    examples = list(read_examples(folder / "dev.json.gz"))
    assert len(examples) == 1034
    assert [e.question for e in examples if catalogue_table(e.question, schemas[e.db_id])] == []
