"""Every product becomes a database in any style, and each name and value in it has words in both languages."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.core.dialect import quote_identifier
from sqlwright.db import open_database
from sqlwright.synthesis.products import load_product, product_names, realize

SEEDS = (1, 2, 3)


def _name(text):
    return quote_identifier(text, "sqlite", always=True)


@pytest.fixture(scope="module", params=product_names())
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    product = load_product(request.param)
    return product, [realize(product, seed, folder / f"{seed}.sqlite", scale=0.08) for seed in SEEDS]


def _both(words):
    return all((words.english, words.chinese))


def _ask(realized, sql):
    with closing(sqlite3.connect(realized.path)) as connection:
        return connection.execute(sql).fetchall()


def test_every_table_has_rows(made):
    for realized in made[1]:
        for table in realized.concepts:
            assert _ask(realized, f"SELECT COUNT(*) FROM {_name(table.table)}") == [(table.rows,)]
            assert table.rows > 0


def test_every_name_has_words_in_both_languages(made):
    for realized in made[1]:
        for table in realized.concepts:
            assert all((table.nouns, table.chinese)), table.table
            for column in table.columns:
                assert _both(column.words), (table.table, column.column)
                for value in column.values:
                    assert _both(value.words), (column.column, value)
                if column.flag:
                    assert _both(column.flag.true), (table.table, column.column)
                    assert _both(column.flag.false), (table.table, column.column)
            for derived in (*table.measures, *table.spans, *table.lates):
                assert _both(derived.words), derived


def test_the_database_is_what_the_schema_says(made):
    for realized in made[1]:
        with open_database(realized.path) as database:
            read = database.schema()
        assert {t.name for t in read} == {t.name for t in realized.schema}
        for table in realized.schema:
            known = read.table(table.name)
            assert [(c.name, c.type, c.comment) for c in known.columns] == [
                (c.name, c.type, c.comment) for c in table.columns
            ]
            assert (known.comment, known.primary_key) == (table.comment, table.primary_key)
            assert {k.columns: k.ref_table for k in known.foreign_keys} == {
                k.columns: k.ref_table for k in table.foreign_keys
            }


def test_references_name_rows_and_keys_are_unique(made):
    for realized in made[1]:
        for table in realized.concepts:
            name = _name(table.table)
            for key in table.key:
                assert _ask(realized, f"SELECT COUNT(DISTINCT {_name(key)}) FROM {name}") == [(table.rows,)]
            for column in table.columns:
                if not column.ref_table:
                    continue
                target, key, own = _name(column.ref_table), _name(column.ref_column), _name(column.column)
                lost = f"SELECT COUNT(*) FROM {name} WHERE {own} NOT IN (SELECT {key} FROM {target})"
                assert _ask(realized, lost) == [(0,)], (table.table, column.column)


def test_values_flags_and_gaps_are_stored_as_the_concepts_say(made):
    for realized in made[1]:
        for table in realized.concepts:
            for column in table.columns:
                rows = _ask(realized, f"SELECT {_name(column.column)} FROM {_name(table.table)}")
                stored = {str(v) for (v,) in rows if v not in (None, "")}
                if column.values:
                    assert stored <= {value.stored for value in column.values}, column
                if column.flag:
                    assert stored <= {column.flag.true_value, column.flag.false_value}
                missing = {"": 0, "null": rows.count((None,)), "blank": rows.count(("",))}[column.missing]
                assert round(missing / table.rows, 4) == round(column.missing_share, 4)


def test_measures_durations_and_due_dates_run(made):
    for realized in made[1]:
        for table in realized.concepts:
            for measure in table.measures:
                sql = f"SELECT COUNT({measure.sql(_name)}) FROM {_name(table.table)}"
                assert _ask(realized, sql)[0][0] > 0, measure
            columns = {c.column for c in table.columns}
            assert {s.start for s in table.spans} | {s.end for s in table.spans} <= columns
            assert {e.due for e in table.lates} | {e.done for e in table.lates} <= columns


def test_the_same_seed_gives_the_same_database(made, tmp_path):
    product, (first, *_) = made
    again = realize(product, first.seed, tmp_path / "1.sqlite", scale=0.08)
    assert again.schema == first.schema
    assert again.concepts == first.concepts
    with closing(sqlite3.connect(again.path)) as one, closing(sqlite3.connect(first.path)) as other:
        assert list(one.iterdump()) == list(other.iterdump())
