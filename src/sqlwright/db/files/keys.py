"""Keys that files do not declare: a column whose values are all different, and which other files have as well."""

from __future__ import annotations

from collections import Counter

import duckdb

from ...core import quote_identifier

MAX_ROWS = 1_000_000  # the index of a key is held in memory
_NO_KEYS = ("DOUBLE", "FLOAT", "BOOLEAN")


def declare_keys(connection: duckdb.DuckDBPyConnection, tables: list[str]) -> None:
    """Make the first such column of each table its primary key, so that tables can be joined on it.

    Only columns that tables share are looked at: what nothing refers to joins nothing.
    """
    columns = {table: connection.execute(f"DESCRIBE {_quoted(table)}").fetchall() for table in tables}
    shared = Counter(row[0].casefold() for rows in columns.values() for row in rows)
    for table, rows in columns.items():
        for name, kind, *_ in rows:
            if shared[name.casefold()] > 1 and kind not in _NO_KEYS and _is_key(connection, table, name):
                connection.execute(f"ALTER TABLE {_quoted(table)} ADD PRIMARY KEY ({_quoted(name)})")
                break


def _is_key(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> bool:
    """Two rows at least, all different, none missing."""
    found = connection.execute(f"SELECT COUNT(*), COUNT(DISTINCT {_quoted(column)}) FROM {_quoted(table)}").fetchone()
    rows, distinct = found or (0, 0)
    return bool(1 < rows == distinct and rows <= MAX_ROWS)


def _quoted(name: str) -> str:
    return quote_identifier(name, "duckdb", always=True)
