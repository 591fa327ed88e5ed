"""How a result is cut: rows, cells and bytes."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import pytest

from sqlwright.core import QueryLimits, ResultTable
from sqlwright.db.fetch import RowTooLargeError, collect, cut_value, size_of, trim_error


def test_a_result_inside_its_limits_is_whole():
    assert collect(["a"], [(1,), (2,)], QueryLimits(max_rows=2)) == ResultTable(("a",), ((1,), (2,)))


def test_an_endless_result_is_asked_for_one_row_more_than_allowed():
    asked = []
    rows = ((asked.append(i) or i,) for i in count())
    assert collect(["a"], rows, QueryLimits(max_rows=3)).truncated == "rows"
    assert len(asked) == 4


def test_a_row_that_does_not_fit_is_left_out():
    table = collect(["a"], [("x" * 60,), ("y" * 60,)], QueryLimits(max_result_bytes=100))
    assert (len(table.rows), table.truncated) == (1, "result_bytes")


@pytest.mark.parametrize(
    ("value", "cut"),
    [
        ("abcdef", "abcd"),
        ("中文", "中"),  # three bytes each; half a character is no character
        (b"\x00" * 9, b"\x00" * 4),
        (["a" * 9], "['aa"),
        (12345678901234567890, 12345678901234567890),
        (Decimal("1.5"), Decimal("1.5")),
        (None, None),
    ],
)
def test_a_large_cell_is_cut_to_the_limit_in_bytes(value, cut):
    assert cut_value(value, 4 if isinstance(value, (str, bytes, list)) else 100) == cut


def test_sizes_of_nested_values_add_up():
    assert size_of([["x" * 100], {"k": "y" * 100}]) >= 200


def test_a_long_error_is_shortened_to_one_line():
    text = trim_error("first\nsecond " + "x" * 1000)
    assert text.startswith("first second")
    assert len(text) == 500


def test_a_row_that_was_not_read_for_its_size_cuts_the_result():
    def rows():
        yield (1,)
        raise RowTooLargeError

    table = collect(["a"], rows(), QueryLimits())
    assert (table.rows, table.truncated) == (((1,),), "result_bytes")
