"""What a report shows of two results."""

from __future__ import annotations

import json

from sqlwright.core import ResultTable
from sqlwright.evaluation.result_view import SHOWN_ROWS, ResultView, view_results


def table(*rows, columns=None, truncated=None):
    return ResultTable(tuple(columns or "abcdef"[: len(rows[0]) if rows else 1]), tuple(rows), truncated)


def marks(gold, predicted, ordered=False, same=False):
    left, right = view_results(gold, predicted, ordered=ordered, same=same)
    return left.marks, right.marks


def test_the_one_cell_that_differs_is_marked_on_both_sides():
    assert marks(table((1, "x"), (2, "y")), table((2, "z"), (1, "x"))) == (((1, 1),), ((0, 1),))


def test_rows_that_the_other_side_lacks_are_marked_whole():
    assert marks(table((1, "x")), table((1, "x"), (2, "y"))) == ((), ((1, 0), (1, 1)))


def test_a_row_given_once_too_often_is_marked():
    assert marks(table((1,), (1,)), table((1,), (1,), (1,))) == ((), ((2, 0),))


def test_columns_are_compared_with_the_column_they_resemble():
    assert marks(table((1, "x"), (2, "y")), table(("x", 1), ("z", 2))) == (((1, 1),), ((1, 0),))


def test_a_column_that_the_other_side_lacks_is_marked():
    assert marks(table((1,), (2,)), table((1, "x"), (2, "y"))) == ((), ((0, 1), (1, 1)))


def test_order_is_marked_only_where_it_counts():
    gold, flipped = table((1, 7), (2, 7)), table((2, 7), (1, 7))
    assert marks(gold, flipped, ordered=True) == (((0, 0), (1, 0)), ((0, 0), (1, 0)))
    assert marks(gold, flipped) == ((), ())


def test_nothing_is_marked_in_results_that_count_as_the_same():
    assert marks(table((1,)), table((2,)), same=True) == ((), ())


def test_numbers_that_are_the_same_number_are_not_marked():
    assert marks(table((0.3, 1)), table((0.1 + 0.2, 1.0))) == ((), ())


def test_differing_rows_far_down_are_shown():
    rows = [(i,) for i in range(500)]
    left, right = view_results(table(*rows), table(*rows[:400], (-1,), *rows[401:]), ordered=False, same=False)
    assert left.numbers[-1] == 401 == right.numbers[-1]
    assert len(left.rows) == SHOWN_ROWS
    assert left.rows[-1] == (400,)
    assert left.row_count == 500


def test_long_texts_are_cut_and_blobs_are_text():
    left, _ = view_results(table(("x" * 10_000, b"\x00", None)), None, ordered=False, same=False)
    assert len(left.rows[0][0]) < 250
    assert left.rows[0][1] == '{"base64": "AA=="}'
    assert left.rows[0][2] is None


def test_a_result_that_is_not_there_has_no_view():
    assert view_results(None, None, ordered=False, same=False) == (None, None)


def test_empty_results_are_shown_with_their_columns():
    left, right = view_results(table(columns=("n",)), table((1,)), ordered=False, same=False)
    assert (left.columns, left.rows) == (("n",), ())
    assert right.marks == ((0, 0),)


def test_a_view_survives_json():
    left, _ = view_results(table((1, "x")), table((1, "y")), ordered=False, same=False)
    assert ResultView.from_dict(json.loads(json.dumps(left.to_dict()))) == left
