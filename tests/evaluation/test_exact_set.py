"""Spider's exact set match, with the gaps of its grammar."""

from __future__ import annotations

import pytest

from sqlwright.core import Column, ForeignKey, Schema, Table
from sqlwright.evaluation.rules import exact_set_match

SCHEMA = Schema(
    "school",
    "sqlite",
    (
        Table("student", (Column("id"), Column("name"), Column("age"), Column("city"))),
        Table(
            "pet",
            (Column("pet_id"), Column("owner_id"), Column("kind")),
            foreign_keys=(ForeignKey(("owner_id",), "student", ("id",)),),
        ),
    ),
)


def match(gold, predicted):
    return exact_set_match(gold, predicted, SCHEMA)


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [
        ("SELECT name, age FROM student", "SELECT age, name FROM student"),
        ("SELECT name FROM student WHERE age > 3", "select NAME from Student where AGE > 99"),
        (
            "SELECT name FROM student WHERE age > 3 AND city = 'a'",
            'SELECT name FROM student WHERE city = "b" AND age > 1',
        ),
        ("SELECT DISTINCT name FROM student", "SELECT name FROM student"),
        ("SELECT count(DISTINCT age) FROM student", "SELECT count(age) FROM student"),
        ("SELECT name FROM student ORDER BY age LIMIT 1", "SELECT name FROM student ORDER BY age LIMIT 5"),
        (
            "SELECT a.name FROM student AS a JOIN pet AS b ON a.id = b.owner_id",
            "SELECT x.name FROM pet AS y JOIN student AS x ON x.age = y.pet_id",
        ),
        (
            "SELECT a.id FROM student AS a JOIN pet AS b ON a.id = b.owner_id",
            "SELECT b.owner_id FROM student AS a JOIN pet AS b ON a.id = b.owner_id",
        ),
        ("SELECT name FROM student", "SELECT name FROM student ;"),
        ("SELECT name FROM student", "SELECT name FROM student ; what follows is not read"),
        ("SELECT name FROM student WHERE age ! = 3", "SELECT name FROM student WHERE age != 4"),
    ],
)
def test_matches(gold, predicted):
    assert match(gold, predicted)


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [
        ("SELECT name FROM student", "SELECT age FROM student"),
        ("SELECT name FROM student", "SELECT name, age FROM student"),
        ("SELECT name FROM student WHERE age > 3", "SELECT name FROM student WHERE age >= 3"),
        (
            "SELECT name FROM student WHERE age > 3 AND city = 'a'",
            "SELECT name FROM student WHERE age > 3 OR city = 'a'",
        ),
        ("SELECT max(age) FROM student", "SELECT min(age) FROM student"),
        ("SELECT name FROM student ORDER BY age", "SELECT name FROM student ORDER BY age DESC"),
        ("SELECT name FROM student ORDER BY age", "SELECT name FROM student ORDER BY age LIMIT 1"),
        ("SELECT city FROM student GROUP BY city", "SELECT city FROM student GROUP BY city HAVING count(*) > 1"),
        ("SELECT name FROM student UNION SELECT kind FROM pet", "SELECT name FROM student EXCEPT SELECT kind FROM pet"),
        (
            "SELECT name FROM student WHERE id IN (SELECT owner_id FROM pet)",
            "SELECT name FROM student WHERE id NOT IN (SELECT owner_id FROM pet)",
        ),
        (
            "SELECT name FROM student WHERE id IN (SELECT DISTINCT owner_id FROM pet)",
            "SELECT name FROM student WHERE id IN (SELECT owner_id FROM pet)",
        ),
    ],
)
def test_differs(gold, predicted):
    assert match(gold, gold)
    assert match(predicted, predicted)
    assert not match(gold, predicted)


@pytest.mark.parametrize(
    "predicted",
    [
        "",
        "I do not know.",
        "SELECT",
        "SELECT name FROM",
        "SELECT name FROM nowhere",
        "SELECT surname FROM student",
        "SELECT name AS n FROM student",
        "SELECT name FROM student AS a LEFT JOIN pet AS b ON a.id = b.owner_id",
        "SELECT name FROM student, pet",
        "WITH s AS (SELECT * FROM student) SELECT name FROM s",
        "SELECT name FROM student WHERE age <> 3",
        "SELECT name FROM student WHERE age=3",
        "SELECT name FROM student WHERE city = 'Ann's'",
        "SELECT name FROM student LIMIT",
        "SELECT name FROM student WHERE age > 1 age < 5 OR age = 9",
        "SELECT T1.* FROM student AS T1",
        "DELETE FROM student",
        "(" * 3_000 + "SELECT name FROM student",
        "SELECT name FROM student WHERE " + "id IN (SELECT id FROM student WHERE " * 2_000,
    ],
    ids=lambda sql: sql[:40],
)
def test_what_the_grammar_does_not_read_matches_nothing(predicted):
    assert not match("SELECT name FROM student", predicted)
    assert not match(predicted, predicted)
