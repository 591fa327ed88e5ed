"""An invented product's schema, before a style turns it into a database: tables, columns, values and their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.language import Language
from ..concepts import NO_WORDS, Noun, Words

Kind = Literal[
    "ref",
    # Names.
    "person",
    "first",
    "last",
    "company",
    "made",
    "label",
    # Text with a form.
    "code",
    "email",
    "phone",
    "url",
    "address",
    "postcode",
    "ip",
    "text",
    # Values with words.
    "city",
    "country",
    "province",
    "cat",
    "status",
    "flag",
    # Amounts.
    "money",
    "int",
    "num",
    "rating",
    "percent",
    "ratio",
    # Dates.
    "date",
    "time",
    "birth",
    "year",
]


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """One value of a category: its logical name, words and weight among the values."""

    name: str
    words: Words
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column. Which fields are set depends on `kind`.

    `low` and `high` bound an amount, a factor of `source`, or a delay in days after `source`. `source` is a column of
    the table ("price") or of the table that a reference names ("product.price"). `share` is the share of missing
    values in [0, 1], or for a flag the share of true. `only` says that rows have a value only where another column
    holds one of the values. `said` are the words of a date's event or of a flag that is true, `denied` of one that
    is not.
    """

    name: str
    kind: Kind
    words: Words
    target: str = ""
    values: tuple[ValueSpec, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    source: str = ""
    since: bool = False
    future: bool = False
    pattern: str = ""
    share: float = 0.0
    true_share: float = 0.5
    only: tuple[str, frozenset[str]] | None = None
    said: Words = NO_WORDS
    denied: Words = NO_WORDS
    relation: Words = NO_WORDS


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """`columns` are the logical names in `expression`, which has `{0}`, `{1}` ... in their places."""

    name: str
    expression: str
    columns: tuple[str, ...]
    words: Words
    unit: str = ""
    additive: bool = True


@dataclass(frozen=True, slots=True)
class SpanSpec:
    name: str
    start: str
    end: str
    words: Words
    unit: str = "day"


@dataclass(frozen=True, slots=True)
class LateSpec:
    name: str
    due: str
    done: str
    words: Words
    done_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """`keyed`: the table has a numbered key `id`, which the columns do not list."""

    name: str
    rows: int
    nouns: tuple[Noun, ...]
    chinese: tuple[str, ...]
    classifier: str
    keyed: bool
    columns: tuple[ColumnSpec, ...]
    measures: tuple[MeasureSpec, ...] = ()
    spans: tuple[SpanSpec, ...] = ()
    lates: tuple[LateSpec, ...] = ()

    def column(self, name: str) -> ColumnSpec:
        """Raises KeyError where the table has no such column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")


@dataclass(frozen=True, slots=True)
class Product:
    """`language` is that of the people who made the database: names, comments and data follow it."""

    name: str
    words: Words
    language: Language
    currency: str
    tables: tuple[TableSpec, ...]

    def table(self, name: str) -> TableSpec:
        """Raises KeyError where there is no such table."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)
