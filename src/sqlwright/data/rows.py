"""Rows of a file, whatever its container: JSON Lines, JSON, CSV, TSV or Parquet, plain or gzip-compressed."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
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
PARQUET_BATCH_ROWS = 1000
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
    """Raises NotFoundError, with the closest name in the folder."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; a file is expected.", _listing(path))
    if not path.exists():
        raise NotFoundError(f"No file {str(path)!r}.", _listing(path.parent, path.name))
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"Cannot read {str(path)!r}: {error.strerror}.") from None


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
    except (EOFError, OSError, zlib.error) as error:
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
    elif start == "{" or kind in ("json", "jsonl", "ndjson"):
        yield from _numbered(_line_rows(reader, name), name)
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


def _line_rows(reader: BinaryIO, name: str) -> Iterator[tuple[int, Any]]:
    """JSON Lines; a document that is one object over several lines is read whole."""
    line = 0
    try:
        for line, data in enumerate(reader, 1):
            text = data.removeprefix(codecs.BOM_UTF8) if line == 1 else data
            if not text.strip():
                continue
            value = _decode(text, name, line)
            if line == 1 and isinstance(value, DataError) and text.strip() == b"{":
                yield from _object_rows(text + reader.read(), name)
                return
            yield from _envelope(line, value)
    except (EOFError, OSError, zlib.error) as error:  # a damaged .gz
        yield line + 1, DataError(f"not readable: {error}", path=name, line=line + 1)


def _object_rows(data: bytes, name: str) -> Iterator[tuple[int, Any]]:
    yield from _envelope(1, _decode(data, name, 1))


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
    except RecursionError:
        return DataError("not readable: lists or objects nest too deep", path=name, line=line)


def _csv_rows(reader: io.BufferedReader, name: str, delimiter: str) -> Iterator[Row | DataError]:
    csv.field_size_limit(MAX_CSV_CELL)
    text = io.TextIOWrapper(reader, encoding="utf-8-sig", newline="")
    table = csv.DictReader(text, delimiter=delimiter, restkey="", strict=True)
    number, line = 0, 2  # the header is line 1
    try:
        for number, fields in enumerate(table):
            if "" in fields or None in fields.values():
                expected = len(table.fieldnames or ())
                reason = f"expected {expected} cells as in the header, found {_cells(fields)}"
                yield DataError(reason, path=name, line=line)
            else:
                yield Row(dict(fields), number, line)
            line = table.line_num + 1
    except (csv.Error, UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
        yield DataError(f"not CSV: {error}. Nothing after this can be read", path=name, line=line)
    finally:
        text.detach()  # the file is its opener's to close


def _cells(fields: dict[Any, Any]) -> int:
    return sum(len(v) if isinstance(v, list) else v is not None for v in fields.values())


def _parquet_rows(name: str) -> Iterator[Row | DataError]:
    if name == "<stdin>":
        raise UsageError("Parquet cannot be read from the standard input.", "Give the file's name.")
    import duckdb

    number = 0
    with duckdb.connect() as connection:
        try:
            result = connection.execute("SELECT * FROM read_parquet(?)", [name])
            names = [d[0] for d in result.description or ()]
            while batch := result.fetchmany(PARQUET_BATCH_ROWS):
                for values in batch:
                    yield Row(dict(zip(names, values, strict=True)), number)
                    number += 1
        except duckdb.Error as error:
            yield DataError(f"not readable as Parquet: {error}", path=name)
