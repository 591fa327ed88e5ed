"""How a CSV file is cut into cells: its delimiter, lines above its header, and a row that does not fit.

DuckDB's own detection takes whatever cuts most rows evenly: it leaves out a header, or all rows but one, or makes one
column of a file in which a single row has a cell too many, and says nothing. Here the first line decides.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ...core import DataError

DELIMITERS = (",", ";", "\t", "|")
NO_DELIMITER = "\x1f"  # of a file of one column, whose cells may hold commas
HEAD_BYTES = 1 << 16
_STRICT = "quote='\"', escape='\"', skip=0, comment='', null_padding=false"


@dataclass(frozen=True, slots=True)
class Layout:
    """`options` are those of `read_csv`."""

    delimiter: str
    options: str


def layouts(connection: duckdb.DuckDBPyConnection, path: Path, pattern: str) -> Iterator[Layout]:
    """The ways to read `path`, likeliest first; of each, DuckDB refuses the file if a row does not fit.

    `pattern` is `path` as DuckDB's readers take it.
    """
    first = _first_line(path)
    found = sorted((d for d in _allowed(path) if d in first), key=lambda d: -first.count(d))
    for delimiter in found:
        yield _strict(delimiter)
    if below := _below_a_title(connection, path, pattern):
        yield below
    if not found:
        yield _strict(NO_DELIMITER)


def misfit(path: Path, text: str) -> DataError:
    """Names the first row of `text`, the content of `path`, that has more or fewer cells than the first."""
    first = _first_line(path)
    delimiter = max(_allowed(path), key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    expected = 0
    hint = "Put cells that hold the delimiter in double quotes, and give every row as many cells as the first."
    try:
        for row in rows:
            expected = expected or len(row)
            if row and len(row) != expected:
                reason = f"expected {expected} cells as in the first row, found {len(row)}"
                return DataError(reason, path=path, line=rows.line_num, hint=hint)
    except csv.Error as error:
        return DataError(f"not CSV: {error}", path=path, line=rows.line_num, hint=hint)
    return DataError("the rows cannot be cut into cells", path=path, hint=hint)


def _allowed(path: Path) -> tuple[str, ...]:
    return ("\t",) if path.suffix.lower() == ".tsv" else DELIMITERS


def _strict(delimiter: str) -> Layout:
    return Layout(delimiter, f"delim='{delimiter}', {_STRICT}")


def _below_a_title(connection: duckdb.DuckDBPyConnection, path: Path, pattern: str) -> Layout | None:
    """As DuckDB finds it, where all that it skips is lines above the header, without its delimiter."""
    try:
        found = connection.execute(
            "SELECT Delimiter, SkipRows, len(Columns) FROM sniff_csv(?, sample_size=-1)", [pattern]
        ).fetchone()
    except duckdb.Error:
        return None
    delimiter, skipped, columns = found or ("", 0, 0)
    above = _head(path).splitlines()[:skipped]
    if columns < 2 or not above or delimiter not in _allowed(path) or any(delimiter in line for line in above):
        return None
    return Layout(delimiter, f"delim='{delimiter}', quote='\"', escape='\"', skip={skipped}, comment=''")


def _first_line(path: Path) -> str:
    """The first line that is not blank, without what is in double quotes."""
    line = next((line for line in _head(path).splitlines() if line.strip()), "")
    return "".join(line.split('"')[::2])


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES).decode("utf-8-sig", "replace")
