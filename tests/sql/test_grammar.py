"""What the grammar of a schema lets a model write, and what it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sqlwright.core import DIALECTS, Column, Schema, Table
from sqlwright.sql import check, default_policy
from sqlwright.sql.grammar import sql_grammar

llguidance = pytest.importorskip("llguidance")

SHOP = Schema(
    "shop",
    "sqlite",
    (
        Table("customer", (Column("id"), Column("name"), Column("city"), Column("order"))),
        Table("Order Items", (Column("Unit Price"), Column("customer_id"), Column("qty"))),
        Table("歌手", (Column("名字"), Column("age"))),
    ),
)
TOKENS = llguidance.LLTokenizer("byte")

ACCEPTED = """
SELECT * FROM customer
select Name from CUSTOMER where City = 'S''t' ;
SELECT count(*), city FROM customer GROUP BY city HAVING count(*) > 3 ORDER BY count(*) DESC LIMIT 3
SELECT T1.name FROM customer AS T1 JOIN "Order Items" AS T2 ON T1.id = T2.customer_id WHERE T2."Unit Price" >= -1.5
SELECT customer.name, c.* FROM customer c LEFT OUTER JOIN customer d ON c.id = d.id AND NOT c.city IS NULL
SELECT DISTINCT(city) FROM customer WHERE id NOT IN (SELECT customer_id FROM "Order Items") UNION SELECT 名字 FROM 歌手
SELECT CASE WHEN age > 3 THEN 'old' ELSE 'new' END AS kind, CAST(sum(age) AS REAL) * 100 / count(*) FROM 歌手
SELECT 名字 FROM 歌手 WHERE 名字 LIKE '%王%' AND age BETWEEN 3 AND (SELECT avg(age) FROM 歌手)
SELECT name, rank() OVER (PARTITION BY city ORDER BY id DESC) AS place FROM customer
SELECT "order", customer."order" FROM customer WHERE EXISTS (SELECT 1 FROM customer WHERE id=1)
SELECT round(avg(qty), 2) FROM (SELECT qty FROM "Order Items") AS x, customer
""".strip().splitlines()
REFUSED = """
SELECT * FROM customers
SELECT nme FROM customer
SELECT customer.qty FROM customer
SELECT T1.nme FROM customer AS T1
SELECT order FROM customer
SELECT * FROM Order Items
SELECT name FROM customer; SELECT 1
SELECT name FROM customer -- all
SELECT name /* all */ FROM customer
SELECT id--1 FROM customer
DELETE FROM customer
WITH x AS (DELETE FROM customer RETURNING id) SELECT * FROM x
SELECT load_extension('x') FROM customer
SELECT name INTO x FROM customer
SELECT name FROM sqlite_master
SELECT \u017fum(id) FROM customer
Here is the query: SELECT name FROM customer
```sql
PRAGMA table_info(customer)
SELECT 1 UNION SELECT sql FROM sqlite_schema
""".strip().splitlines()


def accepts(sql, schema=SHOP, **names):
    grammar = llguidance.LLMatcher.grammar_from_lark(sql_grammar(schema, **names))
    matcher = llguidance.LLMatcher(TOKENS, grammar, log_level=0)
    assert not matcher.is_error(), matcher.get_error()
    return matcher.consume_tokens(TOKENS.tokenize_str(sql)) and matcher.is_accepting()


@pytest.mark.parametrize("sql", ACCEPTED)
def test_queries_on_what_exists_are_in_the_grammar_and_pass_the_guard(sql):
    assert accepts(sql)
    policy = default_policy("sqlite", frozenset(t.full_name for t in SHOP))
    assert check(sql.removesuffix(";"), policy).allowed


@pytest.mark.parametrize("sql", REFUSED)
def test_nothing_else_is(sql):
    assert not accepts(sql)


def test_declared_names_are_taken_where_they_are_given():
    sql = "WITH rich AS (SELECT name AS who FROM customer) SELECT who FROM rich ORDER BY who"
    assert not accepts(sql)
    assert accepts(sql, ctes=("rich",), outputs=("who",))


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        ("postgres", 'SELECT "Unit Price" FROM "Order Items"', True),
        ("postgres", 'SELECT "CITY" FROM customer', False),  # in quotes case counts
        ("postgres", "SELECT CITY FROM customer", True),
        ("mysql", "SELECT `Unit Price` FROM `Order Items`", True),
        ("mysql", "SELECT name FROM CUSTOMER", False),  # tables are files
        ("mysql", 'SELECT name FROM customer WHERE city = "Oslo"', True),
        ("duckdb", 'SELECT name FROM customer WHERE city = "Oslo"', False),
        ("sqlite", "SELECT name FROM customer WHERE city = 'a\\'", False),
    ],
)
def test_names_and_strings_are_spelled_as_the_engine_reads_them(dialect, sql, expected):
    assert accepts(sql, replace(SHOP, dialect=dialect)) == expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_hostile_statement_is_in_the_grammar_of_its_tables(dialect):
    columns = tuple(map(Column, "a b c id x name v n u payload city price".split()))
    tables = tuple(Table(t, columns) for t in ("t", "u", "orders", "customers", "item", "customer"))
    schema = Schema("h", dialect, tables)
    start = llguidance.LLMatcher(TOKENS, llguidance.LLMatcher.grammar_from_lark(sql_grammar(schema)), log_level=0)
    rows = (Path(__file__).parent / "hostile.jsonl").read_text(encoding="utf-8").splitlines()
    statements = [row["sql"] for row in map(json.loads, rows) if row["engine"] == dialect]
    assert len(statements) > 20
    for sql in statements:
        matcher = start.deep_copy()
        assert not (matcher.consume_tokens(TOKENS.tokenize_str(sql)) and matcher.is_accepting()), sql


def test_a_schema_without_tables_has_no_grammar():
    with pytest.raises(ValueError, match="without tables"):
        sql_grammar(Schema("empty", "sqlite", ()))
