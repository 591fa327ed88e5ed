"""Workbooks that no Excel has written: each is refused in a sentence before a reader builds anything from it."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest

from sqlwright.core import UsageError
from sqlwright.db.files import workbook
from sqlwright.db.files.excel import sheets_to_csv
from sqlwright.db.files.workbook import MAX_CELL_CHARS, MAX_COLUMN, MAX_ROW

openpyxl = pytest.importorskip("openpyxl", reason="needs the extra chat")

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</sst>'


@pytest.fixture
def changed(tmp_path):
    """A function that writes a small workbook whose part `name` is `change(its text)`, and returns its path."""

    def write(change, name=SHEET, kind=zipfile.ZIP_DEFLATED):
        book, plain = openpyxl.Workbook(), io.BytesIO()
        book.active.append(["name", "n"])
        book.active.append(["Ada", 1])
        book.save(plain)
        path = tmp_path / "book.xlsx"
        with zipfile.ZipFile(plain) as read, zipfile.ZipFile(path, "w", kind) as packed:
            for part in read.namelist():
                text = read.read(part).decode()
                packed.writestr(part, change(text) if part == name else text)
        return path

    return write


def refused(path, tmp_path):
    """The sentence; nothing is written."""
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(UsageError) as raised:
        sheets_to_csv(path, folder)
    assert not any(file.stat().st_size for file in folder.iterdir())
    return str(raised.value)


def replaced(before, after):
    def change(text):
        assert before in text
        return text.replace(before, after)

    return change


@pytest.mark.parametrize("row", [str(MAX_ROW + 1), "999999999", "9" * 40])
def test_a_row_beyond_the_last_one_of_excel(changed, tmp_path, row):
    assert "in row" in refused(changed(replaced('<row r="2"', f'<row r="{row}"')), tmp_path)


@pytest.mark.parametrize("row", ["1e9", "-1", "", " 5", "1_000"])
def test_a_row_whose_number_is_none(changed, tmp_path, row):
    assert "not an Excel workbook" in refused(changed(replaced('<row r="2"', f'<row r="{row}"')), tmp_path)


def test_a_row_number_behind_a_prefix_is_a_row_number_too(changed, tmp_path):
    def prefixed(text):
        space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        text = text.replace(space, space.replace("xmlns", "xmlns:x")).replace('<row r="2"', '<row r="999999999"')
        return text.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")

    assert "in row 999999999" in refused(changed(prefixed), tmp_path)


def test_a_column_beyond_the_last_one_of_excel(changed, tmp_path):
    assert f"{MAX_COLUMN:,}" in refused(changed(replaced('r="B1"', 'r="ZZZ1"')), tmp_path)


def test_a_cell_longer_than_excel_takes(changed, tmp_path):
    path = changed(replaced("<t>Ada</t>", f"<t>{'A' * (MAX_CELL_CHARS + 1)}</t>"))
    with pytest.raises(UsageError, match="32,767 characters"):
        sheets_to_csv(path, tmp_path)


def test_a_cell_as_long_as_excel_takes_is_read(changed, tmp_path):
    sheets_to_csv(changed(replaced("<t>Ada</t>", f"<t>{'A' * MAX_CELL_CHARS}</t>")), tmp_path)
    assert "A" * MAX_CELL_CHARS in (tmp_path / "Sheet.csv").read_text()


def test_a_cell_of_many_megabytes_is_not_built(changed, tmp_path, monkeypatch):
    monkeypatch.setattr("openpyxl.load_workbook", None)  # it is refused before
    for runs in ("<t>{}</t>", "<r><t>{0}</t></r><r><t>{0}</t></r>"):
        long = runs.format("A" * (5 * MAX_CELL_CHARS if "<r>" in runs else 20 << 20))
        text = STRINGS.format(f"<si>{long}</si>")
        with pytest.raises(UsageError, match="32,767 characters"):
            sheets_to_csv(changed(lambda _, text=text: text, "xl/theme/theme1.xml"), tmp_path)


def test_a_tag_of_many_megabytes_is_not_built(changed, tmp_path, monkeypatch):
    monkeypatch.setattr("openpyxl.load_workbook", None)
    for long in (f'<c z="{"A" * (3 << 20)}"', f"<!--{'A' * (3 << 20)}--><c"):
        with pytest.raises(UsageError, match="not an Excel workbook"):
            sheets_to_csv(changed(lambda text, long=long: text.replace("<c", long, 1)), tmp_path)


def test_entities_are_not_read(changed, tmp_path):
    bomb = '<!DOCTYPE worksheet [<!ENTITY a "aaaa">]><worksheet'
    assert "entities" in refused(changed(replaced("<worksheet", bomb)), tmp_path)


@pytest.mark.parametrize(
    ("limit", "part", "text"),
    [
        ("MAX_CELLS", SHEET, "<worksheet><row>" + "<c/>" * 21 + "</row></worksheet>"),
        ("MAX_STRINGS", SHEET, "<sst>" + "<si/>" * 21 + "</sst>"),
        ("MAX_OTHER_ELEMENTS", "xl/styles.xml", "<styleSheet>" + "<x/>" * 21 + "</styleSheet>"),
        ("MAX_UNPACKED_BYTES", SHEET, "x" * 2000),
    ],
)
def test_more_than_the_reader_may_hold(changed, tmp_path, monkeypatch, limit, part, text):
    monkeypatch.setattr(workbook, "MAX_OTHER_ELEMENTS", 10_000)
    monkeypatch.setattr(workbook, limit, 20)
    assert refused(changed(lambda _: text, part), tmp_path)


def test_a_sheet_of_few_cells_far_apart_is_bounded(changed, tmp_path, monkeypatch):
    monkeypatch.setattr("sqlwright.db.files.excel.MAX_CELLS", 100_000)
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(3, 20))
    path = changed(replaced("</sheetData>", f"{rows}</sheetData>"))
    with pytest.raises(UsageError, match="empty ones between others"):
        sheets_to_csv(path, tmp_path)


def test_what_a_sheet_says_of_its_size_is_not_believed(changed, tmp_path):
    sheets_to_csv(changed(replaced('<dimension ref="A1:B2"', f'<dimension ref="A1:XFD{MAX_ROW}"')), tmp_path)
    assert (tmp_path / "Sheet.csv").read_text().splitlines() == ["name,n", "Ada,1"]


@pytest.mark.parametrize("change", [replaced('t="n"', 't="s"'), replaced("<row", "<rowe"), lambda text: text[:-20]])
def test_a_damaged_sheet_raises_nothing_but_a_sentence(changed, tmp_path, change):
    with suppress(UsageError):
        sheets_to_csv(changed(change), tmp_path)


def test_a_packing_that_excel_does_not_use_is_refused(changed, tmp_path):
    assert "packed" in refused(changed(lambda text: text, kind=zipfile.ZIP_LZMA), tmp_path)
