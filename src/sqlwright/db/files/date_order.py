"""Dates written 31/12/2024: which order of day and month they were read in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import duckdb

from ...core import quote_identifier

_WRITTEN = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b")


def on_date_order(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[str]]) -> list[str]:
    """A remark for each column of dates in that form. `rows` are the first ones of the file, as they are written.

    DuckDB takes the order that fits every row. Where both do, the remark says so.
    """
    name = quote_identifier(table, "duckdb", always=True)
    columns = [(str(row[0]), str(row[1])) for row in connection.execute(f"DESCRIBE {name}").fetchall()]
    remarks = []
    for place, (column, kind) in enumerate(columns):
        if not kind.startswith(("DATE", "TIMESTAMP")):
            continue
        telling = ((i, m) for i, row in enumerate(rows) if (m := _WRITTEN.match(row[place].strip())) and m[1] != m[2])
        number, match = next(telling, (0, None))
        if match is None:
            continue
        quoted = quote_identifier(column, "duckdb", always=True)
        found = connection.execute(f"SELECT {quoted} FROM {name} LIMIT 1 OFFSET {number}").fetchone()
        largest = connection.execute(f"SELECT max(day({quoted})) FROM {name}").fetchone()
        if found and isinstance(found[0], dt.date) and largest:
            remarks.append(_remark(f"{table}.{column}", match, found[0], either=largest[0] <= 12))
    return remarks


def _remark(column: str, match: re.Match[str], read: dt.date, *, either: bool) -> str:
    order = "day first" if (read.day, read.month) == (int(match[1]), int(match[2])) else "month first"
    also = "; every date of it could be read the other way too" if either else ""
    return f"{column}: dates are read {order}, {match[0]} is {read:%Y-%m-%d}{also}"
