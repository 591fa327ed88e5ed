"""SQL becomes the pointer form and comes back with the same rows; FROM says only what cannot be derived."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter

import pytest

from sqlwright.core import QueryLimits
from sqlwright.data import DatabaseFolder
from sqlwright.db import open_database
from sqlwright.parser.from_sql import FormError, parse_form
from sqlwright.parser.grammar import START, advance, allowed, class_of
from sqlwright.parser.linear import SequenceError, delinearize, linearize
from sqlwright.parser.to_sql import render_form
from sqlwright.parser.tokens import WORDS, ColumnPointer, PeriodPointer, TablePointer, ValuePointer
from tests.statements import trusted

# What is written of a query: words as they are, pointers by name.
CASES = [
    ("SELECT count(*) FROM customer", "select count customer end"),
    ("SELECT * FROM item", "select item end"),
    ("SELECT name FROM item ORDER BY price DESC LIMIT 1", "select item.name order item.price desc limit one end"),
    (
        "SELECT c.name FROM customer c JOIN orders o ON o.customer_id = c.id WHERE o.quantity > 2",
        "select customer.name where orders.quantity > '2' end",
    ),
    # The table in the middle of a path is derived.
    (
        "SELECT city FROM customer c JOIN orders ON c.id=customer_id JOIN item i ON i.id=item_id WHERE i.name = 'x'",
        "select customer.city where item.name = 'x' end",
    ),
    # A join that nothing else in the query needs is written.
    (
        "SELECT DISTINCT c.name FROM customer c JOIN orders o ON o.customer_id = c.id",
        "select distinct customer.name from orders end",
    ),
    # count(*) over a join points at the table that nothing else names.
    (
        "SELECT name, count(*) FROM customer c JOIN orders o ON customer_id = c.id GROUP BY c.id HAVING count(*) >= 2",
        "select customer.name count orders group customer.id having count orders >= '2' end",
    ),
    (
        "SELECT a.name FROM customer a JOIN customer b ON a.city = b.city WHERE b.name = 'Ann'",
        "select customer.name from on customer.city customer.city second where customer.name second = 'Ann' end",
    ),
    (
        "SELECT name FROM customer WHERE id NOT IN (SELECT customer_id FROM orders)",
        "select customer.name where not customer.id in select orders.customer_id end end",
    ),
    (
        "SELECT city FROM customer EXCEPT SELECT city FROM customer WHERE name LIKE '%o'",
        "except select customer.city end select customer.city where customer.name ends 'o' end",
    ),
    ("SELECT avg(price * 2) FROM item", "select avg * item.price '2' end"),
    ("SELECT count(DISTINCT city) FROM customer", "select count distinct customer.city end"),
    (
        "SELECT name FROM item WHERE (price < 2 OR price > 10) AND name NOT LIKE '%e%'",
        "select item.name where ( item.price < '2' or item.price > '10' ) and not item.name contains 'e' end",
    ),
    (
        "SELECT name FROM item WHERE price BETWEEN 1 AND 5 AND name IS NOT NULL",
        "select item.name where item.price between one '5' and not item.name null end",
    ),
    (
        "SELECT max(n) FROM (SELECT count(*) AS n FROM orders GROUP BY customer_id)",
        "select max out0 from source select count orders group orders.customer_id end end",
    ),
    (
        "SELECT name FROM item WHERE price = (SELECT max(price) FROM item)",
        "select item.name where item.price = select max item.price end end",
    ),
    (
        "SELECT c.name FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL",
        "select customer.name where not customer.id in select orders.customer_id end end",
    ),
    (
        "SELECT c.name FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.quantity IS NULL OR c.id = 3",
        (
            "select customer.name from left orders on orders.customer_id customer.id "
            "where orders.quantity null or customer.id = '3' end"
        ),
    ),
    # Rows with and without partners, by correlated queries.
    (
        "SELECT name FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)",
        "select customer.name where not customer.id in select orders.customer_id end end",
    ),
    (
        "SELECT name FROM item i WHERE EXISTS (SELECT 1 FROM orders o WHERE o.item_id = i.id AND o.quantity > 4)",
        "select item.name where item.id in select orders.item_id where orders.quantity > '4' end end",
    ),
    (
        "SELECT name FROM customer WHERE city IN ('Paris', 'Oslo')",
        "select customer.name where customer.city in 'Paris' 'Oslo' end",
    ),
]


def written(tokens):
    def word(token):
        if isinstance(token, ColumnPointer):
            return f"{token.table}.{token.column}"
        if isinstance(token, TablePointer):
            return token.table
        return f"'{token.text}'" if isinstance(token, ValuePointer) else token

    return " ".join(map(word, tokens))


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        yield opened


def multiset(database, sql):
    outcome = database.engine.execute(trusted(sql), QueryLimits(max_rows=100_000))
    assert outcome.ok, (sql, outcome.message())
    # Columns may come in another order: SELECT * lists the tables as they are joined.
    return Counter(tuple(sorted(map(repr, row))) for row in outcome.table.rows)


@pytest.mark.parametrize(("sql", "tokens"), CASES, ids=[sql[:60] for sql, _ in CASES])
def test_a_query_is_written_short_and_gives_the_same_rows(database, sql, tokens):
    form = parse_form(sql, database.schema())
    assert written(linearize(form)) == tokens
    assert delinearize(linearize(form)) == form
    assert multiset(database, render_form(form, database.schema())) == multiset(database, sql)


@pytest.mark.parametrize("sql", [sql for sql, _ in CASES])
def test_the_grammar_allows_every_token_and_ends_with_the_query(database, sql):
    stack = START
    for token in linearize(parse_form(sql, database.schema())):
        assert class_of(token) in allowed(stack)
        stack = advance(stack, class_of(token))
    assert stack == ()
    assert allowed(stack) == frozenset()


@pytest.mark.parametrize("seed", range(30))
def test_whatever_the_grammar_allows_can_be_read_and_rendered(database, seed):
    schema, rng = database.schema(), random.Random(seed)
    pointers = {
        "<table>": [TablePointer(t.full_name) for t in schema],
        "<column>": [ColumnPointer(t.full_name, c.name) for t in schema for c in t.columns],
        "<value>": [ValuePointer("3", True), ValuePointer("Oslo")],
        "<period>": [PeriodPointer("2023-Q4"), PeriodPointer("last 30 day")],
    }
    words = {}
    for w in WORDS:
        words.setdefault(class_of(w), []).append(w)
    tokens, stack = [], ("Query",)
    while stack and len(tokens) < 400:
        classes = sorted(allowed(stack))
        kind = "end" if "end" in classes and rng.random() < 0.5 else rng.choice(classes)
        tokens.append(rng.choice(pointers.get(kind) or words[kind]))
        stack = advance(stack, kind)
    # LIMIT takes a constant, and only a whole number means anything there.
    if not stack and "limit" not in tokens:
        assert render_form(delinearize(tokens), schema).startswith("SELECT")


@pytest.mark.parametrize("tokens", [[], ["select"], ["select", "count", TablePointer("item")], ["end"]])
def test_an_unfinished_query_is_an_error(tokens):
    with pytest.raises(SequenceError):
        delinearize(tokens)


@pytest.mark.parametrize(
    ("sql", "cause"),
    [
        ("SELECT nope FROM item", "no_such_column"),
        ("SELECT name FROM nope", "no_such_table"),
        ("SELECT name FROM", "syntax"),
        ("DELETE FROM item", "not_a_query"),
        ("SELECT name FROM item i WHERE EXISTS (SELECT 1 FROM orders o WHERE o.item_id > i.id)", "correlated"),
    ],
)
def test_what_the_form_cannot_say_is_refused_with_its_cause(database, sql, cause):
    with pytest.raises(FormError) as caught:
        parse_form(sql, database.schema())
    assert caught.value.cause == cause


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("file", "least"), [("dev.json.gz", 0.99), ("train_spider.json.gz", 0.99)])
def test_spiders_gold_comes_back_with_the_gold_rows(shared, spider_databases, file, least):
    folder, opened, good, total = DatabaseFolder(spider_databases), {}, 0, 0
    rows = json.loads(gzip.decompress((shared / "data/spider" / file).read_bytes()))
    for row in random.Random(0).sample(rows, 600):
        if row["db_id"] not in folder:
            continue
        database = opened.setdefault(row["db_id"], folder.open(row["db_id"]))
        if not database.engine.execute(trusted(row["query"]), QueryLimits()).ok:
            continue
        total += 1
        try:
            sql = render_form(parse_form(row["query"], database.schema()), database.schema())
        except FormError:
            continue
        good += multiset(database, sql) == multiset(database, row["query"])
    for database in opened.values():
        database.close()
    assert good / total >= least
