"""What `print` shows of answers and results."""

from __future__ import annotations

from sqlwright.core import Answer, Note, ResultTable
from sqlwright.core.text_table import SHOWN_ROWS, aligned, table_text, width


def test_numbers_are_aligned_to_the_right_and_wide_characters_count_twice():
    table = ResultTable(("店", "orders"), (("上海外滩", 1481.5), ("Web", 3780.5999999999999), (None, None)))
    assert table_text(table).splitlines() == [
        "店        orders",
        "上海外滩  1481.5",
        "Web       3780.6",
        "NULL        NULL",
        "3 rows",
    ]
    assert width("上海é") == 5


def test_columns_may_be_aligned_by_index():
    assert aligned(("a", "b"), [("1", "xx"), ("22", "y")], left=[1]) == " a  b\n 1  xx\n22  y"


def test_a_cell_stays_on_its_line_and_cannot_drive_a_terminal():
    table = ResultTable(("a\nb",), (("x\x1b[31m\ny" + "z" * 100,),))
    head, row, count = str(table).splitlines()
    assert (head, row[:8], row[-1], count) == ("a b", "x [31m y", "…", "1 row")


def test_long_and_cut_results_say_so():
    rows = tuple((i,) for i in range(SHOWN_ROWS + 1))
    assert str(ResultTable(("n",), rows)).splitlines()[-1] == "21 rows, the first 20 shown"
    assert str(ResultTable(("n",), rows[:2], "rows")).splitlines()[-1] == "2 rows, cut at a limit"


def test_an_answer_is_its_query_its_rows_and_its_receipt():
    table = ResultTable(("n",), ((3,),))
    unsure, note = Note("unsure", "Unsure."), Note("unused", "Not used: vip.")
    answer = Answer(
        "?",
        "answered",
        "shop",
        "sqlite",
        "m",
        "SELECT 3",
        table,
        tables=("item",),
        notes=(unsure, note),
        confidence=0.1,
    )
    assert str(answer).splitlines()[:-1] == [
        *("Unsure.", "", "SELECT 3", "", "n", "3", "1 row", "", "from    item", "note    Not used: vip."),
        "sure    10%: how far the likeliest queries agree",
    ]


def test_an_answer_without_rows_says_why_in_the_language_of_the_question():
    answer = Answer("谁？", "refused", "shop", "sqlite", "m", "DELETE FROM item", reason="不允许。")
    assert str(answer) == "DELETE FROM item\n\nrefused: 不允许。"
    table = ResultTable(("n",), ((3,),))
    assert "来自    item" in str(Answer("谁？", "answered", "shop", "sqlite", "m", "S", table, tables=("item",)))
