"""What the stored values say about each column of a database: its role, date storage, flag encoding and unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from .schema import ForeignKey, Schema

Role = Literal[
    "key",  # identifies rows of its own table
    "reference",  # holds keys of another table, declared or inferred
    "name",  # what a person calls a row
    "category",  # few distinct values that rows are grouped by, a status among them
    "code",  # an identifier people read (SKU, postcode, ISO code): compared, never added up
    "flag",  # two values that mean yes and no
    "money",
    "number",  # any other quantity, rating, percentage or measurement
    "date",  # a point in time, whatever it is stored as
    "email",
    "phone",
    "url",
    "text",  # free text
    "json",
    "other",  # binary data, arrays, and everything unknown
]
DateStorage = Literal[
    "",  # not a date
    "date",  # the engine's DATE
    "timestamp",  # the engine's TIMESTAMP or DATETIME, with or without a time zone
    "iso_date",  # text or SQLite value: 2023-04-01
    "iso_timestamp",  # text or SQLite value: 2023-04-01 12:30:00, also with T
    "epoch_s",  # seconds since 1970-01-01 UTC
    "epoch_ms",
    "epoch_us",
    "yyyymmdd",  # a number or text such as 20230401
    "yyyymmddhhmmss",  # a number or text such as 20230401123000
    "year",  # a whole number such as 2023
]


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column.

    `true_value` and `false_value` are the stored spellings of a flag; `numeric` says that SQL writes the column's
    values without quotes. `unit` is one of us, ms, s, min, h, day, week, month; cents, thousands, millions, billions;
    percent (of 100), share (of 1); g, kg, t, lb; mm, cm, m, km, mile, ft, m2, m3, km2; bytes, kb, mb, gb; or "".
    `null_share` and `blank_share` (empty strings) are shares of the rows read, in [0, 1]. `values` are stored
    spellings, the commonest first. `markers` are stored texts that mean a missing value ("--", "n/a"), besides NULL and
    the empty string. `labels` pairs a stored code with what it means. `lowest` and `highest` are
    stored spellings, of dates ISO 8601.
    """

    table: str
    column: str
    role: Role
    date_storage: DateStorage = ""
    true_value: str = ""
    false_value: str = ""
    numeric: bool = False
    unit: str = ""
    null_share: float = 0.0
    blank_share: float = 0.0
    distinct: int = 0
    rows: int = 0
    values: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    lowest: str = ""
    highest: str = ""
    markers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InferredKey:
    """A foreign key that the schema does not declare. `evidence` says why it is one, for `sqlwright schema`."""

    table: str
    key: ForeignKey
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """`columns` by full table name and column name. `last_date` is the latest date of any event column, ISO 8601."""

    columns: Mapping[tuple[str, str], ColumnProfile] = field(default_factory=dict)
    inferred_keys: tuple[InferredKey, ...] = ()
    last_date: str = ""

    def of(self, table: str, column: str) -> ColumnProfile | None:
        return self.columns.get((table, column))


def today_of(profile: Profile, today: dt.date | None = None) -> dt.date:
    """The last day of the data, where that is in the past; else today."""
    today = today or dt.date.today()
    last = profile.last_date[:10]
    return min(today, dt.date.fromisoformat(last)) if last else today


def with_inferred_keys(schema: Schema, profile: Profile) -> Schema:
    """`schema` with the inferred foreign keys behind the declared ones, so that joins use both."""
    more: dict[str, list[ForeignKey]] = {}
    for inferred in profile.inferred_keys:
        more.setdefault(inferred.table, []).append(inferred.key)
    tables = [replace(t, foreign_keys=_merged(t.foreign_keys, more.get(t.full_name, ()))) for t in schema]
    return replace(schema, tables=tuple(tables))


def _merged(declared: tuple[ForeignKey, ...], inferred: Iterable[ForeignKey]) -> tuple[ForeignKey, ...]:
    return declared + tuple(key for key in inferred if key not in declared)
