"""Result tables as text and files: exact values, and cells that stay text."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from html.parser import HTMLParser

import duckdb
import pytest

from sqlwright.core import ResultTable
from sqlwright.results import FORMATS, format_of
from sqlwright.results.delimited import as_csv, as_tsv, has_formulas
from sqlwright.results.markup import as_html, as_markdown
from sqlwright.results.parquet import as_parquet

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"]
HOSTILE = "<script>alert(1)</script> ![x](http://evil/a) [y](javascript:1) `z` | \\ & \x1b[31m\nnext"


def from_parquet(table, tmp_path):
    (tmp_path / "result.parquet").write_bytes(as_parquet(table))
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "result.parquet")])
        return found.description, found.fetchall()


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_in_the_csv(text):
    table = ResultTable(("a", text), ((text, -5), ("plain", Decimal("-1.50"))))
    rows = list(csv.reader(io.StringIO(as_csv(table), newline="")))
    assert rows == [["a", f"'{text}"], [f"'{text}", "-5"], ["plain", "-1.50"]]
    assert has_formulas(table)
    assert not has_formulas(ResultTable(("a",), ((-5,),)))


def test_csv_keeps_every_digit_and_json_in_a_cell():
    table = ResultTable(("a", "b", "c", "d", "e"), ((0.1 + 0.2, None, [1, "x"], b"\x01\xff", True),))
    assert as_csv(table) == 'a,b,c,d,e\n0.30000000000000004,,"[1, ""x""]",0x01ff,true\n'


def test_csv_tells_no_value_from_an_empty_text_and_has_no_empty_line():
    assert as_csv(ResultTable(("a", "b"), ((None, ""),))) == 'a,b\n,""\n'
    assert as_csv(ResultTable(("a",), ((None,), ("x",)))) == 'a\n""\nx\n'


def test_the_csv_that_a_person_downloads_has_the_byte_order_mark_excel_needs():
    assert (
        FORMATS["csv"].for_people(ResultTable(("城市",), (("上海",),))) == b"\xef\xbb\xbf" + "城市\r\n上海\r\n".encode()
    )


def test_tsv_has_one_line_for_each_row_and_a_mark_for_no_value():
    assert as_tsv(ResultTable(("a", "b"), (("x\ty\nz\\", None), ("", "=1")))) == "a\tb\nx\\ty\\nz\\\\\t\\N\n\t=1\n"


def test_markdown_shows_numbers_to_the_right_and_escapes_markup():
    table = ResultTable(("order_id", "_name_"), ((1234567, HOSTILE), (2, None)))
    assert as_markdown(table) == (
        "| order_id | \\_name\\_ |\n| ---: | --- |\n"
        "| 1234567 | &lt;script&gt;alert(1)&lt;/script&gt; "
        "\\!\\[x\\](http://evil/a) \\[y\\](javascript:1) \\`z\\` \\| \\\\ "
        "&amp; \N{REPLACEMENT CHARACTER}\\[31m<br>next |\n| 2 |  |\n"
    )


def test_html_has_no_element_of_a_cell():
    class Tags(HTMLParser):
        seen, text = [], ""

        def handle_starttag(self, tag, attrs):
            self.seen.append(tag)

        def handle_data(self, data):
            self.text += data

    page = Tags()
    page.feed(as_html(ResultTable(("<b>n</b>",), ((HOSTILE,), (None,)))))
    assert not {"script", "b", "img", "a"} & set(page.seen)
    assert "<script>alert(1)</script>" in page.text
    assert "NULL" in page.text


def test_a_parquet_file_keeps_types_missing_values_and_columns_of_one_name(tmp_path):
    big, day = 2**62, dt.date(2026, 1, 5)
    table = ResultTable(
        ("n", "n", "day", "mixed", "none", "text"), ((big, 1.5, day, 1, None, "é"), (None, 2.5, None, "x", None, ""))
    )
    columns, rows = from_parquet(table, tmp_path)
    assert [column[0] for column in columns] == ["n", "n 2", "day", "mixed", "none", "text"]
    assert rows == [(big, 1.5, day, "1", None, "é"), (None, 2.5, None, "x", None, "")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1234.50", "-0.005"], [Decimal("1234.500"), Decimal("-0.005")]),
        (["1E+3"], [Decimal(1000)]),
        (["1E+30", "1E-30"], ["1E+30", "1E-30"]),
        (["NaN", "1"], ["NaN", "1"]),
    ],
)
def test_a_decimal_is_a_number_in_parquet_where_38_digits_hold_it(tmp_path, values, expected):
    table = ResultTable(("n",), tuple((Decimal(value),) for value in values))
    assert from_parquet(table, tmp_path)[1] == [(value,) for value in expected]


def test_an_integer_that_no_parquet_integer_holds_is_kept_as_text(tmp_path):
    assert from_parquet(ResultTable(("n",), ((2**80,),)), tmp_path)[1] == [(str(2**80),)]


def test_the_ending_of_a_file_names_its_format(tmp_path):
    assert {format_of(tmp_path / f"x{f.suffix.upper()}") for f in FORMATS.values()} == set(FORMATS.values())
    assert format_of(tmp_path / "x.xls") is None


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_a_table_without_rows(name):
    assert FORMATS[name].write(ResultTable(("a",), ()))
