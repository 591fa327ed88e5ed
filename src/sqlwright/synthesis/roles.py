"""What a column can be asked for, from the schema alone."""

from __future__ import annotations

import re
from typing import Literal

from ..core import Column, ForeignKey, Schema, Table
from ..core.fold import identifier_words

Role = Literal["key", "number", "date", "text"]

_NUMBER = re.compile(r"int|num|real|dec|doub|float|serial|money", re.IGNORECASE)
_DATE = re.compile(r"date|time", re.IGNORECASE)
_KEY_WORDS = frozenset({"id", "ids", "uuid", "guid", "rowid"})


def role_of(table: Table, column: Column) -> Role:
    """A key identifies rows, and is joined, counted and grouped by, but neither added up nor compared by size."""
    if is_key(table, column):
        return "key"
    if _DATE.search(column.type):
        return "date"
    return "number" if _NUMBER.search(column.type) else "text"


def is_key(table: Table, column: Column) -> bool:
    words = identifier_words(column.name)
    alone = table.primary_key == (column.name,)
    return alone or foreign_key_of(table, column.name) is not None or bool(words and words[-1] in _KEY_WORDS)


def foreign_key_of(table: Table, column: str) -> ForeignKey | None:
    """The key of one column that `column` is, if any."""
    return next((k for k in table.foreign_keys if k.columns == (column,)), None)


def refers_to(table: Table, column: str, schema: Schema) -> Table | None:
    """The table whose rows `column` names."""
    key = foreign_key_of(table, column)
    wanted = key.ref_table.casefold() if key else None
    return next((t for t in schema if wanted in (t.full_name.casefold(), t.name.casefold())), None)
