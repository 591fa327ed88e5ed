"""What people's files hold: workbooks, packed files, amounts, mixed encodings; and what is said of them."""

from __future__ import annotations

import gzip
import sys

import duckdb
import pytest

from sqlwright.core import DataError, MissingExtraError
from sqlwright.db import open_database


def read(path, sql):
    with open_database(path) as database:
        outcome = database.run(sql)
        assert outcome.table is not None, outcome.message()
        return outcome.table.rows, database.remarks


def column(tmp_path, values, *, header="x", delimiter=","):
    """Type, values and remarks of a column that a CSV file holds, each value in quotes."""
    rows = "".join(f'{i}{delimiter}"{v}"\n' for i, v in enumerate(values))
    (tmp_path / "t.csv").write_text(f"n{delimiter}{header}\n{rows}", encoding="utf-8")
    with open_database(tmp_path / "t.csv") as database:
        (table,) = database.schema()
        found = database.run(f"SELECT {header} FROM t ORDER BY n").table.rows
        return table.columns[1].type, [row[0] for row in found], database.remarks


AMOUNTS = [
    (["1,200", "12,345", "7"], ",", "BIGINT", [1200, 12345, 7], "1,234 is 1234"),
    (["1,200.5", "-3.25"], ",", "DOUBLE", [1200.5, -3.25], "1,234 is 1234"),
    (["$1,200.50", "$3", "-$2.00"], ",", "DOUBLE", [1200.5, 3.0, -2.0], "numbers without $"),
    (["5 €", "7,250 €"], ",", "BIGINT", [5, 7250], "numbers without €"),
    (["USD 5", "USD 6"], ",", "BIGINT", [5, 6], "numbers without USD"),
    (["12%", "7.5 %", "NA"], ",", "DOUBLE", [12.0, 7.5, None], "12% is 12"),
    (["1.234,50 €", "3,00 €"], ";", "DOUBLE", [1234.5, 3.0], "numbers without €"),
    (["12,5 %", "7 %"], ";", "DOUBLE", [12.5, 7.0], "12% is 12"),
    (["1'200.50", "3'000"], ";", "DOUBLE", [1200.5, 3000.0], "1,234 is 1234"),
    (["¥1,200", "¥3"], ",", "BIGINT", [1200, 3], "numbers without ¥"),
]


@pytest.mark.parametrize(("values", "delimiter", "kind", "numbers", "says"), AMOUNTS)
def test_amounts_are_numbers_and_that_is_said(tmp_path, values, delimiter, kind, numbers, says):
    assert column(tmp_path, values, delimiter=delimiter) == (kind, numbers, (f"t.x: read as numbers; {says}",))


@pytest.mark.parametrize(
    "values",
    [
        ["$5", "€6"],  # another currency is another amount
        ["$5", "free"],
        ["1,2,3", "4,5,6"],
        ["1,20", "3,40"],  # a decimal comma, or two numbers
        ["501 234 567", "600 100 200"],  # phone numbers
        ["012,345", "1,234"],
        ["12% off", "5% off"],
        ["10.1.2.4", "1.2.3.4"],
        ["$", "%"],
        ["1,2345", "3,456"],
    ],
)
def test_what_may_be_something_else_stays_text(tmp_path, values):
    assert column(tmp_path, values) == ("VARCHAR", values, ())


@pytest.mark.parametrize(
    ("values", "first", "says"),
    [
        (["01/02/2025", "31/12/2024"], "2025-02-01", "read day first, 01/02/2025 is 2025-02-01"),
        (["01/02/2025", "12/31/2024"], "2025-01-02", "read month first, 01/02/2025 is 2025-01-02"),
        (["31.12.2024", "01.02.2025"], "2024-12-31", "read day first, 31.12.2024 is 2024-12-31"),
    ],
)
def test_the_order_of_day_and_month_is_said(tmp_path, values, first, says):
    kind, found, remarks = column(tmp_path, values)
    assert (kind, str(found[0]), remarks) == ("DATE", first, (f"t.x: dates are {says}",))


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (["01/02/2025 18:30", "31/12/2024 7:05", ""], "2025-02-01 18:30:00"),
        (["01/02/2025 6:30 PM", "12/31/2024 7:05 AM", "NA"], "2025-01-02 18:30:00"),
        (["01.02.2025 18:30:15", "31.12.2024 07:05"], "2025-02-01 18:30:15"),
    ],
)
def test_times_without_seconds_are_read(tmp_path, values, first):
    kind, found, remarks = column(tmp_path, values)
    assert (kind, str(found[0])) == ("TIMESTAMP", first)
    assert remarks[0].startswith("t.x: dates are read ")


def test_what_is_no_time_in_either_order_stays_text(tmp_path):
    values = ["31/12/2024 18:30", "12/31/2024 18:30"]
    assert column(tmp_path, values) == ("VARCHAR", values, ())


def test_dates_that_both_orders_fit_are_named(tmp_path):
    _, _, (remark,) = column(tmp_path, ["01/02/2025", "03/04/2025"])
    assert remark.endswith("; every date of it could be read the other way too")


def test_iso_dates_need_no_remark(tmp_path):
    assert column(tmp_path, ["2025-01-02", "2025-02-01"])[2] == ()


@pytest.mark.parametrize("name", ["t.csv.gz", "t.tsv.gz", "t.jsonl.gz", "t.json.gz", "T.CSV.GZ"])
def test_a_packed_file_is_read(tmp_path, name):
    kind = name.lower().split(".")[1]
    text = {"csv": "a,b\n1,x\n", "tsv": "a\tb\n1\tx\n", "jsonl": '{"a": 1, "b": "x"}\n', "json": '[{"a":1,"b":"x"}]'}
    (tmp_path / name).write_bytes(gzip.compress(text[kind].encode()))
    with open_database(tmp_path / name) as database:
        assert database.name.lower() in ("t", f"t.{kind}")
        (table,) = database.schema()
        assert database.run(f"SELECT a, b FROM {table.name}").table.rows == ((1, "x"),)


@pytest.mark.parametrize(
    "content", [b"not gzip", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], b""], ids=["text", "cut", "empty"]
)
def test_a_damaged_packed_file_is_named(tmp_path, content):
    (tmp_path / "t.csv.gz").write_bytes(content)
    (tmp_path / "u.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match=r"t\.csv\.gz: not a gzip file"):
        open_database(tmp_path)


def test_a_packed_file_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    from sqlwright.db.files import unpack

    monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 1000)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a\n" + b"1\n" * 1000))
    with pytest.raises(DataError, match="unpacked it has over"):
        unpack.unpack_gzip(tmp_path / "t.csv.gz", tmp_path / "t.csv")


def test_json_arrays_and_objects_are_read(tmp_path):
    (tmp_path / "t.json").write_text('[{"a": 1, "b": "x"},\n {"a": 2, "b": "y"}]')
    assert read(tmp_path / "t.json", "SELECT a, b FROM t ORDER BY a")[0] == ((1, "x"), (2, "y"))


def workbook(path, **sheets):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_a_workbook_is_a_table_a_sheet(tmp_path):
    workbook(tmp_path / "b.xlsx", Sales=[["id", "amount"], [1, 2.5], [2, 3.5]], People=[["name"], ["Ann"]], Empty=[])
    with open_database(tmp_path / "b.xlsx") as database:
        assert [table.name for table in database.schema()] == ["People", "Sales"]
        assert database.run("SELECT sum(amount) FROM Sales").table.rows == ((6.0,),)
    (tmp_path / "x.csv").write_text("a\n1\n")
    with open_database(tmp_path) as database:
        assert [table.name for table in database.schema()] == ["b People", "b Sales", "x"]


def test_a_workbook_of_one_sheet_is_called_like_its_file(tmp_path):
    workbook(tmp_path / "sales.xlsx", Sheet1=[["id", "on"], [1, "2024-01-31"]])
    assert read(tmp_path / "sales.xlsx", 'SELECT id, month("on") FROM sales')[0] == ((1, 1),)


def test_a_workbook_that_is_none_is_named(tmp_path):
    pytest.importorskip("openpyxl")
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(DataError, match=r"b\.xlsx: it is not an Excel workbook"):
        open_database(tmp_path / "b.xlsx")


def test_a_workbook_names_the_extra_that_reads_it(tmp_path, monkeypatch):
    (tmp_path / "b.xlsx").write_bytes(b"PK")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"sqlwright\[excel\]"):
        open_database(tmp_path / "b.xlsx")


def test_lines_of_two_encodings_are_read_each_in_its_own(tmp_path):
    (tmp_path / "t.csv").write_bytes("id,name\n1,Café\n".encode() + b"2,Ca\xe9\n" + "3,Zoë\n".encode())
    rows, remarks = read(tmp_path / "t.csv", "SELECT name FROM t ORDER BY id")
    assert rows == (("Café",), ("Caé",), ("Zoë",))
    assert remarks == ("t: two encodings: UTF-8, and 1 line of Windows-1252, the first of them line 3",)


@pytest.mark.parametrize(
    ("encoding", "says"),
    [("gb18030", "read as GB18030"), ("utf-16", "read as UTF-16"), ("utf-8", None), ("utf-8-sig", None)],
)
def test_another_encoding_than_utf8_is_said(tmp_path, encoding, says):
    (tmp_path / "t.csv").write_bytes("编号,城市\n1,北京\n2,上海\n".encode(encoding))
    rows, remarks = read(tmp_path / "t.csv", "SELECT 城市 FROM t ORDER BY 编号")
    assert rows == (("北京",), ("上海",))
    assert remarks == ((f"t: {says}",) if says else ())


def test_windows_1252_keeps_its_quotation_marks_and_euro(tmp_path):
    (tmp_path / "t.csv").write_bytes("id,name\n1,“5 €”\n".encode("cp1252"))
    assert read(tmp_path / "t.csv", "SELECT name FROM t") == ((("“5 €”",),), ("t: read as Windows-1252",))


def test_a_header_with_a_name_twice_or_none_is_said(tmp_path):
    (tmp_path / "t.csv").write_text("id,name,Name,\n1,a,b,c\n")
    rows, remarks = read(tmp_path / "t.csv", "SELECT name, Name_1, column3 FROM t")
    assert rows == (("a", "b", "c"),)
    assert remarks == (
        "t: two columns are called Name; the one at place 3 is Name_1",
        "t: column 4 has no name and is called column3",
    )


def test_what_a_folder_leaves_out_is_said(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    duckdb.sql("SELECT 7 AS x").write_parquet(str(tmp_path / "d.parquet"))
    for name in ("notes.txt", ".hidden", "README.md"):
        (tmp_path / name).write_text("")
    (tmp_path / "old.csv").mkdir()
    assert read(tmp_path, "SELECT 1")[1] == ("left out: README.md, notes.txt, old.csv/",)


def test_many_left_out_files_are_counted(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    for number in range(20):
        (tmp_path / f"n{number:02}.txt").write_text("")
    (remark,) = read(tmp_path, "SELECT 1")[1]
    assert remark.endswith("n07.txt and 12 more")


def test_the_commands_print_the_remarks_to_stderr(tmp_path):
    from click.testing import CliRunner

    from sqlwright.cli.main import cli

    (tmp_path / "a.csv").write_text("x,p\n1,$5\n")
    (tmp_path / "notes.txt").write_text("")
    told = CliRunner().invoke(cli, ["schema", "-d", str(tmp_path)])
    assert told.stderr == "note: left out: notes.txt\nnote: a.p: read as numbers; numbers without $\n"
    assert "note:" not in told.stdout
