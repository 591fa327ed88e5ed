"""Near misses are named one by one; an equal result has none but its row order."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from sqlwright.core import ResultTable
from sqlwright.evaluation.near_miss import MAX_ROWS, near_misses


def table(*rows):
    return ResultTable(tuple(f"c{i}" for i in range(len(rows[0]))), rows)


@pytest.mark.parametrize(
    ("gold", "predicted", "flags"),
    [
        ([("a",), ("b",)], [("b",), ("a",)], {"row_order"}),
        ([("Ann",), ("Bo",)], [("BO",), (" ann ",)], {"letter_case"}),
        ([(dt.date(2026, 1, 1),)], [(dt.datetime(2026, 1, 1),)], {"date_against_timestamp"}),
        ([(dt.date(2026, 1, 1),)], [(dt.datetime(2026, 1, 1, 9),)], set()),
        ([("2026-01-01",)], [("2026-01-01 00:00:00",)], {"date_against_timestamp"}),
        ([(0.25,), (0.5,)], [(50.0,), (25.0,)], {"percent"}),
        ([(25,)], [(0.25,)], {"percent"}),
        ([(3.14159,)], [(3.14,)], {"rounding"}),
        ([(Decimal("2.5"),)], [(2.4567,)], {"rounding"}),
        ([(3.14159,)], [(3.2,)], set()),
        ([(3.4,)], [(3.1,)], set()),
        ([(7, "x")], [("7", "x")], {"number_as_text"}),
        ([("a",), ("a",), ("b",)], [("a",), ("b",)], {"duplicates"}),
        ([("a",), ("b",)], [(1, "a"), (2, "b")], {"extra_columns"}),
        ([("a",), ("b",)], [("a",), ("c",)], set()),
        ([(None,)], [("",)], set()),
    ],
)
def test_flags(gold, predicted, flags):
    assert set(near_misses(table(*gold), table(*predicted))) == flags


def test_a_cut_or_very_large_result_has_none():
    rows = tuple((i,) for i in range(MAX_ROWS + 1))
    assert near_misses(table(*rows), table(*rows[::-1])) == ()
    assert near_misses(table((1,)), ResultTable(("c",), ((1,),), "rows")) == ()
