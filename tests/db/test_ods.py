"""OpenDocument spreadsheets: exact values, sparse sheets, and files that are none."""

from __future__ import annotations

import zipfile

import pytest

from sqlwright.core import DataError, UsageError
from sqlwright.db import open_database
from sqlwright.db.files import ods
from sqlwright.db.files.ods import ods_to_csv

CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>
{}
</office:spreadsheet></office:body></office:document-content>"""
SALES = """<table:table table:name="Sales 2024">
<table:table-row><table:table-cell table:number-columns-repeated="3"/></table:table-row>
<table:table-row>
 <table:table-cell office:value-type="string"><text:p>name</text:p></table:table-cell>
 <table:table-cell office:value-type="string"><text:p>paid</text:p></table:table-cell>
 <table:table-cell office:value-type="string"><text:p>on</text:p></table:table-cell>
 <table:table-cell office:value-type="string"><text:p>share</text:p></table:table-cell>
 <table:table-cell office:value-type="string"><text:p>open</text:p></table:table-cell>
 <table:table-cell table:number-columns-repeated="16379"/>
</table:table-row>
<table:table-row>
 <table:table-cell office:value-type="string"><office:annotation><text:p>a remark</text:p></office:annotation>
  <text:p>Ann<text:s text:c="2"/>B.</text:p></table:table-cell>
 <table:table-cell office:value-type="currency" office:value="1234.5"><text:p>1.234,50 €</text:p></table:table-cell>
 <table:table-cell office:value-type="date" office:date-value="2024-12-31T00:00:00"><text:p>31.12.24</text:p>
 </table:table-cell>
 <table:table-cell office:value-type="percentage" office:value="0.125"><text:p>12,5 %</text:p></table:table-cell>
 <table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p></table:table-cell>
</table:table-row>
<table:table-row table:number-rows-repeated="2">
 <table:table-cell office:value-type="string"><text:p>Bo</text:p></table:table-cell>
 <table:table-cell table:number-columns-repeated="2"/>
 <table:table-cell office:value-type="percentage" office:value="1"/>
</table:table-row>
<table:table-row table:number-rows-repeated="1048572"><table:table-cell table:number-columns-repeated="16384"/>
</table:table-row></table:table>
<table:table table:name="Empty"><table:table-row><table:table-cell/></table:table-row></table:table>"""


@pytest.fixture
def written(tmp_path):
    def write(content, kind=zipfile.ZIP_DEFLATED):
        path = tmp_path / "book.ods"
        with zipfile.ZipFile(path, "w", kind) as packed:
            packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            packed.writestr("content.xml", content)
        return path

    return write


def test_a_sheet_is_a_table_with_exact_values(written):
    with open_database(written(CONTENT.format(SALES))) as database:
        (table,) = database.schema()
        assert (table.name, [c.name for c in table.columns]) == ("book", ["name", "paid", "on", "share", "open"])
        found = database.run('SELECT name, paid, "on", share, open FROM book ORDER BY paid NULLS LAST').table
    assert found is not None
    assert [tuple(map(str, row)) for row in found.rows] == [
        ("Ann  B.", "1234.5", "2024-12-31", "0.125", "True"),
        ("Bo", "None", "None", "1.0", "None"),
        ("Bo", "None", "None", "1.0", "None"),
    ]


def test_several_sheets_are_several_tables(written, tmp_path):
    second = SALES.replace("Sales 2024", "Sales/2025")
    with open_database(written(CONTENT.format(SALES + second))) as database:
        assert sorted(table.name for table in database.schema()) == ["Sales 2024", "Sales_2025"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("no xml", "not an OpenDocument spreadsheet"),
        ('<!DOCTYPE d [<!ENTITY a "b">]>' + CONTENT.format(SALES).partition("?>")[2], "XML entities"),
        (CONTENT.format(SALES)[:-200], "not an OpenDocument spreadsheet"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(written, tmp_path, content, says):
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match=says):
        ods_to_csv(written(content), tmp_path / "out")


def test_limits_hold(written, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    path = written(CONTENT.format(SALES))
    monkeypatch.setattr(ods, "MAX_CELL_CHARS", 4)
    with pytest.raises(UsageError, match="a cell has more than 4 characters"):
        ods_to_csv(path, tmp_path / "out")
    monkeypatch.setattr(ods, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(UsageError, match="unpacked it has"):
        ods_to_csv(path, tmp_path / "out")


def test_a_spreadsheet_without_rows_is_an_error_that_names_the_file(written):
    with pytest.raises(DataError, match=r"book\.ods"):
        open_database(written(CONTENT.format("")))
