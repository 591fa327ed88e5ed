"""SQLite's catalogue as a Schema."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core import Checked, Column, ForeignKey, Schema, Table, quote_identifier
from .catalog import COUNTING_S
from .samples import SAMPLE_CHARS, SAMPLE_ROWS, SAMPLING_S, distinct_samples
from .sensitive import is_sensitive
from .sqlite_comments import comments

_ENTRIES = Checked.trusted(
    # sqlite_sequence and the like; '_' is a wildcard in LIKE.
    "SELECT name, type, coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'view') "
    "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
    "catalog",
)
_SHADOWS = Checked.trusted("SELECT name FROM pragma_table_list WHERE type = 'shadow'", "catalog")
_HIDDEN = 1  # table_xinfo: a virtual table's hidden column; 2 and 3 are generated columns


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: str  # "table", "view" or "virtual"
    sql: str


def read_schema(connection: sqlite3.Connection, db_id: str, *, row_counts: bool = False, samples: int = 0) -> Schema:
    """`connection` must be read-only and may be used by nobody else meanwhile.

    One PRAGMA per table is no round trip here: 1,000 tables of 12 columns take under a second.
    """
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    tables = [_table(connection, entry) for entry in _entries(connection)]
    tables = _resolve_keys(connection, tables)
    if samples:
        _stop_after(connection, SAMPLING_S)
        tables = [_with_samples(connection, table, samples) for table in tables]
    if row_counts:
        _stop_after(connection, COUNTING_S)
        tables = [_with_row_count(connection, table) for table in tables]
    return Schema(db_id, "sqlite", tuple(tables))


def _stop_after(connection: sqlite3.Connection, seconds: float) -> None:
    """Every statement from then on ends as an error."""
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() >= deadline, 100_000)


def _fetch(connection: sqlite3.Connection, statement: Checked) -> list[Any]:
    return connection.execute(statement.sql).fetchall()


def _entries(connection: sqlite3.Connection) -> list[_Entry]:
    """Tables and views in the order they were made, without SQLite's own and without shadow tables."""
    rows = _fetch(connection, _ENTRIES)
    shadows: set[str] = set()
    if sqlite3.sqlite_version_info >= (3, 37):
        shadows = {name for (name,) in _fetch(connection, _SHADOWS)}
    return [
        _Entry(name, "virtual" if sql[:14].upper() == "CREATE VIRTUAL" else kind, sql)
        for name, kind, sql in rows
        if name not in shadows
    ]


def _table(connection: sqlite3.Connection, entry: _Entry) -> Table:
    quoted = quote_identifier(entry.name, "sqlite", always=True)
    try:
        info = _fetch(connection, Checked.trusted(f"PRAGMA table_xinfo({quoted})", "catalog"))
    except sqlite3.Error:
        info = []  # a view over a table that is gone, a virtual table whose module is missing
    about_table, about_columns = comments(entry.sql) if entry.kind == "table" else ("", {})
    key = sorted((row[5], row[1]) for row in info if row[5])
    columns = tuple(
        Column(name, declared, not (required or position), about_columns.get(name, ""))
        for _, name, declared, required, _, position, hidden in info
        if hidden != _HIDDEN
    )
    return Table(entry.name, columns, tuple(name for _, name in key), comment=about_table, is_view=entry.kind == "view")


def _resolve_keys(connection: sqlite3.Connection, tables: list[Table]) -> list[Table]:
    """With foreign keys, in the spelling of the tables they name; keys to what is not there are left out."""
    by_name = {table.name.lower(): table for table in tables}
    return [
        table if table.is_view else replace(table, foreign_keys=_foreign_keys(connection, table, by_name))
        for table in tables
    ]


def _foreign_keys(connection: sqlite3.Connection, table: Table, by_name: dict[str, Table]) -> tuple[ForeignKey, ...]:
    quoted = quote_identifier(table.name, "sqlite", always=True)
    try:
        rows = _fetch(connection, Checked.trusted(f"PRAGMA foreign_key_list({quoted})", "catalog"))
    except sqlite3.Error:
        return ()
    grouped: dict[int, list[tuple[str, str, str | None]]] = {}
    for number, _, target, source_column, target_column, *_ in sorted(rows, key=lambda row: (row[0], row[1])):
        grouped.setdefault(number, []).append((target, source_column, target_column))
    keys = []
    for number in sorted(grouped, reverse=True):  # SQLite lists the last one first
        parts = grouped[number]
        target = by_name.get(parts[0][0].lower())
        if target is None:
            continue
        # REFERENCES parent without columns means the parent's primary key.
        wanted = [part[2] for part in parts] if parts[0][2] is not None else list(target.primary_key)
        columns = _spelled(table, [part[1] for part in parts])
        ref_columns = _spelled(target, wanted)
        if columns and len(columns) == len(ref_columns) == len(parts):
            keys.append(ForeignKey(columns, target.name, ref_columns))
    return tuple(keys)


def _spelled(table: Table, names: Sequence[str | None]) -> tuple[str, ...]:
    by_name = {column.name.lower(): column.name for column in table.columns}
    return tuple(by_name[name.lower()] for name in names if name is not None and name.lower() in by_name)


def _with_samples(connection: sqlite3.Connection, table: Table, count: int) -> Table:
    """Views are left alone: a view may cost as much as any query. Sensitive columns have no samples."""
    if table.is_view or not table.columns:
        return table
    cells = ", ".join("NULL" if is_sensitive(column.name) else _as_text(column) for column in table.columns)
    name = quote_identifier(table.name, "sqlite", always=True)
    try:
        sql = f"SELECT {cells} FROM {name} LIMIT {SAMPLE_ROWS}"
        rows = _fetch(connection, Checked.trusted(sql, "sample values"))
    except (sqlite3.Error, MemoryError):
        return table
    found = distinct_samples(rows, len(table.columns), count)
    columns = tuple(replace(column, samples=values) for column, values in zip(table.columns, found, strict=True))
    return replace(table, columns=columns)


def _as_text(column: Column) -> str:
    name = quote_identifier(column.name, "sqlite", always=True)
    return f"CASE typeof({name}) WHEN 'blob' THEN NULL ELSE substr({name}, 1, {SAMPLE_CHARS + 1}) END"


def _with_row_count(connection: sqlite3.Connection, table: Table) -> Table:
    if table.is_view:
        return table
    name = quote_identifier(table.name, "sqlite", always=True)
    try:
        counted = _fetch(connection, Checked.trusted(f"SELECT count(*) FROM {name}", "row counts"))
    except sqlite3.Error:
        return table
    return replace(table, row_count=counted[0][0])
