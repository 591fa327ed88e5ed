"""Which chart a result gets: a specification by examples."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from sqlwright.core import ResultTable
from sqlwright.receipt import chart_for


def kind_of(columns, rows, truncated=None):
    chart = chart_for(ResultTable(tuple(columns), tuple(map(tuple, rows)), truncated))
    return None if chart is None else (chart.kind, chart.x, chart.y)


PAIRS = [(i * 1.5, i * i) for i in range(25)]


@pytest.mark.parametrize(
    ("columns", "rows", "expected"),
    [
        (["city", "n"], [("Paris", 3), ("Oslo", 1)], ("bar", "city", ("n",))),
        (["n", "city"], [(3, "Paris"), (1, "Oslo")], ("bar", "city", ("n",))),
        (["city", "n", "total"], [("Paris", 3, 9.5), ("Oslo", 1, None)], ("bar", "city", ("n", "total"))),
        (["city", "total"], [("Paris", Decimal("3.10")), ("Oslo", Decimal("1.00"))], ("bar", "city", ("total",))),
        (["month", "n"], [("2026-01", 3), ("2026-02", 1)], ("line", "month", ("n",))),
        (["day", "n"], [(dt.date(2026, 1, 1), 3), (dt.date(2026, 1, 2), 1)], ("line", "day", ("n",))),
        (["at", "n"], [("2026-01-01 10:00:00", 3), ("2026-01-02 11:30:00", 1)], ("line", "at", ("n",))),
        (["year", "n"], [(2024, 3), (2025, 1)], ("line", "year", ("n",))),
        (["order_year", "n", "total"], [(2024, 3, 1.0), (2025, 1, 2.0)], ("line", "order_year", ("n", "total"))),
        (["年份", "销售额"], [(2024, 3), (2025, 1)], ("line", "年份", ("销售额",))),
        (["weight", "price"], PAIRS, ("scatter", "weight", ("price",))),
    ],
)
def test_it_suits(columns, rows, expected):
    assert kind_of(columns, rows) == expected


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        pytest.param(["n"], [(3,)], id="one value"),
        pytest.param(["city", "n"], [("Paris", 3)], id="one row"),
        pytest.param(["city"], [("Paris",), ("Oslo",)], id="no number"),
        pytest.param(["city", "n"], [], id="no row"),
        pytest.param(["city", "n"], [(f"c{i}", i) for i in range(31)], id="too many bars"),
        pytest.param(["city", "n"], [("Paris", 3), ("Paris", 4)], id="a label twice"),
        pytest.param(["city", "n"], [("Paris", 3), (None, 4)], id="a label that is missing"),
        pytest.param(["note", "n"], [("x" * 41, 3), ("y", 4)], id="long labels"),
        pytest.param(["city", "kind", "n"], [("Paris", "a", 3), ("Oslo", "b", 4)], id="two labels"),
        pytest.param(["name", "id"], [("Ann", 1), ("Bo", 2)], id="a key is no measure"),
        pytest.param(["name", "customer_id"], [("Ann", 1), ("Bo", 2)], id="a foreign key is no measure"),
        pytest.param(["month", "n"], [("2026-01", 3), ("2026-01", 1)], id="a month twice"),
        pytest.param(["month", "city", "n"], [("2026-01", "Oslo", 3), ("2026-02", "Oslo", 1)], id="time and label"),
        pytest.param(["weight", "price"], PAIRS[:19], id="few pairs of numbers"),
        pytest.param(["a", "b", "c"], [(i + 0.5, i, i) for i in range(40)], id="three numbers"),
        pytest.param(["city", "n"], [("Paris", 3), ("Oslo", "many")], id="a mixed column"),
        pytest.param(["city", "n"], [("Paris", True), ("Oslo", False)], id="yes and no"),
    ],
)
def test_nothing_suits(columns, rows):
    assert kind_of(columns, rows) is None


def test_a_cut_result_is_not_drawn_as_if_it_were_whole():
    assert kind_of(["city", "n"], [("Paris", 3), ("Oslo", 1)], truncated="rows") is None


def test_columns_of_one_name_are_told_apart_by_their_place():
    chart = chart_for(ResultTable(("n", "n"), (("Paris", 3), ("Oslo", 1))))
    assert (chart.x_index, chart.y_indexes) == (0, (1,))
