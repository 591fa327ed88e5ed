"""One bounded query per table for the values of its first rows; on servers one query for many tables."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...core import Checked, Column, Dialect, QueryLimits, Schema, Table, Value, quote_identifier
from ..catalog import qualified
from ..engine import Engine
from ..sensitive import is_sensitive
from .seen import Seen, seen_in
from .types import kind_of

SAMPLE_ROWS = 2_000
FEWEST_ROWS = 100
MAX_CELLS = 400_000  # of all tables together: about half a second of Python
CELL_CHARS = 200
TABLES_PER_QUERY = 20
CELLS_PER_QUERY = 300_000
SERVERS = frozenset({"postgres", "mysql"})

Samples = Mapping[tuple[str, str], Seen]  # by full table name and column name


def read_samples(engine: Engine, schema: Schema, limits: QueryLimits, deadline: float) -> Samples:
    """What the first rows of every table hold.

    Values of sensitive columns are never asked for. A table that cannot be read is left out, and so are all tables
    that are not read by `deadline` (time.monotonic()).
    """
    width = sum(len(table.columns) for table in schema) or 1
    rows = max(FEWEST_ROWS, min(SAMPLE_ROWS, MAX_CELLS // width))
    found: dict[tuple[str, str], Seen] = {}
    waiting = list(_batches(schema, rows))
    while waiting and (left_s := deadline - time.monotonic()) > 0:
        batch = waiting.pop(0)
        bounds = replace(limits, timeout_s=min(limits.timeout_s, left_s), max_rows=rows * len(batch) + 1)
        read = _read(engine, batch, rows, bounds, schema.dialect)
        if read is None:
            waiting[:0] = [[table] for table in batch] if len(batch) > 1 else []  # one of them is at fault
        else:
            found |= read
    return found


def _batches(schema: Schema, rows: int) -> Iterator[list[Table]]:
    """Tables of similar width together on servers, where a round trip costs more than a row."""
    tables = [table for table in schema if table.columns]
    if schema.dialect not in SERVERS:
        yield from ([table] for table in tables)
        return
    batch: list[Table] = []
    for table in sorted(tables, key=lambda t: (t.is_view, len(t.columns))):
        cells = len(table.columns) * rows * (len(batch) + 1)
        if batch and (table.is_view or len(batch) >= TABLES_PER_QUERY or cells > CELLS_PER_QUERY):
            yield batch
            batch = []
        batch.append(table)
    if batch:
        yield batch


def _read(
    engine: Engine, batch: Sequence[Table], rows: int, limits: QueryLimits, dialect: Dialect
) -> dict[tuple[str, str], Seen] | None:
    """None where the query failed, or was cut although it reads several tables."""
    as_text = dialect in SERVERS
    sql = _united(batch, rows, dialect) if as_text else _select(batch[0], batch[0].columns, rows, dialect)
    result = engine.execute(Checked.trusted(sql, "profile"), limits).table
    if result is None or (result.truncated in ("rows", "result_bytes") and len(batch) > 1):
        return None
    parts: list[list[Sequence[Value]]] = [[] for _ in batch]
    if as_text:
        for row in result.rows:
            parts[int(str(row[0]))].append(row[1:])
    else:
        parts[0] = list(result.rows)
    found = {}
    for table, cells in zip(batch, parts, strict=True):
        whole = len(cells) < rows and result.truncated is None
        columns = list(zip(*cells, strict=True)) if cells else [()] * len(table.columns)
        for column, values in zip(table.columns, columns, strict=False):
            found[table.full_name, column.name] = seen_in(column, values, whole, as_text)
    return found


def _united(batch: Sequence[Table], rows: int, dialect: Dialect) -> str:
    width = max(len(table.columns) for table in batch)
    parts = []
    for i, table in enumerate(batch):
        cells = [_as_text(column, dialect) for column in table.columns] + ["NULL"] * (width - len(table.columns))
        parts.append(f"(SELECT {i}, {', '.join(cells)} FROM {qualified(table, dialect)} LIMIT {rows})")
    return " UNION ALL ".join(parts)


def _as_text(column: Column, dialect: Dialect) -> str:
    text = "char" if dialect == "mysql" else "text"
    if is_sensitive(column.name) or kind_of(column.type) == "binary":
        return f"CAST(NULL AS {text})"
    name = quote_identifier(column.name, dialect, always=True)
    if dialect == "mysql" and column.type.casefold().startswith("bit"):
        name = f"{name} + 0"  # else a byte
    return f"left(CAST({name} AS {text}), {CELL_CHARS})"


def _select(table: Table, columns: Sequence[Column], rows: int, dialect: Dialect) -> str:
    cells = ", ".join(_native(column, dialect) for column in columns)
    return f"SELECT {cells} FROM {qualified(table, dialect)} LIMIT {rows}"


def _native(column: Column, dialect: Dialect) -> str:
    """The stored value itself, as long texts only their start."""
    name, kind = quote_identifier(column.name, dialect, always=True), kind_of(column.type)
    if is_sensitive(column.name) or kind == "binary":
        return "NULL"
    if dialect == "sqlite" and kind in ("text", "json", "list", ""):
        # SQLite columns hold values of any type, whatever is declared.
        text = f"substr({name}, 1, {CELL_CHARS})"
        return f"CASE typeof({name}) WHEN 'text' THEN {text} WHEN 'blob' THEN NULL ELSE {name} END"
    if dialect == "duckdb" and kind in ("text", "json"):
        return f"left(CAST({name} AS varchar), {CELL_CHARS})"
    return name
