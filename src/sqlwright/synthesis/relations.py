"""How two tables stand to each other by their keys."""

from __future__ import annotations

from ..core import Schema
from ..parser.joins import JoinGraph, join_graph
from .roles import refers_to

# t1<t0: t1 holds a key of t0; t1>t0: the other way round; t1~t0: a third table holds keys of both; t1-t0: they are
# two steps apart; t1|t0: nothing connects them.
KINDS = "<>~-|"


class Relations:
    """Of one schema. Each answer is worked out once: to hash a schema takes longer than to look a pair up."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.graph: JoinGraph = join_graph(schema)
        self._known: dict[tuple[str, str], str] = {}

    def of(self, table: str, other: str) -> str:
        """One of KINDS, read from `table` to `other`."""
        key = (table, other)
        if key not in self._known:
            self._known[key] = self._found(table, other)
        return self._known[key]

    def _found(self, table: str, other: str) -> str:
        if pairs := self.graph.pairs(table, other):
            return "<" if self._holds_key(table, other, pairs) else ">"
        between = {n for n, _ in self.graph.neighbours(table)} & {n for n, _ in self.graph.neighbours(other)}
        if not between:
            return "|"
        return "~" if any(self.of(b, table) == "<" == self.of(b, other) for b in between) else "-"

    def _holds_key(self, table: str, other: str, pairs: tuple[tuple[str, str], ...]) -> bool:
        """Whether `table` names rows of `other`, by a foreign key or, where none is declared, by a column's name."""
        mine, theirs = self.schema.table(table), self.schema.table(other)
        if any(refers_to(mine, a, self.schema) is theirs for a, _ in pairs):
            return True
        declared = any(refers_to(theirs, b, self.schema) is mine for _, b in pairs)
        return not declared and mine.primary_key != (pairs[0][0],)
