"""Schemas from a `tables.json` in Spider's format, for data sets whose databases are not at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..core import Column, DataError, ForeignKey, Schema, Table
from .rows import read_rows

# Spider knows five types; the engine's own are lost. "others" stays without one.
TYPES = {"text": "TEXT", "number": "NUMERIC", "time": "DATETIME", "boolean": "BOOLEAN"}


def read_schemas(path: str | Path) -> dict[str, Schema]:
    """db_id to Schema, in file order. A column's plain name is its comment where it says more than the name.

    Raises DataError for a description that contradicts itself.
    """
    schemas = {}
    for row in read_rows(path):
        if isinstance(row, DataError):
            raise row
        try:
            schema = _schema(row.fields)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            reason = f"not a schema as in Spider's tables.json: {type(error).__name__}: {error}"
            raise DataError(reason, path=path, line=row.line) from None
        schemas[schema.db_id] = schema
    return schemas


def _schema(fields: dict[str, Any]) -> Schema:
    tables: Sequence[str] = fields["table_names_original"]
    columns: Sequence[tuple[int, str]] = fields["column_names_original"]
    plain = fields.get("column_names", columns)
    plain_tables = fields.get("table_names", tables)
    made = []
    for index, name in enumerate(tables):
        own = [i for i, (table, _) in enumerate(columns) if table == index]
        made.append(
            Table(
                name,
                tuple(
                    Column(
                        columns[i][1],
                        TYPES.get(fields["column_types"][i], ""),
                        comment=_comment(columns[i][1], plain[i][1]),
                    )
                    for i in own
                ),
                tuple(columns[i][1] for i in _flat(fields.get("primary_keys", ())) if i in own),
                tuple(
                    ForeignKey((columns[a][1],), tables[columns[b][0]], (columns[b][1],))
                    for a, b in fields.get("foreign_keys", ())
                    if a in own
                ),
                comment=_comment(name, plain_tables[index]),
            )
        )
    return Schema(fields["db_id"], "sqlite", tuple(made))


def _flat(keys: Sequence[int | Sequence[int]]) -> list[int]:
    """BIRD writes a key of several columns as a list within the list."""
    return [i for key in keys for i in (key if isinstance(key, (list, tuple)) else (key,))]


def _comment(name: str, plain: str) -> str:
    """`plain`, unless it is `name` in other letters."""
    return "" if _bare(name) == _bare(plain) else plain


def _bare(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
