"""A result as a file: CSV that no spreadsheet runs as a formula, and Parquet."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from pathlib import Path

import duckdb

from ...core import ResultTable, Value, to_json_value
from ...core.dialect import quote_identifier

MAX_INT64 = 2**63 - 1
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(table: ResultTable) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes Chinese for Latin-1.

    Text that starts like a formula gets an apostrophe before it (OWASP, CSV injection); numbers stay as they are.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_safe(name) for name in table.columns])
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig", "replace")


def has_formulas(table: ResultTable) -> bool:
    """Whether `as_csv` changes a value."""
    values = (value for row in table.rows for value in row)
    return any(isinstance(value, str) and value.startswith(FORMULA_STARTS) for value in (*table.columns, *values))


def as_parquet(table: ResultTable) -> bytes:
    """With the columns' types; text for mixed values, decimals and integers beyond 64 bits: nothing is lost."""
    kinds = [_kind(kind, [row[i] for row in table.rows]) for i, kind in enumerate(table.column_types())]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(_distinct(table.columns), kinds, strict=True))
    rows = [[_typed(v, kind) for v, kind in zip(row, kinds, strict=True)] for row in table.rows]
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "result.parquet"
        connection.execute(f"CREATE TABLE result ({columns})")
        if rows:
            connection.executemany(f"INSERT INTO result VALUES ({', '.join('?' * len(kinds))})", rows)
        connection.execute("COPY result TO ? (FORMAT parquet)", [str(path)])
        return path.read_bytes()


_PARQUET = {
    "boolean": "BOOLEAN",
    "real": "DOUBLE",
    "blob": "BLOB",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "time": "TIME",
    "integer": "BIGINT",
}


def _kind(kind: str, values: list[Value]) -> str:
    if any(isinstance(v, int) and abs(v) > MAX_INT64 for v in values):
        return "VARCHAR"
    if any(isinstance(v, dt.datetime) and v.tzinfo for v in values):
        return "TIMESTAMPTZ"
    return _PARQUET.get(kind, "VARCHAR")


def _typed(value: Value, kind: str) -> Value:
    if value is None or kind != "VARCHAR":
        return value
    return str(to_json_value(value))


def _distinct(names: tuple[str, ...]) -> list[str]:
    """Quoted; a name that comes twice gets a number, since Parquet holds one column of a name."""
    seen: dict[str, int] = {}
    quoted = []
    for name in names:
        seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
        count = seen[name.casefold()]
        quoted.append(quote_identifier(f"{name} {count}" if count > 1 else name or "column", "duckdb", always=True))
    return quoted


def _cell(value: Value) -> object:
    if value is None:
        return ""
    plain = to_json_value(value)
    return _safe(plain) if isinstance(value, str) else plain


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
