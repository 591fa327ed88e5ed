"""Pairs from a live database: every query runs, matters, and comes the same for the same seed."""

from __future__ import annotations

import duckdb
import pytest

from sqlwright.core import ConfigError, Example, SqlwrightError
from sqlwright.db import open_database
from sqlwright.synthesis import SynthesisOptions, synthesize, synthesize_pairs


def test_every_gold_query_runs_and_gives_something(shop_database):
    examples = list(synthesize(shop_database, 60))
    assert len(examples) == 60
    for example in examples:
        outcome = shop_database.run(example.gold_sql)
        assert outcome.ok, example.gold_sql
        assert any(value is not None for row in outcome.table.rows for value in row), example.gold_sql
        assert example.question.strip()
        assert example.db_id == shop_database.name


def test_the_same_seed_gives_the_same_pairs_and_another_seed_others(shop):
    def made(seed):
        with open_database(shop) as database:
            return [(e.id, e.question, e.gold_sql) for e in synthesize(database, 25, seed)]

    assert made(7) == made(7)
    assert made(7) != made(8)


def test_no_question_and_no_query_comes_twice(shop_database):
    examples = list(synthesize(shop_database, 60))
    assert len({e.id for e in examples}) == len({e.question for e in examples}) == 60
    assert len({e.gold_sql for e in examples}) == 60


def test_wordings_lets_one_query_come_in_other_words(shop_database):
    options = SynthesisOptions(wordings=3, shapes={"select count t0 end": 1})
    examples = list(synthesize(shop_database, 9, options=options))
    assert len({e.gold_sql for e in examples}) == 3
    assert len({e.question for e in examples}) == 9


def test_fewer_wordings_than_one_is_an_error():
    with pytest.raises(ConfigError):
        SynthesisOptions(wordings=0)


def test_a_small_database_ends_early_instead_of_running_on(shop_database):
    options = SynthesisOptions(shapes={"select count t0 end": 1})
    assert len(list(synthesize(shop_database, 100, options=options))) == 3


def test_what_is_held_out_does_not_come(shop_database):
    options = SynthesisOptions(shapes={"select count t0 end": 1})
    known = (Example("1", "shop", "?", "select COUNT( * ) from item"),)
    made = [
        e.gold_sql
        for e in synthesize(shop_database, 9, options=SynthesisOptions(1, shapes=options.shapes, avoid=known))
    ]
    assert made
    assert "SELECT COUNT(*) FROM item" not in made


def test_each_pair_names_its_shape(shop_database):
    options = SynthesisOptions(shapes={"select count t0 end": 1, "select t0.text0 end": 1})
    assert {p.shape for p in synthesize_pairs(shop_database, 6, options=options)} == set(options.shapes)


def test_a_database_without_rows_is_an_error_that_says_so(make):
    with open_database(make("CREATE TABLE t (a INTEGER)")) as database, pytest.raises(SqlwrightError, match="no table"):
        list(synthesize(database, 5))


def test_a_database_of_one_cell_gives_what_it_can(make):
    path = make("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1);")
    with open_database(path) as database:
        made = [e.gold_sql for e in synthesize(database, 1000)]
        assert 0 < len(made) < 100
        assert not any("WHERE" in sql or "GROUP" in sql for sql in made)


AWKWARD = """
CREATE TABLE "order" ("group" TEXT, "select" INTEGER, col1 TEXT, "a b" REAL, blob BLOB, "user's" TEXT);
CREATE TABLE "t 2" (c2 INTEGER, "Größe" TEXT);
CREATE VIEW broken AS SELECT missing FROM nowhere;
INSERT INTO "order" VALUES
  ('O''Brien', 1, 'x"y', 1.5, x'00', 'a%b'), ('O''Brien', 2, '100%', 2.5, x'01', '_c'), ('Zoë', 3, '', 3.5, NULL, ''),
  ('Zoë', 4, 'it''s', 4.5, x'02', 'd'), (NULL, 5, 'x"y', 5.5, x'03', 'd');
INSERT INTO "t 2" VALUES (1, 'groß'), (2, 'klein'), (2, 'groß');
"""


def test_awkward_names_and_values_a_broken_view_and_no_keys(make):
    with open_database(make(AWKWARD)) as database:
        examples = list(synthesize(database, 60))
        assert len(examples) > 30
        assert all(database.run(e.gold_sql).ok for e in examples)
        assert not any("blob" in e.gold_sql or "broken" in e.gold_sql for e in examples)


def test_duckdb(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR, city VARCHAR, joined DATE, active BOOLEAN);
            CREATE TABLE orders (
              id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer (id), price DECIMAL(8, 2)
            );
            INSERT INTO customer VALUES
              (1, 'Ann', 'Paris', '2024-01-05', true), (2, 'Bo', 'Oslo', '2024-03-01', false),
              (3, 'Cy', 'Oslo', '2025-01-09', true);
            INSERT INTO orders VALUES (1, 1, 9.5), (2, 1, 20), (3, 2, 7.25);
            """
        )
    with open_database(path) as database:
        examples = list(synthesize(database, 25))
        assert len(examples) == 25
        assert all(database.run(e.gold_sql).ok for e in examples)
        assert any(" JOIN " in e.gold_sql and "GROUP BY" in e.gold_sql for e in examples)
