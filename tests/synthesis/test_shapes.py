"""A shape is a query without its names and values."""

from __future__ import annotations

import json
import random

import pytest

from sqlwright.core import QueryLimits
from sqlwright.parser.from_sql import FormError, parse_form
from sqlwright.synthesis import Shape, common_shapes, count_shapes, shape_of
from sqlwright.synthesis.fill import fill
from sqlwright.synthesis.profile import read_profile
from sqlwright.synthesis.slots import slots_of


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT COUNT(*) FROM item", "select count t0 end"),
        ("SELECT name FROM customer WHERE city = 'Paris'", "select t0.text0 where t0.text1 = ? end"),
        ("SELECT name FROM item ORDER BY price DESC LIMIT 1", "select t0.text0 order t0.number0 desc limit one end"),
        (
            "SELECT name FROM customer WHERE id NOT IN (SELECT customer_id FROM orders)",
            "t1<t0 select t0.text0 where not t0.pk in select t1.fk0>t0 end end",
        ),
        (
            "SELECT o.quantity FROM orders o JOIN item i ON o.item_id = i.id WHERE i.price > 2",
            "t1>t0 select t0.number0 where t1.number0 > ? end",
        ),
        (
            (
                "SELECT c.name FROM customer c JOIN orders o ON c.id = o.customer_id JOIN item i ON i.id = o.item_id"
                " WHERE i.name = 'pen'"
            ),
            "t1~t0 select t0.text0 where t1.text0 = ? end",
        ),
    ],
)
def test_names_and_values_become_slots(shop_database, sql, name):
    shape = shape_of(parse_form(sql, shop_database.schema()), shop_database.schema())
    assert shape == Shape.named(name)
    assert shape.name == name


def test_a_self_join_has_no_shape(shop_database):
    schema = shop_database.schema()
    query = parse_form("SELECT a.name FROM item a JOIN item b ON a.price = b.price", schema)
    assert shape_of(query, schema) is None
    assert count_shapes([(query, schema)]) == {"": 1}


def test_a_filled_shape_has_that_shape_again(shop_database):
    profile = read_profile(shop_database, QueryLimits())
    rng = random.Random(0)
    filled = 0
    for name in list(common_shapes())[:300]:
        for _ in range(10):
            query = fill(Shape.named(name), profile, rng)
            if query is not None and "date" not in str(shape_of(query, profile.schema)):
                filled += 1
                assert shape_of(query, profile.schema).tokens == Shape.named(name).tokens
    assert filled > 200


def test_slots_know_their_uses():
    slots = slots_of(Shape.named("select t0.text0 where t0.number0 > ? order t0.number1 desc limit ? end"))
    uses = {c.word: [(u.clause, u.operator, u.limited) for u in c.uses] for c in slots.columns}
    assert uses == {
        "t0.text0": [("select", "", True)],
        "t0.number0": [("where", ">", True)],
        "t0.number1": [("order", "", True)],
    }
    assert [(v.word, v.operator) for v in slots.values] == [("t0.number0", ">"), ("", "limit")]


def test_the_common_shapes_are_many_and_small():
    shapes = common_shapes()
    assert len(shapes) > 1000
    assert min(shapes.values()) >= 2
    assert len(json.dumps(shapes)) < 150_000


@pytest.mark.shared
@pytest.mark.slow
def test_the_common_shapes_are_those_of_spider_train(shared):
    from sqlwright.data import read_examples, read_schemas

    schemas = read_schemas(shared / "data/spider/tables.json.gz")

    def queries():
        for example in read_examples(shared / "data/spider/train_spider.json.gz"):
            try:
                yield parse_form(example.gold_sql, schemas[example.db_id], "sqlite"), schemas[example.db_id]
            except FormError:
                continue

    counts = count_shapes(queries())
    assert {name: n for name, n in counts.items() if n > 1 and name} == common_shapes()
    assert sum(common_shapes().values()) > 0.9 * sum(counts.values())


def test_shapes_without_a_clause_have_none_of_it():
    from sqlwright.core import UsageError
    from sqlwright.synthesis.clauses import CLAUSES, has_clause, shapes_without

    for clause in CLAUSES:
        left = shapes_without(common_shapes(), [clause])
        assert 0 < len(left) < len(common_shapes()), clause
        assert not any(has_clause(name, clause) for name in left)
    with pytest.raises(UsageError, match="Did you mean 'join'"):
        shapes_without(common_shapes(), ["joins"])
