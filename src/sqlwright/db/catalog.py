"""Facts from an engine's catalogue, one list per kind, put together as a Schema."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..core import Checked, Column, Dialect, ForeignKey, Schema, Table, qualified_name, quote_identifier
from .samples import SAMPLE_CHARS, SAMPLE_ROWS, SAMPLING_S, distinct_samples
from .sensitive import is_sensitive

Fetch = Callable[[Checked], Sequence[Sequence[Any]]]  # one query of ours to its rows
COUNTS_PER_QUERY = 50
COUNTING_S = 30.0  # for all tables together: what is not counted by then stays unknown


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """`labels` are an enum's values; `binary` columns give no samples."""

    column: Column
    labels: tuple[str, ...] = ()
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything is keyed by (namespace, table name) as the engine spells them; `home` is written as ""."""

    db_id: str
    dialect: Dialect
    home: str
    tables: Sequence[tuple[str, str, bool, str]]  # namespace, name, is_view, comment
    columns: dict[tuple[str, str], list[ColumnFact]]
    primary_keys: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    # namespace and table that own the key -> (columns, namespace and table it points at, columns there)
    foreign_keys: dict[tuple[str, str], list[tuple[tuple[str, ...], tuple[str, str], tuple[str, ...]]]] = field(
        default_factory=dict
    )

    def schema(self) -> Schema:
        known = {(namespace, name) for namespace, name, _, _ in self.tables}
        return Schema(self.db_id, self.dialect, tuple(self._table(*table, known) for table in self.tables))

    def _table(self, namespace: str, name: str, is_view: bool, comment: str, known: set[tuple[str, str]]) -> Table:
        at = (namespace, name)
        keys = tuple(
            ForeignKey(columns, self._full_name(target), ref_columns)
            for columns, target, ref_columns in self.foreign_keys.get(at, ())
            if target in known
        )
        return Table(
            name,
            tuple(fact.column for fact in self.columns.get(at, ())),
            self.primary_keys.get(at, ()),
            keys,
            comment,
            is_view,
            self._shown(namespace),
        )

    def _full_name(self, at: tuple[str, str]) -> str:
        namespace, name = self._shown(at[0]), at[1]
        return f"{namespace}.{name}" if namespace else name

    def _shown(self, namespace: str) -> str:
        return "" if namespace == self.home else namespace

    def facts(self, table: Table) -> list[ColumnFact]:
        return self.columns.get((table.namespace or self.home, table.name), [])


def qualified(table: Table, dialect: Dialect) -> str:
    """The name for our own queries: quoted even where that looks needless, since each engine reserves other words."""
    return qualified_name(table, dialect, always=True)


def with_row_counts(schema: Schema, fetch: Fetch, errors: type[Exception]) -> Schema:
    """Exact counts of tables; None for views, for what this user may not read, and beyond COUNTING_S."""
    counts: dict[str, int] = {}
    tables = [table for table in schema if not table.is_view]
    batches = [tables[start : start + COUNTS_PER_QUERY] for start in range(0, len(tables), COUNTS_PER_QUERY)]
    deadline = time.monotonic() + COUNTING_S
    while batches and time.monotonic() < deadline:
        batch = batches.pop(0)
        try:
            counts |= _count(batch, schema.dialect, fetch)
        except errors:
            if len(batch) > 1:  # one of them is at fault
                batches[:0] = [[table] for table in batch]
    return replace(schema, tables=tuple(replace(t, row_count=counts.get(t.full_name)) for t in schema))


def _count(tables: Sequence[Table], dialect: Dialect, fetch: Fetch) -> dict[str, int]:
    parts = [f"SELECT {i}, count(*) FROM {qualified(table, dialect)}" for i, table in enumerate(tables)]
    counted = fetch(Checked.trusted(" UNION ALL ".join(parts), "row counts"))
    return {tables[i].full_name: int(count) for i, count in counted}


def with_samples(catalog: Catalog, schema: Schema, count: int, fetch: Fetch, errors: type[Exception]) -> Schema:
    """Up to `count` values a column from the first rows of each table, or an enum's labels.

    Views and sensitive columns have none, nor do tables that are reached after SAMPLING_S.
    """
    deadline = time.monotonic() + SAMPLING_S
    tables = [
        table if table.is_view or time.monotonic() > deadline else _sampled(catalog, table, count, fetch, errors)
        for table in schema
    ]
    return replace(schema, tables=tuple(tables))


def _sampled(catalog: Catalog, table: Table, count: int, fetch: Fetch, errors: type[Exception]) -> Table:
    facts = catalog.facts(table)
    if not facts:
        return table
    cells = ", ".join(_as_text(fact, catalog.dialect) for fact in facts)
    try:
        sql = f"SELECT {cells} FROM {qualified(table, catalog.dialect)} LIMIT {SAMPLE_ROWS}"
        rows = fetch(Checked.trusted(sql, "sample values"))
    except errors:
        rows = []
    found = distinct_samples(rows, len(facts), count)
    columns = [
        replace(fact.column, samples=fact.labels[:count] or values) for fact, values in zip(facts, found, strict=True)
    ]
    return replace(table, columns=tuple(columns))


def _as_text(fact: ColumnFact, dialect: Dialect) -> str:
    if fact.binary or is_sensitive(fact.column.name):
        return "NULL"
    name = quote_identifier(fact.column.name, dialect, always=True)
    return f"left(CAST({name} AS {'char' if dialect == 'mysql' else 'text'}), {SAMPLE_CHARS + 1})"
