"""Charts in characters."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from sqlwright.cli.terminal.chart import HEIGHT, draw
from sqlwright.core import ResultTable
from sqlwright.receipt.chart import chart_for


def drawn(columns, rows, width=60, ascii_only=False):
    table = ResultTable(columns, tuple(rows))
    chart = chart_for(table)
    assert chart is not None
    lines = draw(chart, table, width, ascii_only=ascii_only)
    assert all(cell_len(line) <= width for line in lines), lines
    return lines


def test_a_bar_is_as_long_as_its_value():
    lines = drawn(("city", "n"), [("Oslo", 10), ("Paris", 20), ("Rome", 0)], ascii_only=True)
    bars = [line.count("#") for line in lines[1:]]
    assert bars[1] == 2 * bars[0]
    assert bars[2] == 0
    assert [line.split()[-1] for line in lines[1:]] == ["10", "20", "0"]


def test_a_small_value_still_has_a_mark():
    assert "▏" in drawn(("city", "n"), [("Oslo", 1), ("Paris", 1_000_000)])[1]


def test_bars_of_negative_values_go_to_the_left_of_zero():
    lines = drawn(("city", "n"), [("Oslo", -5), ("Paris", 5)], ascii_only=True)
    assert lines[1].index("#") < lines[2].index("#")
    assert lines[1].rindex("#") < lines[2].index("#")


def test_a_missing_value_has_no_bar():
    assert drawn(("city", "n"), [("Oslo", None), ("Paris", 5)])[1].split() == ["Oslo"]


def test_wide_characters_keep_the_bars_in_line():
    lines = drawn(("城市", "n"), [("上海", 5), ("Oslo", 5)])
    starts = [cell_len(line[: line.index("█")]) for line in lines[1:]]
    assert starts[0] == starts[1]


def test_two_measures_are_two_charts():
    lines = drawn(("city", "n", "m"), [("Oslo", 1, 2), ("Paris", 3, 4)])
    assert lines.count("") == 1
    assert lines[0].endswith(" n")
    assert lines[lines.index("") + 1].endswith(" m")


@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_long_series_is_a_line_of_dots(ascii_only):
    rows = [(f"{2000 + i // 12}-{i % 12 + 1:02}", i) for i in range(120)]
    lines = drawn(("month", "n"), rows, ascii_only=ascii_only)
    assert lines[0] == "n"
    assert len(lines) == HEIGHT + 2
    assert lines[1].startswith("119 ")
    assert lines[HEIGHT].split()[0] == "0"
    assert "2000-01" in lines[-1]
    assert lines[-1].endswith("2009-12 month")
    blank = " " if ascii_only else "\u2800"
    first, last = lines[1].strip(f"119 |│{blank}"), lines[HEIGHT].strip(f"0 |│{blank}")
    assert lines[1].index(first[-1]) > lines[HEIGHT].index(last[0])  # it rises


def test_pairs_of_numbers_are_dots():
    lines = drawn(("length", "price"), [(i, (i * 7) % 30) for i in range(30)])
    assert lines[0] == "price"
    assert lines[-1].endswith("29 length")


def test_a_label_cannot_drive_the_terminal():
    assert "\x1b" not in "".join(drawn(("city", "n"), [("\x1b[31mOslo", 1), ("Paris", 2)]))
