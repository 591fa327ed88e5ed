"""FROM, derived: the tables of the columns in use, connected along foreign keys by the shortest paths."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ..core import Schema
from .form import ColumnRef, On, TableRef

Pair = tuple[str, str]  # (column of the nearer table, column of the farther one)


@dataclass(frozen=True, slots=True)
class Step:
    """`table` joins the tables before it on column pairs; no pair is a cross join."""

    table: TableRef
    on: tuple[On, ...] = ()


class JoinGraph:
    """Which tables a foreign key connects, in both directions; where none does, equal names of key columns."""

    def __init__(self, schema: Schema) -> None:
        self.order = {t.full_name: i for i, t in enumerate(schema)}
        self._edges: dict[str, dict[str, tuple[Pair, ...]]] = {t.full_name: {} for t in schema}
        for table, key, target in schema.foreign_keys():
            if target is table:
                continue
            pairs = tuple(zip(key.columns, key.ref_columns, strict=True))
            self._edges[table.full_name].setdefault(target.full_name, pairs)
            self._edges[target.full_name].setdefault(table.full_name, tuple((b, a) for a, b in pairs))
        self._by_name(schema)

    def neighbours(self, table: str) -> Iterator[tuple[str, tuple[Pair, ...]]]:
        """In schema order."""
        return iter(sorted(self._edges[table].items(), key=lambda edge: self.order[edge[0]]))

    def pairs(self, left: str, right: str) -> tuple[Pair, ...]:
        return self._edges[left].get(right, ())

    def _by_name(self, schema: Schema) -> None:
        """Tables that no key touches connect where one's primary key is the name of another's column."""
        lonely = {t.full_name for t in schema if not self._edges[t.full_name]}
        columns = {t.full_name: {c.name.casefold(): c.name for c in t.columns} for t in schema}
        for table in schema:
            for other in schema:
                if table is other or other.full_name in self._edges[table.full_name]:
                    continue
                if not {table.full_name, other.full_name} & lonely or len(table.primary_key) != 1:
                    continue
                key = table.primary_key[0]
                found = columns[other.full_name].get(key.casefold())
                if found and key.casefold() not in ("id", "name"):
                    self._edges[table.full_name].setdefault(other.full_name, ((key, found),))
                    self._edges[other.full_name].setdefault(table.full_name, ((found, key),))


@lru_cache(maxsize=512)
def join_graph(schema: Schema) -> JoinGraph:
    return JoinGraph(schema)


def derive(needed: Sequence[TableRef], on: Sequence[On], graph: JoinGraph) -> tuple[Step, ...]:
    """The tables of FROM in order, `needed` (in order of first use) and those between them.

    Explicit conditions connect first. Whatever is then apart joins by the shortest path of foreign keys, ties to the
    table that the schema names first; what no path reaches is cross-joined.
    """
    wanted = list(dict.fromkeys([*needed, *(c.table for o in on for c in (o.left, o.right))]))
    if not wanted:
        return ()
    steps = [Step(wanted[0])]
    rest = wanted[1:]
    while rest:
        steps += _explicit(steps, rest, on) or _path(steps, rest, graph) or [Step(rest[0])]
        placed = {s.table for s in steps}
        rest = [t for t in rest if t not in placed]
    return tuple(steps)


def _explicit(steps: Sequence[Step], rest: Sequence[TableRef], on: Sequence[On]) -> list[Step]:
    placed = {s.table for s in steps}
    for table in rest:
        conditions = tuple(o for o in on if table in _tables(o) and _tables(o) - {table} <= placed)
        if conditions:
            return [Step(table, conditions)]
    return []


def _tables(on: On) -> set[TableRef]:
    return {on.left.table, on.right.table}


def _path(steps: Sequence[Step], rest: Sequence[TableRef], graph: JoinGraph) -> list[Step]:
    """Steps along the shortest path from the tables already placed to any of `rest`."""
    placed = [s.table for s in steps]
    goals = {t.table: t for t in reversed(rest)}
    came: dict[TableRef, TableRef | None] = dict.fromkeys(placed)
    queue = deque(placed)
    while queue:
        here = queue.popleft()
        for name, _ in graph.neighbours(here.table):
            there = goals.get(name) or TableRef(name)
            if there in came:
                continue
            came[there] = here
            if name not in goals:
                queue.append(there)
                continue
            path = [there]
            while (previous := came[path[-1]]) is not None:
                path.append(previous)
            path.reverse()
            return [
                Step(b, tuple(On(ColumnRef(a, x), ColumnRef(b, y)) for x, y in graph.pairs(a.table, b.table)))
                for a, b in pairwise(path)
            ]
    return []
