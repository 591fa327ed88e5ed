"""What a sample of rows holds in one column."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ...core import Column, Value
from .types import NUMBERS, Kind, kind_of

_KIND_OF: dict[type, Kind] = {
    bool: "boolean",
    int: "integer",
    float: "real",
    Decimal: "real",
    str: "text",
    uuid.UUID: "text",
    dt.date: "date",
    dt.datetime: "timestamp",
    dt.time: "time",
    dt.timedelta: "time",
    bytes: "binary",
    list: "list",
    dict: "list",
    tuple: "list",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """`counts` maps each stored spelling to its number of rows, the commonest first, without NULL and "".

    `rows`, `nulls` and `blanks` count rows of the sample. `whole` says that the sample is the whole table.
    `kind` is the kind of the stored values, which in SQLite may differ from the declared type; where there is no
    value it is that of the declared type.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    kind: Kind = ""
    rows: int = 0
    nulls: int = 0
    blanks: int = 0
    whole: bool = False

    @property
    def filled(self) -> int:
        return self.rows - self.nulls - self.blanks

    @property
    def distinct(self) -> int:
        return len(self.counts)

    @property
    def unique(self) -> bool:
        """Two rows at least, all of them filled and different."""
        return 1 < self.rows == self.distinct

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS

    @property
    def repeats(self) -> float:
        """Mean rows per distinct value; 0.0 for an empty column."""
        return self.filled / self.distinct if self.distinct else 0.0

    def numbers(self) -> list[float]:
        """The distinct values that are numbers, in no order."""
        return [n for n in map(as_number, self.counts) if n is not None]


def seen_in(column: Column, values: Sequence[Value], whole: bool, as_text: bool) -> Seen:
    """`values` are the column's cells, one a row. `as_text` where the query cast all of them to text."""
    present = [v for v in values if v is not None]
    kinds = {_KIND_OF.get(t, "text") for t in set(map(type, present))}
    declared = kind_of(column.type)
    kind: Kind = declared if as_text or not kinds else kinds.pop() if len(kinds) == 1 else _mixed(kinds)
    if as_text and kinds and not kind:
        kind = "text"  # an enum or another type of the database's own
    if kind in ("list", "binary"):
        return Seen({}, kind, len(values), len(values) - len(present), 0, whole)
    if declared == "json" and kind == "text":
        kind = "json"
    counted = Counter(present)
    if len(counted) < len(present):
        counted = Counter(dict(counted.most_common()))
    counts: dict[str, int] = {}
    for value, count in counted.items():
        text = value if type(value) is str else spelled(value)
        counts[text] = counts.get(text, 0) + count
    blanks = sum(counts.pop(blank) for blank in list(counts) if not blank.strip())
    return Seen(counts, kind, len(values), len(values) - len(present), blanks, whole)


def seen_in_samples(column: Column) -> Seen:
    """From the few sample values that a schema holds, each counted once."""
    return Seen(dict.fromkeys(column.samples, 1), kind_of(column.type), len(column.samples))


def _mixed(kinds: set[Kind]) -> Kind:
    if kinds <= NUMBERS:
        return "real"
    return "list" if "list" in kinds else "binary" if "binary" in kinds else "text"


def as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def spelled(value: Value) -> str:
    """A value as SQL compares it, without quotes."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)
