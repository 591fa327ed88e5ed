"""What a collection holds, and what a search of it gives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..core import Column, Schema, Table
from ..core.fold import identifier_words

MAX_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class KnowledgeItem:
    """`text` is what is searched, `place` where a person finds it; the rest says what it stands for.

    `sql` belongs to a pair, `table` (a full name) and `column` to an item of the schema.
    """

    kind: Literal["table", "column", "pair", "document"]
    place: str
    text: str
    sql: str = ""
    table: str = ""
    column: str = ""

    @property
    def key(self) -> str:
        """Equal for equal texts at one place: what a store knows an item by."""
        return hashlib.sha256(f"{self.kind}\0{self.place}\0{self.text}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Match:
    """`score` is in [0, 1]: the cosine of two vectors, or BM25 as a part of the question's whole weight."""

    item: KnowledgeItem
    score: float


def schema_items(schema: Schema) -> tuple[KnowledgeItem, ...]:
    """One item a table and one a column, each with its comment; columns with sample values."""
    return tuple(item for table in schema for item in _items(table))


def _items(table: Table) -> Iterator[KnowledgeItem]:
    name = _words(table.name)
    columns = ", ".join(_words(c.name) for c in table.columns)
    yield KnowledgeItem("table", table.full_name, _joined([name, table.comment, columns]), table=table.full_name)
    for column in table.columns:
        place = f"{table.full_name}.{column.name}"
        yield KnowledgeItem("column", place, _column_text(name, column), table=table.full_name, column=column.name)


def _column_text(table: str, column: Column) -> str:
    return _joined([f"{table} {_words(column.name)}", column.comment, ", ".join(column.samples[:MAX_SAMPLES])])


def _words(name: str) -> str:
    return " ".join(identifier_words(name)) or name


def _joined(parts: Iterable[str]) -> str:
    return ". ".join(p for p in parts if p)
