"""What every format has in common: containers, numbers, bad rows."""

from __future__ import annotations

import gzip
import io
import json
import logging
import sys

import pytest

from sqlwright.core import DataError, NotFoundError, UsageError
from sqlwright.data import read_examples

ROWS = [{"question": f"Question {i}?", "query": f"SELECT {i}", "db_id": "shop"} for i in range(5)]


def write(path, rows):
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def ids(source, **options):
    return [e.id for e in read_examples(source, **options)]


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_a_json_array_is_read_whatever_its_layout(tmp_path, indent):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ROWS, indent=indent), encoding="utf-8")
    assert [e.gold_sql for e in read_examples(path)] == [r["query"] for r in ROWS]


def test_json_lines_may_have_blank_lines_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(ROWS[0]).encode() + b"\r\n\r\n" + json.dumps(ROWS[1]).encode())
    assert ids(path) == ["0", "1"]


def test_gzip_is_known_by_its_first_bytes(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(json.dumps(ROWS[0]).encode()))
    assert ids(path) == ["0"]


def test_a_dash_reads_the_standard_input(monkeypatch):
    data = io.BufferedReader(io.BytesIO(json.dumps(ROWS).encode()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data))
    assert ids("-") == ["0", "1", "2", "3", "4"]


def test_csv_with_quoted_line_breaks(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('db_id,question,query\nshop,"How\nmany?",SELECT 1\nshop,Who?,"SELECT ""a"""\n', encoding="utf-8")
    assert [(e.question, e.gold_sql) for e in read_examples(path)] == [
        ("How\nmany?", "SELECT 1"),
        ("Who?", 'SELECT "a"'),
    ]


def test_a_bad_csv_row_does_not_end_the_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        'db_id,question,query\nshop,One?\nshop,"T"wo?,SELECT 2\nshop,Three?,SELECT 3,4\nshop,Four?,SELECT 4\n'
    )
    bad = []
    assert ids(path, on_bad_row=bad.append) == ["3"]
    assert [e.line for e in bad] == [2, 3, 4]
    assert "expected 3 cells as in the header, found 2" in bad[0].reason
    assert "found 4" in bad[2].reason


def test_a_column_without_a_name_does_no_harm(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",db_id,question,query\n0,shop,One?,SELECT 1\n")
    assert ids(path) == ["0"]


def test_parquet(tmp_path):
    import duckdb

    path = tmp_path / "a.parquet"
    query = "SELECT 'shop' AS db_id, 'Q' || i AS question, 'SELECT ' || i AS query FROM range(3000) t(i)"
    duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    examples = list(read_examples(path))
    assert len(examples) == 3000
    assert examples[2999].gold_sql == "SELECT 2999"


def test_a_bad_row_is_reported_with_file_line_and_reason_and_keeps_its_number(tmp_path):
    path = write(tmp_path / "a.jsonl", ROWS[:3])
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], '{"question": ', lines[1], '{"db_id": "shop"}', lines[2]]))
    bad = []
    assert ids(path, on_bad_row=bad.append) == ["0", "2", "4"]
    assert [(e.path, e.line) for e in bad] == [(str(path), 2), (str(path), 4)]
    assert "not JSON" in bad[0].reason
    assert "no field 'question'" in bad[1].reason


def test_a_bad_row_is_logged_where_nobody_listens(tmp_path, caplog):
    path = write(tmp_path / "a.jsonl", [ROWS[0], {"question": "Q?"}])
    with caplog.at_level(logging.WARNING):
        assert ids(path) == ["0"]
    assert "a.jsonl:2: no field 'query'" in caplog.text


def test_strict_raises_the_first_bad_row(tmp_path):
    path = write(tmp_path / "a.jsonl", [ROWS[0], {"question": "Q?", "db_id": "shop", "query": ["SELECT", "1"]}])
    with pytest.raises(DataError, match=r"a\.jsonl:2: the field 'query' holds list, expected text"):
        ids(path, strict=True)


def test_an_array_that_breaks_gives_the_rows_before_the_break(tmp_path):
    path = tmp_path / "a.json"
    rows = [json.dumps({"question": "é" * 50, "query": "SELECT 1", "db_id": "shop"}) for _ in range(3001)]
    rows[3000] = rows[3000].replace('"query"', "query")
    path.write_text("[" + ",\n".join(rows) + "]", encoding="utf-8")
    bad = []
    assert len(ids(path, on_bad_row=bad.append)) == 3000
    assert [(e.path, e.line) for e in bad] == [(str(path), 3001)]


def test_an_array_cut_short_is_reported(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ROWS, indent=1)[:-30], encoding="utf-8")
    bad = []
    assert len(ids(path, on_bad_row=bad.append)) == 4
    assert len(bad) == 1


def test_a_damaged_gzip_file_is_reported(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    data = gzip.compress("".join(json.dumps(r) + "\n" for r in ROWS * 1000).encode(), mtime=0)
    path.write_bytes(data[: len(data) // 2])
    bad = []
    ids(path, on_bad_row=bad.append)
    assert "not readable" in bad[0].reason


def test_bytes_that_are_not_utf8_are_a_bad_row(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(json.dumps(ROWS[0]).encode() + b'\n{"question": "\xff"}\n' + json.dumps(ROWS[1]).encode())
    bad = []
    assert ids(path, on_bad_row=bad.append) == ["0", "2"]
    assert "not UTF-8" in bad[0].reason


@pytest.mark.parametrize("text", ["1" * 5000, "[" * 100_000], ids=["digits", "depth"])
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_json_that_python_will_not_hold_is_a_bad_row(tmp_path, text, suffix):
    path = tmp_path / f"a.{suffix}"
    good = json.dumps(ROWS[0])
    path.write_text(f'[{good},\n{{"a": {text}}}]' if suffix == "json" else f'{good}\n{{"a": {text}}}')
    bad = []
    assert ids(path, on_bad_row=bad.append) == ["0"]
    assert bad[0].line == 2


def test_half_a_surrogate_pair_is_a_bad_row(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"db_id": "a", "question": "\\ud83d?", "query": "SELECT 1"}\n' + json.dumps(ROWS[0]))
    bad = []
    assert ids(path, on_bad_row=bad.append) == ["1"]
    assert "surrogate" in bad[0].reason


def test_a_single_object_may_go_over_several_lines(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ROWS[0], indent=2))
    assert ids(path) == ["0"]


@pytest.mark.parametrize("value", [1, "text", None, [1]])
def test_a_row_that_is_no_object_is_bad(tmp_path, value):
    path = write(tmp_path / "a.jsonl", [ROWS[0], value])
    with pytest.raises(DataError, match="expected an object"):
        ids(path, strict=True)


def test_an_unknown_format_names_what_was_seen_and_what_is_known(tmp_path):
    path = write(tmp_path / "a.jsonl", [{"prompt": "x", "sql_text": "y"}])
    with pytest.raises(DataError, match=r"(?s)'prompt', 'sql_text'.*spider \(question, query, db_id\)"):
        ids(path)


def test_an_unknown_format_name_gives_the_closest(tmp_path):
    with pytest.raises(UsageError, match="'spider'"):
        ids(write(tmp_path / "a.jsonl", ROWS), format="spidr")


def test_a_missing_file_is_an_error_of_the_call_and_names_the_closest(tmp_path):
    write(tmp_path / "train.jsonl", ROWS)
    with pytest.raises(NotFoundError, match=r"'train\.jsonl'"):
        read_examples(tmp_path / "trein.jsonl")


def test_an_empty_file_is_an_error(tmp_path):
    (tmp_path / "a.jsonl").write_text("")
    with pytest.raises(DataError, match="no rows"):
        ids(tmp_path / "a.jsonl")


def test_an_empty_array_is_an_error(tmp_path):
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(DataError, match="no rows"):
        ids(tmp_path / "a.json")


def test_split_belongs_to_hub_sources(tmp_path):
    with pytest.raises(UsageError, match="hub"):
        ids(write(tmp_path / "a.jsonl", ROWS), split="train")
