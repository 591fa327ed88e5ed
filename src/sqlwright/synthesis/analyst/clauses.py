"""A condition in words, and noun phrases with conditions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...parser.form import ColumnRef, Compare, Condition, Joined, Literally, Select, TableRef
from ...parser.walk import columns_of
from ..concepts import ColumnConcept, TableConcept
from .asker import Asker


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition on the rows of a table, and its words: `before` the noun, or `after` it. Chinese has only `before`."""

    form: Condition
    before: str = ""
    after: str = ""


def phrase(asker: Asker, table: TableConcept, clauses: tuple[Clause, ...], *, one: bool = False) -> str:
    """A noun phrase: "cancelled orders in 2023", 2023年已取消的订单."""
    noun = asker.noun(table, one=one)
    before = [c.before for c in clauses if c.before]
    if asker.chinese:
        return "".join((b if b.endswith("的") else b + "的") for b in before) + noun
    return " ".join([*before, noun, *(c.after for c in clauses if c.after)])


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that must all be true."""
    return condition.parts if isinstance(condition, Joined) and condition.operator == "and" else (condition,)


def conjunction(*conditions: Condition | None) -> Condition | None:
    """All of `conditions`; None where there is none."""
    parts = tuple(part for condition in conditions if condition is not None for part in parts_of(condition))
    return None if not parts else parts[0] if len(parts) == 1 else Joined("and", parts)


def all_of(*clauses: Clause) -> Condition | None:
    return conjunction(*(clause.form for clause in clauses))


def columns_in(condition: Condition) -> list[ColumnRef]:
    return list(columns_of(Select((), where=condition)))


def with_table(query: Select, table: TableConcept) -> Select:
    """`query` reading from `table`, which is named only where none of its columns does so."""
    ref = TableRef(table.table)
    return replace(query, tables=() if ref in {c.table for c in columns_of(query)} else (ref,))


def equals(asker: Asker, table: TableConcept, column: ColumnConcept, stored: str) -> Compare:
    return Compare("=", asker.column(table, column.column), Literally(stored, column.numeric))
