"""What a live database stores, column by column: how often values repeat, where numbers lie, which text is short."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ..core import Column, QueryLimits, Schema, Table, Value, quote_identifier
from ..core.fold import identifier_words, singular
from ..db import Database
from .relations import Relations
from .roles import Role, role_of

SAMPLE_ROWS = 2_000  # read per table, so that a table of any size costs the same
VALUE_CHARS = 50  # a longer text is no value that a question names
KEPT_VALUES = 300

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\Z")


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """`values` are stored spellings, each once, from the commonest on; `numbers` are sorted, with repetitions.

    `distinct`, `filled` and `rows` count within the sample. `numeric` where SQL writes the values without quotes.
    """

    table: Table
    column: Column
    role: Role
    values: tuple[str, ...]
    numbers: tuple[float, ...]
    distinct: int
    filled: int
    rows: int
    numeric: bool
    long_text: bool

    @property
    def unique(self) -> bool:
        return self.filled > 1 and self.distinct == self.filled

    @property
    def spelled_numbers(self) -> bool:
        """Text that holds numbers: neither words to sort nor amounts to add up."""
        return self.role == "text" and all(v.replace(".", "", 1).lstrip("-").isdigit() for v in self.values[:20])

    @property
    def repeats(self) -> bool:
        """Whether rows fall into groups by it."""
        return 1 < self.distinct <= max(2, 0.7 * self.filled)


@dataclass(frozen=True, slots=True)
class Profile:
    """The tables with rows. `columns` is by full table name and column name."""

    schema: Schema
    relations: Relations
    rows: dict[str, int]
    columns: dict[tuple[str, str], ColumnProfile]

    def of(self, table: str) -> list[ColumnProfile]:
        return [p for (t, _), p in self.columns.items() if t == table]


def read_profile(database: Database, limits: QueryLimits) -> Profile:
    """One statement per table; a table or view that cannot be read, or has no rows, is left out."""
    schema = database.schema()
    rows: dict[str, int] = {}
    columns: dict[tuple[str, str], ColumnProfile] = {}
    limits = QueryLimits(limits.timeout_s, SAMPLE_ROWS, limits.max_cell_bytes, limits.max_result_bytes)
    for table in schema:
        outcome = database.run(_sample_sql(table, schema), limits)
        if outcome.table is None or not outcome.table.rows:
            continue
        rows[table.full_name] = len(outcome.table.rows)
        for i, column in enumerate(table.columns):
            found = profile_column(table, column, [row[i] for row in outcome.table.rows])
            if found is not None:
                if found.role == "number" and _names_rows(column, table, schema):
                    found = replace(found, role="key")
                columns[table.full_name, column.name] = found
    return Profile(schema, Relations(schema), rows, columns)


def _names_rows(column: Column, table: Table, schema: Schema) -> bool:
    """A number called as another table is a key of it, declared or not."""
    words = [singular(w) for w in identifier_words(column.name)]
    return any(words == [singular(w) for w in identifier_words(t.name)] for t in schema if t is not table)


def _sample_sql(table: Table, schema: Schema) -> str:
    names = ", ".join(quote_identifier(c.name, schema.dialect) for c in table.columns)
    parts = (table.namespace, table.name) if table.namespace else (table.name,)
    source = ".".join(quote_identifier(p, schema.dialect) for p in parts)
    return f"SELECT {names} FROM {source} LIMIT {SAMPLE_ROWS}"


def profile_column(table: Table, column: Column, stored: Sequence[Value]) -> ColumnProfile | None:
    """None for a column without a value, or with values that no question names: blobs, lists, objects."""
    present = [v for v in stored if v is not None and v != ""]
    if not present or any(isinstance(v, (bytes, list, dict)) for v in present):
        return None
    counts = Counter(_text(v) for v in present)
    numeric = all(isinstance(v, (int, float, Decimal)) for v in present)
    short = [v for v, _ in counts.most_common(KEPT_VALUES) if 0 < len(v) <= VALUE_CHARS and v.isprintable()]
    return ColumnProfile(
        table,
        column,
        _role(table, column, present),
        tuple(v for v in short if v == v.strip() and "%" not in v and "_" not in v[:1]),
        tuple(sorted(float(v) for v in present if isinstance(v, (int, float, Decimal)))) if numeric else (),
        len(counts),
        len(present),
        len(stored),
        numeric,
        sum(map(len, counts)) > 40 * len(counts),
    )


def _role(table: Table, column: Column, present: Sequence[Value]) -> Role:
    """The stored values decide between text, number and date: SQLite's types are only advice."""
    declared = role_of(table, column)
    if declared == "key":
        return "key"
    if all(isinstance(v, (dt.date, dt.time)) or _ISO_DATE.match(_text(v)) for v in present):
        return "date"
    if all(isinstance(v, (int, float, Decimal)) and not isinstance(v, bool) for v in present):
        return "number"
    return "text"


def _text(value: Value) -> str:
    """As SQL compares it: see the literals of the form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, float):
        return repr(value) if "e" not in repr(value) else f"{value:.10f}".rstrip("0")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)
