"""Rows of a file, whatever its container: JSON Lines, JSON, CSV, TSV or Parquet, plain or gzip-compressed."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import json
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..core import DataError, NotFoundError, UsageError, closest
from .json_array import SPACE, iter_array

GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
LINE_KINDS = ("jsonl", "ndjson")
PARQUET_BATCH_ROWS = 1000
DAMAGED = (EOFError, OSError, zlib.error)  # what a broken .gz raises
MAX_CSV_CELL = 1 << 27  # characters; the standard library's default of 131,072 is less than some schemas take


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file. `number` counts from 0 and counts bad rows too; `line` counts from 1."""

    fields: dict[str, Any]
    number: int
    line: int | None = None


def read_rows(source: str | Path) -> Iterator[Row | DataError]:
    """Each row of `source` ("-" is the standard input), or in its place why it cannot be read.

    Memory holds one row and one chunk, except for a JSON document that is one object. Raises NotFoundError
    for a missing file.
    """
    name = "<stdin>" if str(source) == "-" else str(source)
    if name == "<stdin>":
        yield from _read_stream(cast("io.BufferedReader", sys.stdin.buffer), name)
        return
    with open_file(Path(source)) as stream:
        yield from _read_stream(stream, name)


def open_file(path: Path) -> io.BufferedReader:
    """Raises what `check_file` raises, and UsageError where it may not be read."""
    check_file(path)
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"Cannot read {str(path)!r}: {error.strerror}.") from None


def check_file(path: Path) -> None:
    """Raises UsageError for a folder and NotFoundError, with the closest name in the folder, for nothing there."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; a file is expected.", _listing(path))
    if not path.exists():
        raise NotFoundError(f"No file {str(path)!r}.", _listing(path.parent, path.name))


def read_object(path: Path) -> dict[str, Any]:
    """A document that is one JSON object, whole. Raises DataError."""
    with open_file(path) as stream:
        try:
            value = json.load(unpacked(stream))
        except (ValueError, RecursionError, *DAMAGED) as error:
            raise DataError(f"not JSON: {error}", path=path) from None
    if not isinstance(value, dict):
        raise DataError(f"expected an object, found {type(value).__name__}", path=path)
    return value


def unpacked(reader: io.BufferedReader) -> io.BufferedReader:
    """`reader`, gunzipped where it starts like gzip whatever its name says."""
    if reader.peek(2)[:2] == GZIP_MAGIC:
        return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=reader, mode="rb")))
    return reader


def _listing(folder: Path, wanted: str = "") -> str:
    names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    return closest(wanted, names) if names else ""


def _read_stream(stream: io.BufferedReader, name: str) -> Iterator[Row | DataError]:
    try:
        reader = unpacked(stream)
        head = reader.peek(64)[:64].removeprefix(codecs.BOM_UTF8)
    except DAMAGED as error:
        yield DataError(f"not readable: {error}", path=name)
        return
    kind = name.lower().removesuffix(".gz").rpartition(".")[2]
    start = head.decode("utf-8", "replace").lstrip(SPACE)[:1]
    if head.startswith(PARQUET_MAGIC):
        yield from _parquet_rows(name)
    elif kind in ("csv", "tsv"):
        yield from _csv_rows(reader, name, "\t" if kind == "tsv" else ",")
    elif start == "[":
        yield from _numbered(_array_rows(reader, name), name)
    elif start == "{" or kind in ("json", *LINE_KINDS):
        yield from _numbered(_line_rows(reader, name, kind in LINE_KINDS), name)
    else:
        yield from _csv_rows(reader, name, ",")


def _numbered(values: Iterable[tuple[int, Any]], name: str) -> Iterator[Row | DataError]:
    for number, (line, value) in enumerate(values):
        if isinstance(value, DataError):
            yield value
        elif isinstance(value, dict):
            yield Row(value, number, line)
        else:
            reason = f"expected an object with named fields, found {type(value).__name__}"
            yield DataError(reason, path=name, line=line)


def _array_rows(reader: BinaryIO, name: str) -> Iterator[tuple[int, Any]]:
    try:
        yield from iter_array(reader, name)
    except DataError as error:
        yield error.line or 0, error


def _line_rows(reader: BinaryIO, name: str, by_line: bool) -> Iterator[tuple[int, Any]]:
    """JSON Lines; unless the name says so, an object may go over several lines, and is read whole."""
    line = 0
    try:
        for line, data in enumerate(reader, 1):
            text = data.removeprefix(codecs.BOM_UTF8) if line == 1 else data
            if line == 1 and not by_line and not text.rstrip().endswith(b"}"):
                text += reader.read()
            if text.strip():
                yield from _envelope(line, _decode(text, name, line))
    except DAMAGED as error:
        yield line + 1, DataError(f"not readable: {error}", path=name, line=line + 1)


def _envelope(line: int, value: Any) -> Iterator[tuple[int, Any]]:
    """EHRSQL keeps its rows as the list `data` of one object."""
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        yield from ((line, row) for row in value["data"])
    else:
        yield line, value


def _decode(data: bytes, name: str, line: int) -> Any:
    try:
        return json.loads(data.rstrip().decode("utf-8"))
    except UnicodeDecodeError as error:
        return DataError(f"not UTF-8: {error.reason}", path=name, line=line)
    except json.JSONDecodeError as error:
        return DataError(f"not JSON: {error.msg} (column {error.colno})", path=name, line=line + error.lineno - 1)
    except (RecursionError, ValueError) as error:  # nested too deep, or a number of thousands of digits
        return DataError(f"not readable: {error}", path=name, line=line)


def _csv_rows(reader: io.BufferedReader, name: str, delimiter: str) -> Iterator[Row | DataError]:
    csv.field_size_limit(MAX_CSV_CELL)
    text = io.TextIOWrapper(reader, encoding="utf-8-sig", newline="")
    table = csv.DictReader(text, delimiter=delimiter, strict=True)
    try:
        expected = len(table.fieldnames or ())  # reads the header
        for number in itertools.count():
            row = _csv_row(table, expected, number, name)
            if row is None:
                return
            yield row
    except (UnicodeDecodeError, csv.Error, *DAMAGED) as error:
        line = table.reader.line_num + 1
        yield DataError(f"not readable: {error}. Nothing after this can be read", path=name, line=line)
    finally:
        text.detach()  # the file is its opener's to close


def _csv_row(table: csv.DictReader[str], expected: int, number: int, name: str) -> Row | DataError | None:
    line = table.reader.line_num + 1
    try:
        fields: dict[Any, Any] = next(table)
    except StopIteration:
        return None
    except csv.Error as error:
        return DataError(f"not CSV: {error}", path=name, line=line)
    more = fields.pop(None, [])
    found = sum(v is not None for v in fields.values()) + len(more)
    if found != expected:
        return DataError(f"expected {expected} cells as in the header, found {found}", path=name, line=line)
    return Row(fields, number, line)


def _parquet_rows(name: str) -> Iterator[Row | DataError]:
    if name == "<stdin>":
        raise UsageError("Parquet cannot be read from the standard input.", "Give the file's name.")
    import duckdb

    number = 0
    with duckdb.connect(config={"threads": 1}) as connection:  # each thread would hold a row group
        try:
            result = connection.execute("SELECT * FROM read_parquet(?)", [name])
            names = [d[0] for d in result.description or ()]
            while batch := result.fetchmany(PARQUET_BATCH_ROWS):
                for values in batch:
                    yield Row(dict(zip(names, values, strict=True)), number)
                    number += 1
        except duckdb.Error as error:
            yield DataError(f"not readable as Parquet: {error}", path=name)
