"""Query shapes: a query of the pointer form in which every name and value is a slot.

A shape is written as the form's tokens, with these in place of pointers: `t0` a table, `t0.pk` its primary key,
`t0.fk0` a foreign key (`t1.fk0>t0` one that names rows of t0), `t0.number1` a column by its role, `?` a value. How the
tables are related stands in front, as in `t1<t0`: see `relations.KINDS`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from ..core import Schema
from ..parser.form import Query
from ..parser.linear import linearize
from ..parser.tokens import INSTANCES, ColumnPointer, PeriodPointer, TablePointer, Token, ValuePointer
from .relations import KINDS, Relations
from .roles import is_key, refers_to, role_of


@dataclass(frozen=True, slots=True)
class Shape:
    """`relations` has one entry for each table but the first; `tokens` are the form's, with slots for pointers."""

    relations: tuple[str, ...]
    tokens: tuple[str, ...]

    @property
    def name(self) -> str:
        return " ".join((*self.relations, *self.tokens))

    @classmethod
    @cache
    def named(cls, name: str) -> Shape:
        """The inverse of `name`."""
        words = name.split()
        start = next(i for i, w in enumerate(words) if not _is_relation(w))
        return cls(tuple(words[:start]), tuple(words[start:]))

    @property
    def tables(self) -> int:
        return len(self.relations) + 1


def _is_relation(word: str) -> bool:
    return len(word) > 3 and word[0] == "t" and word[1].isdigit() and word[2] in KINDS


def shape_of(query: Query, schema: Schema) -> Shape | None:
    """The constant 1, which the form has a word for, is a value like any other but in LIMIT 1.

    None for what no shape describes: self-joins, and joins that the schema's keys do not give.
    """
    tokens = linearize(query)
    if any(t in ("on", "left", "source", *INSTANCES) for t in tokens if isinstance(t, str)):
        return None
    slots = _Slots(schema)
    words = tuple("?" if t == "one" and before != "limit" else slots.word(t) for before, t in pairwise(("", *tokens)))
    return Shape(tuple(slots.relations()), words) if slots.tables else None


class _Slots:
    """The slots given so far; a pointer that comes again gets the same one."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.between = Relations(schema)
        self.tables: list[str] = []
        self.columns: dict[ColumnPointer, str] = {}
        self.used: Counter[str] = Counter()

    def word(self, token: Token) -> str:
        if isinstance(token, str):
            return token
        if isinstance(token, (ValuePointer, PeriodPointer)):
            return "?"
        if isinstance(token, TablePointer):
            return self._table(token.table)
        if token not in self.columns:
            self.columns[token] = self._column(token)
        return self.columns[token]

    def _table(self, name: str) -> str:
        if name not in self.tables:
            self.tables.append(name)
        return f"t{self.tables.index(name)}"

    def _column(self, pointer: ColumnPointer) -> str:
        slot, table = self._table(pointer.table), self.schema.table(pointer.table)
        column = table.column(pointer.column)
        if target := refers_to(table, column.name, self.schema):
            known = target.full_name in self.tables and target is not table
            return self._numbered(f"{slot}.fk") + (f">{self._table(target.full_name)}" if known else "")
        if table.primary_key == (column.name,):
            return f"{slot}.pk"
        return self._numbered(f"{slot}.{'fk' if is_key(table, column) else role_of(table, column)}")

    def _numbered(self, kind: str) -> str:
        self.used[kind] += 1
        return f"{kind}{self.used[kind] - 1}"

    def relations(self) -> Iterator[str]:
        for i, table in enumerate(self.tables[1:], 1):
            found = ((self.between.of(table, o), j) for j, o in enumerate(self.tables[:i]))
            kind, base = min(found, key=lambda pair: KINDS.index(pair[0]))
            yield f"t{i}{kind}t{base}"


def count_shapes(queries: Iterable[tuple[Query, Schema]]) -> Counter[str]:
    """How often each shape's name occurs; "" for queries without one."""
    found = (shape_of(query, schema) for query, schema in queries)
    return Counter(shape.name if shape else "" for shape in found)


@cache
def common_shapes() -> Mapping[str, int]:
    """The shapes that occur at least twice among Spider's training queries, with their counts."""
    text = files(__package__).joinpath("shapes.json").read_text(encoding="utf-8")
    counts: dict[str, int] = json.loads(text)
    return counts
