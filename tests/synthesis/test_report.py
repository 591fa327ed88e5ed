"""The report says what repeats, what leaked, and how the shapes compare."""

from __future__ import annotations

import pytest

from sqlwright.core import Example
from sqlwright.synthesis import Pair, report_on
from sqlwright.synthesis.report import clause_share, distance


def pair(question, sql, shape="select count t0 end"):
    return Pair(Example(question, "shop", question, sql), shape)


PAIRS = [
    pair("How many items?", "SELECT COUNT(*) FROM item"),
    pair("how many  items?", "SELECT COUNT(*) FROM item"),
    pair("Count items.", "select count(*) from ITEM"),
    pair("Which items?", "SELECT name FROM item", "select t0.text0 end"),
]


def test_repetitions_are_counted_as_written_and_in_normal_form():
    report = report_on(PAIRS, "sqlite")
    assert (report.pairs, report.repeated_questions, report.repeated_sql, report.repeated_forms) == (4, 1, 1, 2)
    assert report.leaked_questions is None


def test_leaks_are_questions_and_statements_that_the_held_out_file_has():
    held_out = [
        Example("1", "shop", "WHICH items?", "SELECT id FROM item"),
        Example("2", "shop", "?", "SELECT name FROM item;"),
    ]
    report = report_on(PAIRS, "sqlite", held_out=held_out)
    assert (report.leaked_questions, report.leaked_sql) == (1, 1)


def test_shapes_stand_beside_their_real_share():
    report = report_on(
        PAIRS, "sqlite", real={"select count t0 end": 1, "select t0.text0 end": 3}, rejections={"empty": 2}
    )
    assert [(s.name, s.count, s.share, s.real_share) for s in report.shapes] == [
        ("select count t0 end", 3, 0.75, 0.25),
        ("select t0.text0 end", 1, 0.25, 0.75),
    ]
    assert report.distance == 0.5
    assert report.to_dict()["rejections"] == {"empty": 2}


def test_distance_is_0_for_equal_shares_and_1_for_nothing_in_common():
    assert distance({"a": 1, "b": 1}, {"a": 5, "b": 5}) == 0
    assert distance({"a": 1}, {"b": 1}) == 1


@pytest.mark.parametrize(
    ("clause", "shape"),
    [
        ("join", "t1>t0 select t0.text0 where t1.text0 = ? end"),
        ("nested", "select t0.text0 where t0.number0 > select avg t0.number0 end end"),
        ("set operation", "intersect select t0.text0 end select t0.text0 end"),
        ("limit", "select t0.text0 limit ? end"),
        ("distinct", "select distinct t0.text0 end"),
    ],
)
def test_clauses_are_found_in_a_shape(clause, shape):
    assert clause_share({shape: 1, "select t0.text0 end": 1}, clause) == 0.5
