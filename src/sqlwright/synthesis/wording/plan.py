"""One SELECT as a person sees it: the thing asked about, what hangs on it, and the conditions of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ...parser.form import (
    Aggregated,
    Between,
    Called,
    ColumnRef,
    Compare,
    Computed,
    Condition,
    Expression,
    IsNull,
    Joined,
    Negated,
    Select,
)
from ...parser.joins import JoinGraph, derive
from ...parser.walk import columns_of


@dataclass(frozen=True, slots=True)
class Superlative:
    """What picks the first `count` rows: "oldest" in front of the noun, or "with the highest price" behind it."""

    before: str
    after: str
    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`focus` is the table whose rows the question is about; `children` is the join as a tree below it.

    `conditions` are by the table they speak of. `named` are the tables that the question has to mention.
    """

    select: Select
    focus: str
    children: dict[str, tuple[str, ...]]
    conditions: dict[str, tuple[Condition, ...]]
    named: frozenset[str]
    superlatives: dict[str, Superlative] = field(default_factory=dict)

    def mentions(self, table: str) -> bool:
        """Whether `table`, or one below it, narrows down what is above."""
        here = table in self.named or table in self.conditions or table in self.superlatives
        return here or any(self.mentions(child) for child in self.children.get(table, ()))


def plan_of(select: Select, graph: JoinGraph, focus: str = "") -> Plan:
    """With `focus` as the root, the table of the outputs unless given."""
    focus = focus or focus_of(select)
    conditions: dict[str, list[Condition]] = {}
    parts = select.where.parts if isinstance(select.where, Joined) and select.where.operator == "and" else ()
    for part in parts or ([select.where] if select.where else []):
        tables = list(dict.fromkeys(c.table.table for c in condition_columns(part)))
        conditions.setdefault(tables[0] if len(tables) == 1 else focus, []).append(part)
    shown = {c.table.table for e in select.items for c in expression_columns(e)}
    named = frozenset(t.table for t in select.tables if t.table not in shown)
    held = {table: tuple(found) for table, found in conditions.items()}
    return Plan(select, focus, _tree(select, focus, graph), held, named)


def focus_of(select: Select) -> str:
    """The table of the first output that is no aggregate, else of the first."""
    plain = [e for e in select.items if not isinstance(e, Aggregated)]
    for expression in (*plain, *select.items):
        for column in expression_columns(expression):
            return column.table.table
    return next((c.table.table for c in columns_of(select)), "")


def _tree(select: Select, focus: str, graph: JoinGraph) -> dict[str, tuple[str, ...]]:
    needed = [*(c.table for c in columns_of(select)), *select.tables]
    edges: dict[str, list[str]] = {}
    for step in derive(needed, select.on, graph):
        for on in step.on[:1]:
            edges.setdefault(on.left.table.table, []).append(on.right.table.table)
            edges.setdefault(on.right.table.table, []).append(on.left.table.table)
    tree: dict[str, tuple[str, ...]] = {}
    queue, seen = [focus], {focus}
    while queue:
        here = queue.pop(0)
        below = tuple(t for t in edges.get(here, ()) if t not in seen)
        tree[here] = below
        seen.update(below)
        queue += below
    return tree


def expression_columns(node: Expression) -> Iterator[ColumnRef]:
    """Without those of nested queries."""
    if isinstance(node, ColumnRef):
        yield node
    elif isinstance(node, (Aggregated, Called)):
        yield from expression_columns(node.argument)
    elif isinstance(node, Computed):
        yield from expression_columns(node.left)
        yield from expression_columns(node.right)


def condition_columns(node: Condition) -> Iterator[ColumnRef]:
    """Of the outer query."""
    if isinstance(node, Joined):
        for part in node.parts:
            yield from condition_columns(part)
    elif isinstance(node, Negated):
        yield from condition_columns(node.condition)
    elif isinstance(node, Compare):
        yield from expression_columns(node.left)
        if not isinstance(node.right, tuple):
            yield from expression_columns(node.right)
    elif isinstance(node, (Between, IsNull)):
        yield from expression_columns(node.value)
