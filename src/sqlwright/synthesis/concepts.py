"""What people call the tables, columns and values of a database: the nouns that questions are made from.

`synthesis.products.realize` fills these in for an invented database, with hand-written words in English and Chinese.
`synthesis.derive_concepts.concepts_of` derives them for any other database from names, comments and a profile.

    Concepts                 the database
    └── TableConcept         one table, with its nouns
        ├── ColumnConcept    one column, with its phrases and how its values are stored
        │   ├── ValueConcept one stored value and the words for it
        │   └── FlagConcept  the two values of a flag and the words for both
        ├── MeasureConcept   an expression that people ask for by name ("revenue")
        ├── SpanConcept      the time between two columns ("shipping time")
        └── LateConcept      rows past a due date and not done ("overdue")

Names of tables and columns are the physical ones, as SQL writes them before quoting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..core.language import Language
from ..core.profile import DateStorage, Role

Missing = Literal["", "null", "blank"]


@dataclass(frozen=True, slots=True)
class Words:
    """Phrases for one idea, the most usual first, lower case but for proper names. Either language may be empty."""

    english: tuple[str, ...] = ()
    chinese: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.english or self.chinese)

    def of(self, language: Language) -> tuple[str, ...]:
        return self.chinese if language == "zh" else self.english


NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Noun:
    """An English noun phrase: `Noun("order line", "order lines")`."""

    singular: str
    plural: str


@dataclass(frozen=True, slots=True)
class ValueConcept:
    """One value of a category. `stored` is its spelling in the database ('C', 'PAID', '3'), `words` are what people
    say: adjectives or noun phrases ("cancelled", "in draft", "credit card").
    """

    stored: str
    words: Words


@dataclass(frozen=True, slots=True)
class FlagConcept:
    """The two values of a flag, in their stored spellings.

    A phrase of `true` or `false` that begins with one of PREDICATES is a predicate ("has subscribed to the
    newsletter", "is out of order"); any other one is an adjective that precedes the noun ("active", "VIP").
    Chinese phrases can precede 的 ("活跃", "订阅了新闻邮件").
    """

    true_value: str
    false_value: str
    true: Words
    false: Words


PREDICATES = ("has ", "is ", "was ", "were ", "can ", "does ", "did ", "needs ", "accepts ", "allows ", "uses ")


@dataclass(frozen=True, slots=True)
class ColumnConcept:
    """One column.

    `words` are noun phrases for the column ("order date", 下单时间). `event` are words for what happened at a date
    ("ordered", "placed"; 下单) that fit "customers who <event> in 2023" or "orders <event> in March".
    `relation` are words for a reference seen from its row ("placed by"; 下单客户).

    `numeric`: SQL writes the values without quotes. `unit` is the stored unit, spelled as in `core.profile`
    ("cents", "ms", "g", "percent" or a word such as "EUR"); `said_unit` is the unit people use, and
    `stored / factor` is the amount in it: 60000 for milliseconds said in minutes, 100 for cents said in euros.
    `additive`: sums make sense (quantities, amounts), not only averages (ratings, temperatures, prices).

    `missing` says how a missing value is stored, "" where there is none; `missing_share` is its share in [0, 1].
    `ref_table` and `ref_column` are what a reference holds keys of, declared in the database or not.
    `examples` are a few stored spellings, for conditions on names, codes and text. `decoy` marks a technical column
    that nobody asks for ("legacy_id").
    """

    table: str
    column: str
    role: Role
    words: Words = NO_WORDS
    numeric: bool = False
    unit: str = ""
    said_unit: str = ""
    factor: float = 1.0
    additive: bool = False
    date_storage: DateStorage = ""
    event: Words = NO_WORDS
    values: tuple[ValueConcept, ...] = ()
    flag: FlagConcept | None = None
    nullable: bool = True
    missing: Missing = ""
    missing_share: float = 0.0
    ref_table: str = ""
    ref_column: str = ""
    relation: Words = NO_WORDS
    examples: tuple[str, ...] = ()
    decoy: bool = False

    @property
    def is_birth(self) -> bool:
        """Whether it is the date of birth of a person."""
        return self.role == "date" and any("birth" in word for word in self.words.english)


@dataclass(frozen=True, slots=True)
class MeasureConcept:
    """A named expression over columns of one table: `{0} * {1} * (1 - {2} / 100.0)` with `columns` in that order.

    Conversions of stored percentages are in the expression; money in cents is not: see `unit`, `said_unit` and
    `factor`, which are read as those of a column. `additive` is false for ratios.
    """

    table: str
    name: str
    expression: str
    columns: tuple[str, ...]
    words: Words
    unit: str = ""
    said_unit: str = ""
    factor: float = 1.0
    additive: bool = True

    def sql(self, spell: Callable[[str], str]) -> str:
        """The expression, each column written by `spell`, which may quote and qualify it."""
        return self.expression.format(*(spell(column) for column in self.columns))


@dataclass(frozen=True, slots=True)
class SpanConcept:
    """The time from `start` to `end`, two date columns of one table. `said_unit` is min, h, day ..."""

    table: str
    start: str
    end: str
    words: Words
    said_unit: str = "day"


@dataclass(frozen=True, slots=True)
class LateConcept:
    """Rows whose `due` date is past and that are not done.

    Done is: `done` has a value, or, where `done_values` are given, `done` holds one of them (stored spellings).
    """

    table: str
    due: str
    done: str
    words: Words
    done_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableConcept:
    """One table. `nouns` and `chinese` name one row and many; the usual one comes first.

    `classifier` is the Chinese measure word (位, 笔, 个). `key` is the primary key's columns, declared or not.
    `name_columns` are what a person calls a row: one column, or first and last name; empty where there is none.
    `is_person`: "who" asks for rows. `event_column` is the date of a row that "in 2023" means, or "".
    """

    table: str
    nouns: tuple[Noun, ...]
    chinese: tuple[str, ...]
    columns: tuple[ColumnConcept, ...]
    classifier: str = "个"
    key: tuple[str, ...] = ()
    name_columns: tuple[str, ...] = ()
    is_person: bool = False
    event_column: str = ""
    rows: int = 0
    measures: tuple[MeasureConcept, ...] = ()
    spans: tuple[SpanConcept, ...] = ()
    lates: tuple[LateConcept, ...] = ()

    def column(self, name: str) -> ColumnConcept:
        """Raises KeyError where the table has no such column."""
        for column in self.columns:
            if column.column == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Concepts:
    """A database. `today` is the last date of its events, ISO 8601: what "last month" is relative to."""

    tables: tuple[TableConcept, ...]
    today: str = ""

    def __iter__(self) -> Iterator[TableConcept]:
        return iter(self.tables)

    def table(self, name: str) -> TableConcept:
        """Raises KeyError where there is no such table."""
        for table in self.tables:
            if table.table == name:
                return table
        raise KeyError(name)

    def column(self, table: str, column: str) -> ColumnConcept:
        """Raises KeyError where there is no such table or column."""
        return self.table(table).column(column)
