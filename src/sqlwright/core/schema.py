"""What a database looks like: tables, columns, keys, comments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .dialect import Dialect, quote_identifier
from .errors import NotFoundError, closest, quoted


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is the engine's own spelling; `samples` are distinct stored values as text, on request only.

    `labels` are the values of an enum type that is known by a name (PostgreSQL). They belong to the schema.
    """

    name: str
    type: str = ""
    nullable: bool = True
    comment: str = ""
    samples: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`columns` of the owning table point at `ref_columns` of `ref_table` (a `Table.full_name`)."""

    columns: tuple[str, ...]
    ref_table: str
    ref_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`namespace` is the SQL schema, and is empty where a bare name finds the table."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str = ""
    is_view: bool = False
    namespace: str = ""
    row_count: int | None = None

    @property
    def full_name(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name

    def column(self, name: str) -> Column:
        """Raises NotFoundError, with the closest name."""
        for column in self.columns:
            if column.name.casefold() == name.casefold():
                return column
        hint = closest(name, (c.name for c in self.columns))
        raise NotFoundError(f"No column {quoted(name)} in table {quoted(self.full_name)}.", hint)


@dataclass(frozen=True, slots=True)
class Schema:
    db_id: str
    dialect: Dialect
    tables: tuple[Table, ...]

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def table(self, name: str) -> Table:
        """By full or bare name, ignoring case. Raises NotFoundError, with the closest name."""
        wanted = name.casefold()
        for table in self.tables:
            if table.full_name.casefold() == wanted:
                return table
        for table in self.tables:
            if table.name.casefold() == wanted:
                return table
        hint = closest(name, (t.full_name for t in self.tables))
        raise NotFoundError(f"No table {quoted(name)} in {self.db_id!r}.", hint)

    def foreign_keys(self) -> Iterator[tuple[Table, ForeignKey, Table]]:
        """Each foreign key with the table that owns it and the table that it references, in schema order.

        Names are compared ignoring case. A key whose target is not in the schema is left out, and a table that
        references itself is not.
        """
        by_name = {t.full_name.casefold(): t for t in self.tables}
        for table in self.tables:
            for key in table.foreign_keys:
                target = by_name.get(key.ref_table.casefold())
                if target is not None:
                    yield table, key, target

    def fingerprint(self) -> str:
        """The same for the same tables, columns, types and keys; samples and row counts do not count."""
        facts = [
            [
                t.full_name,
                [[c.name, c.type.casefold()] for c in t.columns],
                t.primary_key,
                [asdict(k) for k in t.foreign_keys],
            ]
            for t in self.tables
        ]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Schema:
        """The inverse of `to_dict`, also after a trip through JSON."""
        return cls(data["db_id"], data["dialect"], tuple(_table(t) for t in data["tables"]))


def qualified_name(table: Table, dialect: Dialect, *, always: bool = False) -> str:
    """The name of `table` as a query writes it, with its namespace: bare where that is safe, unless `always`."""
    parts = (table.namespace, table.name) if table.namespace else (table.name,)
    return ".".join(quote_identifier(part, dialect, always=always) for part in parts)


def _table(data: dict[str, Any]) -> Table:
    columns = tuple(
        Column(**{**c, "samples": tuple(c.get("samples", ())), "labels": tuple(c.get("labels", ()))})
        for c in data["columns"]
    )
    keys = tuple(
        ForeignKey(tuple(k["columns"]), k["ref_table"], tuple(k["ref_columns"])) for k in data.get("foreign_keys", ())
    )
    rest = {**data, "columns": columns, "foreign_keys": keys, "primary_key": tuple(data.get("primary_key", ()))}
    return Table(**rest)
