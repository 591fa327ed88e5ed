"""The schema that a row of a data set carries, with the rows of its INSERT statements as samples."""

from __future__ import annotations

from dataclasses import replace

from ..core import Schema, Table
from ..db.samples import distinct_samples
from ..sql.ddl import parse_schema
from ..sql.inserts import Insert, parse_inserts


def read_row_schema(ddl: str, *, db_id: str = "", samples: int = 0) -> Schema:
    """As `parse_schema`, with up to `samples` values for each column. Raises DataError where there is no table."""
    schema = parse_schema(ddl, db_id=db_id)
    inserts = parse_inserts(ddl) if samples else []
    if not inserts:
        return schema
    return replace(schema, tables=tuple(_with_samples(table, inserts, samples) for table in schema))


def _with_samples(table: Table, inserts: list[Insert], count: int) -> Table:
    names = [column.name.casefold() for column in table.columns]
    rows = []
    for insert in inserts:
        if insert.table.casefold() == table.name.casefold():
            given = [name.casefold() for name in insert.columns] or names
            found = (dict(zip(given, row, strict=False)) for row in insert.rows)
            rows += [[None if (value := row.get(name)) is None else str(value) for name in names] for row in found]
    samples = distinct_samples(rows, len(names), count)
    columns = (replace(column, samples=values) for column, values in zip(table.columns, samples, strict=True))
    return replace(table, columns=tuple(columns))
