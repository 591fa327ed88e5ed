"""Spider's levels of hardness."""

from __future__ import annotations

import pytest

from sqlwright.evaluation.hardness import hardness

from .test_exact_set import SCHEMA

JOINED = "student AS a JOIN pet AS b ON a.id = b.owner_id"


@pytest.mark.parametrize(
    ("gold", "level"),
    [
        ("SELECT name FROM student", "easy"),
        ("SELECT count(*) FROM student WHERE age > 3", "easy"),
        ("SELECT name, age FROM student", "medium"),
        ("SELECT name FROM student WHERE age > 3 ORDER BY age", "medium"),
        (f"SELECT a.name FROM {JOINED} WHERE b.kind = 'cat'", "medium"),
        (f"SELECT a.name FROM {JOINED} WHERE b.kind = 'cat' ORDER BY a.age", "hard"),
        ("SELECT name FROM student WHERE id IN (SELECT owner_id FROM pet)", "hard"),
        ("SELECT name FROM student UNION SELECT kind FROM pet", "hard"),
        ("SELECT name, age FROM student WHERE id IN (SELECT owner_id FROM pet)", "extra"),
        (f"SELECT a.name FROM {JOINED} WHERE b.kind = 'cat' ORDER BY a.age LIMIT 1", "extra"),
        ("WITH s AS (SELECT 1) SELECT * FROM s", "unknown"),
        ("", "unknown"),
    ],
)
def test_levels(gold, level):
    assert hardness(gold, SCHEMA) == level
