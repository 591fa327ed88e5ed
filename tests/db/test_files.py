"""CSV, TSV, JSON lines and Parquet files as tables."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sqlwright.core import ConnectError, DataError, NotFoundError, QueryLimits
from sqlwright.db import open_database
from tests.statements import trusted


def only_table(target):
    with open_database(target) as database:
        (table,) = database.schema(row_counts=True, samples=5)
        return table


def test_a_file_is_a_table_named_after_its_stem(tmp_path):
    (tmp_path / "销售 2024.csv").write_text("id,when\n1,2024-01-01\n2,2024-02-01\n", encoding="utf-8")
    table = only_table(tmp_path / "销售 2024.csv")
    assert (table.name, table.row_count) == ("销售 2024", 2)
    assert [(c.name, c.type) for c in table.columns] == [("id", "BIGINT"), ("when", "DATE")]


def test_a_folder_is_a_database_of_its_files(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "b.tsv").write_text("x\ty\n1\tp q\n")
    (tmp_path / "c.jsonl").write_text('{"x": 1}\n{"x": 2}\n')
    duckdb.sql("SELECT 7 AS x").write_parquet(str(tmp_path / "d.parquet"))
    (tmp_path / "notes.txt").write_text("not a table")
    with open_database(tmp_path) as database:
        assert database.name == tmp_path.name
        assert [table.name for table in database.schema()] == ["a", "b", "c", "d"]
        assert database.run("SELECT a.x, b.y, d.x FROM a, b, d").table.rows == ((1, "p q", 7),)


def test_two_files_of_one_stem_are_two_tables(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "a.tsv").write_text("x\n2\n")
    with open_database(tmp_path) as database:
        assert [table.name for table in database.schema()] == ["a", "a.tsv"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_is_read_in_its_usual_encodings(tmp_path, encoding):
    (tmp_path / "x.csv").write_text("编号,城市\n1,北京\n2,上海\n", encoding=encoding)
    table = only_table(tmp_path / "x.csv")
    assert [(c.name, c.samples) for c in table.columns] == [("编号", ("1", "2")), ("城市", ("北京", "上海"))]


def test_a_name_with_pattern_characters_reads_that_file_only(tmp_path):
    (tmp_path / "a[1]*?.csv").write_text("x\n1\n")
    (tmp_path / "a1zz.csv").write_text("x\n2\n")
    assert only_table(tmp_path / "a[1]*?.csv").columns[0].samples == ("1",)


def test_a_late_row_of_another_type_is_kept(tmp_path):
    (tmp_path / "x.csv").write_text("a\n" + "1\n" * 30_000 + "n/a\n")
    with open_database(tmp_path / "x.csv") as database:
        assert database.run("SELECT count(*) FROM x WHERE a = 'n/a'").table.rows == ((1,),)


def test_nothing_can_be_written_and_nothing_stays_behind(tmp_path):
    (tmp_path / "x.csv").write_text("a\n1\n")
    database = open_database(tmp_path / "x.csv")
    copy = Path(database.engine.path)
    for sql in ("INSERT INTO x VALUES (2)", "DROP TABLE x", "SELECT * FROM read_csv('/etc/passwd')"):
        assert database.engine.execute(trusted(sql), QueryLimits()).status == "error"
    database.close()
    assert not copy.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(NotFoundError, match=r"\.parquet"):
        open_database(tmp_path)
    (tmp_path / "x.parquet").write_bytes(b"not parquet")
    with pytest.raises(DataError, match=r"x\.parquet"):
        open_database(tmp_path / "x.parquet")
    (tmp_path / "y.csv").write_bytes(b"")
    with pytest.raises(ConnectError, match="empty"):
        open_database(tmp_path / "y.csv")


def test_words_for_a_missing_value_do_not_make_text_of_numbers(tmp_path):
    (tmp_path / "w.csv").write_text(
        "whole,part,day,at,code,gap\n1,39.02,2013-01-01,2013-01-01 05:00:00,NA,NA\n"
        "NA,NaN,NA,NA,DE,-\n3,NULL,2013-01-03,2013-01-03 06:30:00,FR,NA\n"
    )
    with open_database(tmp_path / "w.csv") as database:
        (table,) = database.schema()
        assert [c.type for c in table.columns] == ["BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR", "VARCHAR"]
        rows = database.run("SELECT whole, part, code, gap FROM w").table.rows
    assert rows == ((1, 39.02, "NA", "NA"), (None, None, "DE", "-"), (3, None, "FR", "NA"))


def test_a_column_of_different_values_that_other_files_have_is_a_key(tmp_path):
    (tmp_path / "airlines.csv").write_text("name,carrier\nUnited,UA\nDelta,DL\n")
    (tmp_path / "flights.csv").write_text("flight,carrier\n1,UA\n2,UA\n3,DL\n")
    with open_database(tmp_path) as database:
        keys = {table.name: table.primary_key for table in database.schema()}
    assert keys == {"airlines": ("carrier",), "flights": ()}  # nothing refers to a flight


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,name,city\n1,Ann,Paris\n2,Bo,Oslo,extra\n3,Cy,Rome\n", "ragged.csv:3: expected 3 .* found 4"),
        ("id,name,city\n1,Ann,Paris\n2,Bo\n3,Cy,Rome\n", "ragged.csv:3: expected 3 .* found 2"),
        ("id,name\n1,Ann,Paris\n2,Bo,Oslo\n", "ragged.csv:2: expected 2 .* found 3"),
        ("id,note\n1,hello, world\n2,fine\n3,a, b, c\n", "ragged.csv:2: expected 2 .* found 3"),
        ("id;price\n1;2,5\n2;3;4\n", "ragged.csv:3: expected 2 .* found 3"),
    ],
)
def test_a_row_with_too_many_or_too_few_cells_is_named(tmp_path, text, message):
    (tmp_path / "ragged.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        open_database(tmp_path / "ragged.csv")


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("name;price\npen;1,5\nink;4,25\n", ["name", "price"], ("pen", 1.5)),
        ("price;weight\n1,5;2,5\n4,25;1,0\n", ["price", "weight"], (1.5, 2.5)),
        ("id|name\n1|Ann\n", ["id", "name"], (1, "Ann")),
        ("note\nhello, world\nfine\na, b, c\n", ["note"], ("hello, world",)),
        ("name\nAnn\nBo\n", ["name"], ("Ann",)),
        ("Report of 2024\n\nid,name\n1,Ann\n2,Bo\n", ["id", "name"], (1, "Ann")),
        ("Sales, March\nid;name;price\n1;Ann;2,5\n2;Bo;3,5\n", ["id", "name", "price"], (1, "Ann", 2.5)),
        ('id,note\n1,"a, ""b"" c"\n2,"x\ny"\n', ["id", "note"], (1, 'a, "b" c')),
        ("id,name\n1,O'Brien\n2,'x'\n", ["id", "name"], (1, "O'Brien")),
    ],
)
def test_the_first_line_decides_how_a_file_is_cut(tmp_path, text, names, first):
    (tmp_path / "cut{}.csv").write_text(text)
    with open_database(tmp_path / "cut{}.csv") as database:
        (table,) = database.schema()
        assert [c.name for c in table.columns] == names
        assert database.run('SELECT * FROM "cut{}"').table.rows[0] == first


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (["1.234,5", "NA", "-7,25"], [1234.5, None, -7.25]),
        (["12 000,5", "3"], [12000.5, 3.0]),
        (["1,234", "5,678"], ["1,234", "5,678"]),  # thousands, or not: nobody can tell
        (["1,5", "about 2"], ["1,5", "about 2"]),
        (["1,5,7", "2,5,8"], ["1,5,7", "2,5,8"]),
    ],
)
def test_a_decimal_comma_is_read_where_the_delimiter_is_another(tmp_path, cells, value):
    (tmp_path / "d.csv").write_text("id;x\n" + "".join(f"{i};{cell}\n" for i, cell in enumerate(cells)))
    (tmp_path / "comma.csv").write_text("id,x\n" + "".join(f'{i},"{cell}"\n' for i, cell in enumerate(cells)))
    with open_database(tmp_path / "d.csv") as database:
        assert [row[0] for row in database.run("SELECT x FROM d ORDER BY id").table.rows] == value
    with open_database(tmp_path / "comma.csv") as database:
        thousands = {"1,234": 1234}  # what a comma in a cell means there
        assert database.run("SELECT x FROM comma ORDER BY id").table.rows[0] == (thousands.get(cells[0], cells[0]),)
