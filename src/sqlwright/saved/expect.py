"""What a saved query expects of the schema, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core import Dialect, Schema, SqlwrightError
from ..sql.describe import parsed, tables_of


class ChangedSchemaError(SqlwrightError):
    """The tables that a saved question reads are not those that it was saved with."""


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table of a query with its columns that the query names, as (name, type), and its primary key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    primary_key: tuple[str, ...] = ()


def reads_of(sql: str, schema: Schema, dialect: Dialect) -> tuple[ReadTable, ...]:
    """The tables that `sql` reads. A column counts for each of them that has one of its name."""
    tree = parsed(sql, dialect)
    if tree is None:
        return ()
    from sqlglot import exp

    used = {column.name.casefold() for column in tree.find_all(exp.Column, exp.Identifier)}
    by_name = {name.casefold(): table for table in schema for name in (table.name, table.full_name)}
    tables = (by_name[name.casefold()] for name in tables_of(sql, dialect) if name.casefold() in by_name)
    return tuple(
        ReadTable(
            table.full_name,
            tuple((c.name, c.type) for c in table.columns if c.name.casefold() in used),
            table.primary_key,
        )
        for table in tables
    )


def differences(reads: Sequence[ReadTable], schema: Schema) -> tuple[str, ...]:
    """What of `reads` is not so in `schema`, a sentence each."""
    return tuple(text for read in reads for text in _differences(read, schema))


def _differences(read: ReadTable, schema: Schema) -> Iterator[str]:
    table = next((t for t in schema if t.full_name == read.name), None)
    if table is None:
        yield f"The table {read.name} is gone."
        return
    types = {column.name: column.type for column in table.columns}
    for name, kind in read.columns:
        if name not in types:
            yield f"{read.name} has no column {name} any more."
        elif types[name] != kind:
            yield f"{read.name}.{name} is {types[name] or 'without a type'} now; it was {kind or 'without a type'}."
    if table.primary_key != read.primary_key:
        now, was = (", ".join(key) or "none" for key in (table.primary_key, read.primary_key))
        yield f"The primary key of {read.name} is {now} now; it was {was}."
