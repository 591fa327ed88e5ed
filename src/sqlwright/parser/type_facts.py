"""What the items of a layout are: kinds of data, the tables they reach, and which constants a column can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..core import Column, ColumnProfile, Dialect, Profile, Schema
from .candidates import is_number
from .grammar import COLUMN, PERIOD, TABLE, VALUE, class_of
from .joins import join_graph
from .schema_text import SchemaText, type_class
from .tokens import WORDS, ColumnPointer, PeriodPointer, TablePointer, Token, ValuePointer

if TYPE_CHECKING:
    from .layout import Layout

# Kinds are bits, since a column may be of several: one typed TEXT whose samples are all numbers is both.
NUMBER, TEXT, DATE = 1, 2, 4
DATED, FLAG = 8, 16  # columns that are known to store points in time, or yes and no
DAYS = 32  # columns that store days or moments: a number alone, such as a year, is none of their values
ANY = NUMBER | TEXT | DATE
FIRST_ITEM = 1 + len(WORDS)
_KINDS_OF_CLASS = {"none": ANY, "number": NUMBER, "date": DATE | TEXT | NUMBER, "boolean": NUMBER | TEXT}
_ORDERED = ("<", "<=", ">", ">=", "between")
_NUMBERED = ("", "year", "yyyymmdd", "yyyymmddhhmmss")  # storages of dates that a number of the question may spell
_PATTERNS = ("like", "contains", "starts", "ends")
_DATE = re.compile(r"\d")  # dates are spelled in too many ways ("8 August 2010"); one without a digit is rare

Mask = NDArray[np.bool_]
Place = tuple[str, str]  # table, column
Parts: TypeAlias = "frozenset[int] | None"


@dataclass(frozen=True, eq=False)
class TypeFacts:
    """Arrays are over token ids: 0, the words, then the items.

    `kinds` are those of columns and values; `tables` are positions of tables in the schema, -1 elsewhere; `parts`
    number the connected parts of the join graph; `holders` are the columns that hold a value, where any is known.
    `widths` are the kinds of each table's columns. `bare_columns`: the engine allows columns beside aggregates;
    `has_median`: it has that aggregate. `asked` are the numbers of the question (None: not known). Counts, computed
    amounts and LIMIT take only these, not a code that some column holds. `connected` are the columns that hold the same
    keys as a column, itself among them: keys connect them, or their names are equal.
    """

    pointers: tuple[Token, ...]
    kinds: NDArray[np.int64]
    tables: NDArray[np.int64]
    parts: NDArray[np.int64]
    holders: Mapping[int, frozenset[int]]
    widths: tuple[tuple[int, ...], ...]
    of_class: Mapping[str, Mask]
    bare_columns: bool = False
    has_median: bool = True
    asked: frozenset[float] | None = None
    connected: Mapping[int, frozenset[int]] = field(default_factory=dict)
    _reach: dict[tuple[str, int, Parts], Mask] = field(default_factory=dict, repr=False)
    _values: dict[tuple[int, int, str], Mask] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> int:
        return len(self.kinds)

    def columns(self, kinds: int, parts: Parts = None) -> Mask:
        """Columns that have one of `kinds`, in any of `parts`; everywhere where that is None."""
        return self._within(COLUMN, kinds, parts)

    def all_tables(self, parts: Parts = None) -> Mask:
        return self._within(TABLE, 0, parts)

    def _within(self, name: str, kinds: int, parts: Parts) -> Mask:
        key = (name, kinds, parts)
        if key not in self._reach:
            found = self.of_class[name] & ((self.kinds & kinds > 0) | (kinds == 0))
            self._reach[key] = found if parts is None else found & np.isin(self.parts, list(parts))
        return self._reach[key]

    def values(self, kinds: int, column: int, operator: str) -> Mask:
        """Constants that something of `kinds`, or a `column` (0 where it is none), can be compared with."""
        key = (kinds, column, operator)
        if key not in self._values:
            self._values[key] = self._comparable(*key)
        return self._values[key]

    def comparable_keys(self, column: int, found: Mask) -> Mask:
        """Of the columns `found` those that may hold the same keys as `column`: no keys of something else."""
        same = self.connected.get(column, frozenset())
        if len(same) < 2:
            return found
        kept: Mask = found.copy()
        kept[[other for other in self.connected if other not in same]] = False
        return kept

    def asked_numbers(self) -> Mask:
        """Constants that are numbers of the question; all constants where those are not known."""
        if self.asked is None:
            return self.of_class[VALUE]
        found = np.zeros(self.size, dtype=np.bool_)
        for i, token in enumerate(self.pointers, FIRST_ITEM):
            found[i] = isinstance(token, ValuePointer) and is_number(token.text) and float(token.text) in self.asked
        return found

    def _comparable(self, kinds: int, column: int, operator: str) -> Mask:
        values = self.of_class[VALUE] if column or kinds != NUMBER else self.asked_numbers()
        if operator in _PATTERNS:
            return values
        if kinds & DAYS:
            values = values & (self.kinds & NUMBER == 0)
        if operator in _ORDERED:  # a number also bounds dates: a year
            return values & (self.kinds & (NUMBER if kinds == NUMBER else NUMBER | DATE) > 0)
        found = values & ((self.kinds & kinds) > 0)
        if not kinds & (NUMBER | DATE):
            found &= self.kinds & NUMBER == 0
        if column:
            for value, holders in self.holders.items():
                if column in holders:
                    found[value] = True
                elif not self.kinds[value] & NUMBER:
                    found[value] = False
        return found


def facts_of(layout: Layout) -> TypeFacts:
    items = [layout.text.items[i] for i in layout.chosen]
    held: dict[str, set[Place]] = {}
    for item in items:
        if isinstance(item.pointer, ValuePointer):
            owner = layout.text.items[item.owner].pointer
            if isinstance(owner, ColumnPointer):
                held.setdefault(item.pointer.text.casefold(), set()).add((owner.table, owner.column))
    for candidate in layout.candidates:
        held.setdefault(candidate.text.casefold(), set()).update(candidate.columns)
    asked = frozenset(float(c.text) for c in layout.candidates if c.numeric)
    return replace(_read(_facts_of_text(layout.text), layout.pointers, held), asked=asked)


def read_facts(
    schema: Schema, pointers: Sequence[Token], held: Mapping[str, Iterable[Place]], profile: Profile | None = None
) -> TypeFacts:
    """`held`: the places known to hold a value, by its folded text; `schema` is best read with samples."""
    return _read(_schema_facts(schema, profile), pointers, held)


def _read(names: _SchemaFacts, pointers: Sequence[Token], held: Mapping[str, Iterable[Place]]) -> TypeFacts:
    size = FIRST_ITEM + len(pointers)
    kinds, tables, parts = (np.full(size, filler, dtype=np.int64) for filler in (0, -1, -1))
    ids: dict[Place, int] = {}
    for i, pointer in enumerate(pointers, FIRST_ITEM):
        if isinstance(pointer, (ValuePointer, PeriodPointer)):
            kinds[i] = value_kinds(pointer.text) if isinstance(pointer, ValuePointer) else DATE
            continue
        if isinstance(pointer, (TablePointer, ColumnPointer)):
            place = (pointer.table, pointer.column if isinstance(pointer, ColumnPointer) else "")
            kinds[i], tables[i], parts[i] = names.of[place]
            ids[place] = i
    holders = {
        i: found
        for i, p in enumerate(pointers, FIRST_ITEM)
        if isinstance(p, ValuePointer)
        and (
            found := frozenset(
                ids[y] for x in held.get(p.text.casefold(), ()) for y in names.same.get(x, (x,)) if y in ids
            )
        )
    }
    by_name: dict[str, set[int]] = {}
    for (_, column), i in ids.items():
        by_name.setdefault(column.casefold(), set()).add(i)
    connected = {
        i: frozenset(ids[x] for x in names.same[place] if x in ids) | by_name[place[1].casefold()]
        for place, i in ids.items()
        if place in names.same
    }
    masks, median = _class_masks(pointers), names.dialect in ("postgres", "duckdb")
    sqlite = names.dialect == "sqlite"
    return TypeFacts(
        tuple(pointers), kinds, tables, parts, holders, names.widths, masks, sqlite, median, connected=connected
    )


def _class_masks(pointers: Sequence[Token]) -> dict[str, Mask]:
    found = {name: np.zeros(FIRST_ITEM + len(pointers), dtype=np.bool_) for name in (TABLE, COLUMN, VALUE, PERIOD)}
    for i, token in enumerate((*WORDS, *pointers), 1):
        found.setdefault(class_of(token), np.zeros(FIRST_ITEM + len(pointers), dtype=np.bool_))[i] = True
    return found


@dataclass(frozen=True, slots=True)
class _SchemaFacts:
    """Kinds, table and part of each (table, column); the column is "" for the table itself.

    `same` has the columns that keys connect, which hold the same values.
    """

    of: Mapping[Place, tuple[int, int, int]]
    same: Mapping[Place, Sequence[Place]]
    widths: tuple[tuple[int, ...], ...]
    dialect: Dialect


@lru_cache(maxsize=256)
def _facts_of_text(text: SchemaText) -> _SchemaFacts:
    return _schema_facts(text.schema, text.profile)


def _schema_facts(schema: Schema, profile: Profile | None = None) -> _SchemaFacts:
    parts = _connected_parts(schema)
    found: dict[Place, tuple[int, int, int]] = {}
    for n, table in enumerate(schema):
        found[table.full_name, ""] = (0, n, parts[n])
        for column in table.columns:
            of_column = profile.of(table.full_name, column.name) if profile else None
            found[table.full_name, column.name] = (column_kinds(column, of_column), n, parts[n])
    return _SchemaFacts(
        found,
        _connected_columns(schema),
        tuple(tuple(found[table.full_name, c.name][0] for c in table.columns) for table in schema),
        schema.dialect,
    )


def column_kinds(column: Column, profile: ColumnProfile | None = None) -> int:
    """What the column's type and, where there is a profile, its values allow."""
    kinds = _declared_kinds(column)
    if profile is None:
        return kinds | {"date": DATED, "boolean": FLAG}.get(type_class(column.type), 0)
    if profile.role == "date":
        days = DAYS if profile.date_storage not in _NUMBERED else 0
        return DATED | DATE | days if profile.date_storage.startswith("epoch") else kinds | DATED | DATE | days
    return kinds | FLAG if profile.role == "flag" else kinds


def _declared_kinds(column: Column) -> int:
    kinds = _KINDS_OF_CLASS.get(type_class(column.type))
    if kinds is not None:
        return kinds
    samples = column.samples
    if 2 * sum(map(is_number, samples)) >= len(samples):  # without samples nothing is known, so anything goes
        return ANY
    return TEXT | (DATE if 2 * sum(bool(_DATE.search(s)) for s in samples) >= len(samples) else 0)


def value_kinds(text: str) -> int:
    if is_number(text):
        return ANY
    return TEXT | (DATE if _DATE.search(text) else 0)


def _connected_parts(schema: Schema) -> list[int]:
    """The number of each table's part of the join graph; all 0 where the schema names no keys."""
    tables = list(schema)
    if not any(t.foreign_keys for t in tables):
        return [0] * len(tables)
    graph = join_graph(schema)
    found: dict[str, int] = {}
    for n, table in enumerate(tables):
        waiting = [table.full_name] if table.full_name not in found else []
        while waiting:
            here = waiting.pop()
            if here not in found:
                found[here] = n
                waiting += [name for name, _ in graph.neighbours(here)]
    return [found[t.full_name] for t in tables]


def _connected_columns(schema: Schema) -> dict[Place, list[Place]]:
    found: dict[Place, list[Place]] = {}
    for table in schema:
        for key in table.foreign_keys:
            for own, other in zip(key.columns, key.ref_columns, strict=True):
                a, b = (table.full_name, own), (key.ref_table, other)
                together = list(dict.fromkeys([*found.get(a, [a]), *found.get(b, [b])]))
                found.update(dict.fromkeys(together, together))
    return found
