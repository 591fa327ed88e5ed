"""Where in a shape each slot stands, read from the shape's tokens in one pass."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..parser.tokens import AGGREGATES, ARITHMETIC, COMPARISONS, FUNCTIONS
from .shapes import Shape

_COLUMN = re.compile(r"t(\d)\.([a-z]+)(\d*)(?:>t(\d))?\Z")
_TABLE = re.compile(r"t(\d)\Z")
_CLAUSES = ("select", "where", "group", "having", "order", "from")
_OPERATORS = (*COMPARISONS, "in", "between", "null")


@dataclass(frozen=True, slots=True)
class Use:
    """One occurrence: its clause, the aggregate around it, and the operator that compares it, "" where there is none.

    `select` numbers the SELECT it stands in, which is `limited` to its first rows or not. `computed` in arithmetic.
    """

    clause: str
    aggregate: str
    operator: str
    select: int
    limited: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True)
class ColumnSlot:
    """`target` is the table slot that a foreign key names, None for any other column."""

    word: str
    table: int
    role: str
    target: int | None
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class ValueSlot:
    """The value at token `at`: compared by `operator` with `word` (a column, or a counted table), or a "limit"."""

    at: int
    word: str
    aggregate: str
    operator: str


@dataclass(frozen=True, slots=True)
class Slots:
    """`counted` are the tables whose rows a SELECT counts, adds up or averages, with the tables of that SELECT."""

    columns: tuple[ColumnSlot, ...]
    values: tuple[ValueSlot, ...]
    counted: tuple[tuple[int, frozenset[int]], ...]


@lru_cache(maxsize=4096)
def slots_of(shape: Shape) -> Slots:
    reader = _Reader(shape.tokens)
    reader.read()
    columns = tuple(_column(word, tuple(uses)) for word, uses in reader.uses.items())
    counted = tuple((table, frozenset(reader.tables[select])) for table, select in reader.counted)
    return Slots(columns, tuple(reader.values), counted)


def table_number(word: str) -> int | None:
    """Of a table slot."""
    match = _TABLE.match(word)
    return int(match[1]) if match else None


def _column(word: str, uses: tuple[Use, ...]) -> ColumnSlot:
    match = _COLUMN.match(word)
    if match is None:
        raise ValueError(f"{word!r} is no column slot")
    return ColumnSlot(word, int(match[1]), match[2], int(match[4]) if match[4] else None, uses)


class _Reader:
    def __init__(self, tokens: tuple[str, ...]) -> None:
        self.tokens = tokens
        self.uses: dict[str, list[Use]] = {}
        self.values: list[ValueSlot] = []
        self.counted: list[tuple[int, int]] = []
        self.tables: list[set[int]] = []
        self.open: list[list[str]] = []  # of each SELECT not yet closed: its number and its clause
        self.compared = ("", "", "")  # what stands left of the operator just read

    def read(self) -> None:
        for at, word in enumerate(self.tokens):
            if word == "select":
                self.open.append([str(len(self.tables)), word])
                self.tables.append(set())
            elif word == "end":
                self.open.pop()
            elif word in _CLAUSES:
                self.open[-1][1] = word
            elif word == "?":
                self._value(at)
            elif _TABLE.match(word):
                self._table(at, word)
            elif _COLUMN.match(word):
                self._column(at, word)

    def _value(self, at: int) -> None:
        if self.tokens[at - 1] == "limit":
            self.values.append(ValueSlot(at, "", "", "limit"))
        else:
            self.values.append(ValueSlot(at, *self.compared))

    def _table(self, at: int, word: str) -> None:
        number, select = int(word[1:]), int(self.open[-1][0])
        self.tables[select].add(number)
        if self._aggregate(at):
            self.counted.append((number, select))
            self.compared = (word, "count", self._operator(at))

    def _column(self, at: int, word: str) -> None:
        select, clause = self.open[-1]
        self.tables[int(select)].add(int(word[1]))
        use = Use(clause, self._aggregate(at), self._operator(at), int(select), self._limited(at), self._computed(at))
        self.uses.setdefault(word, []).append(use)
        if use.aggregate in ("count", "sum", "avg"):
            self.counted.append((int(word[1]), int(select)))
        self.compared = (word, use.aggregate, use.operator)

    def _limited(self, at: int) -> bool:
        return "limit" in self.tokens[at : self.tokens.index("end", at)]

    def _computed(self, at: int) -> bool:
        return any(word in ARITHMETIC for word in self.tokens[max(at - 3, 0) : at])

    def _aggregate(self, at: int) -> str:
        before = [w for w in self.tokens[max(at - 2, 0) : at] if w not in ("distinct", *FUNCTIONS)]
        return before[-1] if before and before[-1] in AGGREGATES else ""

    def _operator(self, at: int) -> str:
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else ""
        return after if after in _OPERATORS else ""
