"""What a question is made from: random choices among the concepts of one database, in one language."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from ...core.language import Language
from ...parser.form import Aggregated, Called, ColumnRef, Computed, Expression, Literally, Ordering, Select, TableRef
from ..concepts import ColumnConcept, Concepts, MeasureConcept, TableConcept, Words

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measure:
    """An amount that people sum or average: a column or a named expression, and the words for it."""

    table: TableConcept
    form: Expression
    words: Words
    additive: bool
    unit: str = ""
    said_unit: str = ""
    factor: float = 1.0
    role: str = "number"


class Asker:
    """Random choices for one question, in English or Chinese.

    `ranges` are the lowest and highest number of columns, by table and column.
    """

    def __init__(
        self,
        concepts: Concepts,
        language: Language,
        rng: random.Random,
        ranges: Mapping[tuple[str, str], tuple[float | None, float | None]],
    ) -> None:
        self.concepts, self.language, self.rng, self.ranges = concepts, language, rng, ranges
        self.chinese = language == "zh"

    # Chance

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def any(self, options: Sequence[T]) -> T:
        return self.rng.choice(options)

    def one_of(self, english: str, chinese: str) -> str:
        """One of the texts between " | " in the language of the question."""
        return self.rng.choice((chinese if self.chinese else english).split(" | "))

    def some(self, options: Iterable[T]) -> T | None:
        found = list(options)
        return self.rng.choice(found) if found else None

    # Words

    def word(self, words: Words) -> str:
        """One of the phrases, the first ones more often; "" where the language has none."""
        options = words.of(self.language)
        if not options:
            return ""
        return options[min(int(self.rng.expovariate(1.3)), len(options) - 1)]

    def noun(self, table: TableConcept, *, one: bool = False) -> str:
        """What the rows of a table are called."""
        if self.chinese:
            return self._skewed(table.chinese)
        noun = self._skewed(table.nouns)
        return noun.singular if one else noun.plural

    def _skewed(self, options: Sequence[T]) -> T:
        return options[min(int(self.rng.expovariate(1.2)), len(options) - 1)]

    # Forms

    @staticmethod
    def column(table: TableConcept, column: str) -> ColumnRef:
        return ColumnRef(TableRef(table.table), column)

    @staticmethod
    def rows(table: TableConcept) -> ColumnRef:
        return ColumnRef(TableRef(table.table), "*")

    def count(self, table: TableConcept) -> Aggregated:
        return Aggregated("count", self.rows(table))

    def names(self, table: TableConcept) -> tuple[ColumnRef, ...]:
        """The columns by which a person calls a row; the key where there is no such column."""
        return tuple(self.column(table, c) for c in table.name_columns or table.key[:1])

    def key(self, table: TableConcept) -> ColumnRef | None:
        return self.column(table, table.key[0]) if len(table.key) == 1 else None

    # Choices

    def tables(self, suits: Callable[[TableConcept], object] = lambda _: True) -> list[TableConcept]:
        return [t for t in self.concepts if t.rows > 1 and (t.chinese if self.chinese else t.nouns) and suits(t)]

    def columns(self, table: TableConcept, *roles: str) -> list[ColumnConcept]:
        """Columns that people ask for, of any of `roles`, and that have words in this language."""
        return [c for c in table.columns if c.role in roles and not c.decoy and self.spoken(c)]

    def spoken(self, column: ColumnConcept) -> bool:
        return bool(column.words.of(self.language))

    def measures(self, table: TableConcept, *, additive: bool = False) -> list[Measure]:
        found = [
            Measure(
                table,
                self.column(table, c.column),
                c.words,
                c.additive,
                c.unit,
                c.said_unit,
                c.factor,
                c.role,
            )
            for c in self.columns(table, "money", "number")
        ]
        found += [m for concept in table.measures if (m := self._named(table, concept)) and m.words.of(self.language)]
        return [m for m in found if m.additive or not additive]

    def _named(self, table: TableConcept, concept: MeasureConcept) -> Measure | None:
        form = expression_form(concept, table)
        if form is None:
            return None
        return Measure(
            table, form, concept.words, concept.additive, concept.unit, concept.said_unit, concept.factor, "money"
        )

    def parents(self, table: TableConcept) -> list[tuple[ColumnConcept, TableConcept]]:
        """References of `table` to other tables, each with the table it refers to."""
        found = []
        for column in table.columns:
            if column.role == "reference" and column.ref_table and column.ref_table != table.table and not column.decoy:
                parent = next((t for t in self.concepts if t.table == column.ref_table), None)
                if parent and (parent.chinese if self.chinese else parent.nouns):
                    found.append((column, parent))
        return found

    def only_parent(self, column: ColumnConcept, table: TableConcept) -> bool:
        """Whether `column` is the one way from `table` to its parent, so that a plain join means it."""
        return sum(c.ref_table == column.ref_table for c in table.columns if c.role == "reference") == 1

    def joined_parents(self, table: TableConcept) -> list[tuple[ColumnConcept, TableConcept]]:
        return [(c, p) for c, p in self.parents(table) if self.only_parent(c, table)]


def expression_form(concept: MeasureConcept, table: TableConcept) -> Expression | None:
    """The form of a named expression; None for one that is not made of columns, numbers and arithmetic."""
    from sqlglot import exp

    from ...sql.reading import read_first

    names = [f"c{i}" for i in range(len(concept.columns))]
    tree = read_first(concept.expression.format(*names), "sqlite")

    def read(node: exp.Expr) -> Expression:
        if isinstance(node, exp.Paren):
            return read(node.this)
        if isinstance(node, exp.Column):
            return ColumnRef(TableRef(table.table), concept.columns[names.index(node.name)])
        if isinstance(node, exp.Literal):
            return Literally(node.name, True)
        operator = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}.get(type(node).__name__)
        if operator and isinstance(node, exp.Binary):
            left, right = read(node.left), read(node.right)
            if operator == "/":
                scaled = isinstance(right, Literally) and right.text in ("100", "100.0")
                return Called("per_100", left) if scaled else Computed("ratio", left, right)
            return Computed(cast(Any, operator), left, right)
        raise ValueError(type(node).__name__)

    try:
        return read(tree)
    except ValueError:
        return None


def select(*items: Expression, **clauses: object) -> Select:
    return Select(tuple(items), **clauses)  # type: ignore[arg-type]


def descending(value: Expression) -> tuple[Ordering, ...]:
    return (Ordering(value, True),)


def ascending(value: Expression) -> tuple[Ordering, ...]:
    return (Ordering(value),)
