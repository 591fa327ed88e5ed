"""A result as a Parquet file."""

from __future__ import annotations

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb

from ..core import ResultTable, Value
from ..core.dialect import quote_identifier
from .text import as_text

MAX_INT64 = 2**63 - 1
MAX_DIGITS = 38  # of a decimal number in DuckDB


def as_parquet(table: ResultTable) -> bytes:
    """With the columns' types; text for mixed values, and for numbers that no type of Parquet holds exactly."""
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
    if kind == "decimal":
        return _decimal([v for v in values if isinstance(v, Decimal)])
    if any(isinstance(v, dt.datetime) and v.tzinfo for v in values):
        return "TIMESTAMPTZ"
    return _PARQUET.get(kind, "VARCHAR")


def _decimal(values: list[Decimal]) -> str:
    """DECIMAL with the digits that hold every value, where there are few enough."""
    whole = scale = 0
    for value in values:
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):  # NaN, Infinity
            return "VARCHAR"
        scale = max(scale, -exponent)
        whole = max(whole, len(digits) + exponent)
    return f"DECIMAL({max(whole + scale, 1)}, {scale})" if whole + scale <= MAX_DIGITS else "VARCHAR"


def _typed(value: Value, kind: str) -> Value:
    if value is None or kind != "VARCHAR":
        return value
    return as_text(value)


def _distinct(names: tuple[str, ...]) -> list[str]:
    """Quoted; a name that comes twice gets a number, since Parquet holds one column of a name."""
    seen: dict[str, int] = {}
    quoted = []
    for name in names:
        seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
        count = seen[name.casefold()]
        quoted.append(quote_identifier(f"{name} {count}" if count > 1 else name or "column", "duckdb", always=True))
    return quoted
