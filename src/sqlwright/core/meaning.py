"""What words mean in a database: synonyms, measures, conditions, joins, columns to show and the fiscal year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .profile import InferredKey
from .schema import Schema, Table


@dataclass(frozen=True, slots=True)
class Synonym:
    """`words` mean a table (`column` is ""), a column (`value` is None), or a stored value of the column."""

    words: str
    table: str
    column: str = ""
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate with a name. `grain` is the table whose rows it adds up; `expression` is SQL of the database."""

    name: str
    expression: str
    grain: str
    synonyms: tuple[str, ...] = ()
    description: str = ""

    @property
    def table(self) -> str:
        return self.grain


@dataclass(frozen=True, slots=True)
class NamedCondition:
    """A condition on rows of `table` with a name, such as "active"; `expression` is SQL of the database."""

    name: str
    expression: str
    table: str
    synonyms: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """`month` (1 to 12) is its first month; `named_after` says which of its two calendar years it is called by."""

    month: int
    named_after: Literal["start", "end"] = "end"


MONTHS = tuple("January February March April May June July August September October November December".split())
CALENDAR_WORDS = ("year", "quarter", "年", "季度")
Definition: TypeAlias = "Measure | NamedCondition"
MeaningItem: TypeAlias = "Synonym | Measure | NamedCondition | FiscalYear"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The items of one database, in the spelling of its schema.

    `joins` are keys that connect tables first, before declared ones. `shown` pairs a table with the columns to show for
    its rows.
    """

    synonyms: tuple[Synonym, ...] = ()
    measures: tuple[Measure, ...] = ()
    conditions: tuple[NamedCondition, ...] = ()
    joins: tuple[InferredKey, ...] = ()
    shown: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fiscal_year: FiscalYear | None = None

    def __bool__(self) -> bool:
        return self != NO_MEANING

    def definitions(self) -> Iterator[Definition]:
        yield from self.measures
        yield from self.conditions

    def shown_of(self, table: str) -> tuple[str, ...]:
        """The columns to show for rows of `table`; () where none are stated."""
        return next((columns for name, columns in self.shown if name == table), ())


NO_MEANING = Meaning()


@dataclass(frozen=True, slots=True)
class Meant:
    """Words of a question, from `start` to `end`, and the item they name.

    `period` is what a mention of the fiscal year stands for in words: "April 2023 to March 2024", or for one without a
    number (a group "by fiscal year") the calendar's word, one of CALENDAR_WORDS.
    """

    item: MeaningItem
    mention: str
    start: int
    end: int
    period: str = ""

    @property
    def months(self) -> str:
        """The period of a mention of the fiscal year; for one without a number the months of each: "April to March"."""
        if isinstance(self.item, FiscalYear) and self.period in CALENDAR_WORDS:
            return f"{MONTHS[self.item.month - 1]} to {MONTHS[self.item.month - 2]}"
        return self.period


def definition_column(definition: Definition, table: Table) -> str:
    """The name by which a definition stands among the columns of its table: another one than each of theirs."""
    name = definition.name
    taken = {column.name.casefold() for column in table.columns}
    while name.casefold() in taken:
        name += " defined"
    return name


def definition_places(meaning: Meaning, schema: Schema) -> dict[tuple[str, str], Definition]:
    """Each definition by its table and `definition_column`; those of tables that `schema` lacks are left out."""
    tables = {table.full_name: table for table in schema}
    return {(d.table, definition_column(d, tables[d.table])): d for d in meaning.definitions() if d.table in tables}
