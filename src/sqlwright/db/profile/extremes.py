"""The lowest and highest value of date columns over whole tables."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...core import Checked, QueryLimits, Schema, Table, Value, quote_identifier
from ..catalog import qualified
from ..engine import Engine
from .sample import SERVERS, TABLES_PER_QUERY
from .seen import spelled

Extremes = Mapping[tuple[str, str], tuple[str, str]]  # by full table name and column name; stored spellings
TIMEOUT_S = 2.0  # for one query: a column without an index is read whole


def read_extremes(
    engine: Engine, schema: Schema, columns: Mapping[str, Sequence[str]], limits: QueryLimits, deadline: float
) -> Extremes:
    """`columns` maps full table names to names of columns.

    One query per table, on servers one for many tables. What takes longer than TIMEOUT_S is left out.
    """
    tables = [t for t in schema if columns.get(t.full_name) and not t.is_view]
    size = TABLES_PER_QUERY if schema.dialect in SERVERS else 1
    found: dict[tuple[str, str], tuple[str, str]] = {}
    waiting = [tables[start : start + size] for start in range(0, len(tables), size)]
    while waiting and (left_s := deadline - time.monotonic()) > 0:
        batch = waiting.pop(0)
        bounds = replace(limits, timeout_s=min(limits.timeout_s, TIMEOUT_S, left_s), max_rows=10_000)
        result = engine.execute(Checked.trusted(_sql(batch, schema, columns), "profile"), bounds).table
        if result is None:
            waiting[:0] = [[table] for table in batch] if len(batch) > 1 else []
            continue
        asked = [(t.full_name, name) for t in batch for name in columns[t.full_name]]
        for number, low, high in result.rows if size > 1 else _triples(result.rows):
            if low is not None and high is not None:
                found[asked[int(str(number))]] = (spelled(low), spelled(high))
    return found


def _triples(rows: Sequence[Sequence[Value]]) -> Sequence[tuple[Value, Value, Value]]:
    """One row of minimum and maximum by turns, as (number of the column, minimum, maximum)."""
    return [(i // 2, row[i], row[i + 1]) for row in rows for i in range(0, len(row), 2)]


def _sql(batch: Sequence[Table], schema: Schema, columns: Mapping[str, Sequence[str]]) -> str:
    def name(column: str) -> str:
        return quote_identifier(column, schema.dialect, always=True)

    if schema.dialect not in SERVERS:
        cells = ", ".join(f"min({name(c)}), max({name(c)})" for c in columns[batch[0].full_name])
        return f"SELECT {cells} FROM {qualified(batch[0], schema.dialect)}"
    text = "char" if schema.dialect == "mysql" else "text"
    asked = [(table, column) for table in batch for column in columns[table.full_name]]
    return " UNION ALL ".join(
        f"SELECT {i}, CAST(min({name(column)}) AS {text}), CAST(max({name(column)}) AS {text}) "
        f"FROM {qualified(table, schema.dialect)}"
        for i, (table, column) in enumerate(asked)
    )
