"""Whether a query is worth asking: it gives rows, and each of its clauses makes a difference on this database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from ..core import Outcome, QueryLimits, ResultTable, Value
from ..db import Database
from ..parser.form import (
    Aggregated,
    ColumnRef,
    Compare,
    Condition,
    Expression,
    Joined,
    Negated,
    Nested,
    Query,
    Select,
    SetOperation,
)
from ..parser.joins import JoinGraph, derive
from ..parser.to_sql import render_form
from ..parser.walk import columns_of
from .profile import Profile
from .roles import refers_to

Rejection = Literal[
    "cross_join",
    "unlike_columns",
    "not_run",
    "empty",
    "only_null_or_zero",
    "condition_filters_nothing",
    "having_filters_nothing",
    "limit_cuts_nothing",
    "distinct_drops_nothing",
    "order_of_one_row",
    "one_group",
    "groups_of_one",
    "side_changes_nothing",
    "undetermined_output",
    "order_of_dropped_rows",
]


class Checker:
    """Runs queries on one database, each statement once."""

    def __init__(self, database: Database, profile: Profile, limits: QueryLimits) -> None:
        self.profile = profile
        self.schema = profile.schema
        self._run = lru_cache(maxsize=4096)(lambda sql: database.run(sql, limits))

    def rejection(self, query: Query) -> Rejection | None:
        """Why not to keep `query`; None for one to keep."""
        if found := form_rejection(query, self.profile):
            return found
        outcome = self.outcome(query)
        if outcome.table is None:
            return "not_run"
        if not outcome.table.rows:
            return "empty"
        if _trivial(outcome.table):
            return "only_null_or_zero"
        return next(self._idle_clauses(query, outcome.table), None)

    def outcome(self, query: Query) -> Outcome:
        return self._run(render_form(query, self.schema))

    def _rows(self, query: Query) -> list[tuple[Value, ...]] | None:
        table = self.outcome(query).table
        return list(table.rows) if table is not None else None

    def _idle_clauses(self, query: Query, result: ResultTable) -> Iterator[Rejection]:
        if isinstance(query, SetOperation):
            yield from self._idle_sides(query, result)
            return
        yield from _idle_rows(query, result)
        if query.group and not query.having and self._single_rows(query):
            yield "groups_of_one"
        if query.where and any(self._same(q, result) for q in _without_parts(query)):
            yield "condition_filters_nothing"
        if query.having and self._same(replace(query, having=None), result):
            yield "having_filters_nothing"
        if query.limit is not None and self._same(replace(query, limit=None), result):
            yield "limit_cuts_nothing"
        if query.distinct and self._same(replace(query, distinct=False), result):
            yield "distinct_drops_nothing"

    def _idle_sides(self, query: SetOperation, result: ResultTable) -> Iterator[Rejection]:
        for side in (query.left, query.right):
            rows = self._rows(side)
            if not rows or set(map(repr, rows)) == set(map(repr, result.rows)):
                yield "side_changes_nothing"
            if isinstance(side, Select) and any(self._same(q, rows) for q in _without_parts(side)):
                yield "condition_filters_nothing"

    def _single_rows(self, query: Select) -> bool:
        """Whether the groups that a count puts in order hold one row each."""
        counts = [o.value for o in query.order if isinstance(o.value, Aggregated) and o.value.function == "count"]
        if not counts:
            return False
        rows = self._rows(replace(query, items=(counts[0],), order=(), limit=None))
        return rows is not None and all(row[0] == 1 for row in rows)

    def _same(self, query: Query, result: ResultTable | list[tuple[Value, ...]] | None) -> bool:
        rows = self._rows(query)
        known = result.rows if isinstance(result, ResultTable) else result
        if rows is None or known is None:
            return False
        return len(rows) == len(known) and sorted(map(repr, rows)) == sorted(map(repr, known))


def form_rejection(query: Query, profile: Profile) -> Rejection | None:
    """What is wrong with `query` before it is run."""
    graph = profile.relations.graph
    for select in selects(query):
        needed = [*(c.table for c in columns_of(select)), *select.tables]
        if any(not step.on for step in derive(needed, select.on, graph)[1:]):
            return "cross_join"
        if select.group and not all(_determined(e, select, profile) for e in select.items):
            return "undetermined_output"
        if select.distinct and any(o.value not in select.items for o in select.order):
            return "order_of_dropped_rows"
    if not all(_alike(a, b, graph) for a, b in _paired(query)):
        return "unlike_columns"
    return None


def _determined(item: Expression, select: Select, profile: Profile) -> bool:
    """Whether each group has one value of `item`: else the engine refuses the query, or picks any."""
    if not isinstance(item, ColumnRef) or item in select.group:
        return True
    table = profile.schema.table(item.table.table)
    for key in select.group:
        if not isinstance(key, ColumnRef):
            continue
        facts = profile.columns.get((key.table.table, key.column))
        if key.table == item.table and (table.primary_key == (key.column,) or (facts is not None and facts.unique)):
            return True
        if refers_to(profile.schema.table(key.table.table), key.column, profile.schema) is table:
            return True
    return False


def selects(query: Query) -> Iterator[Select]:
    """Every SELECT of `query`, the nested ones too."""
    if isinstance(query, SetOperation):
        yield from selects(query.left)
        yield from selects(query.right)
        return
    yield query
    for condition in (query.where, query.having):
        for part in parts_of(condition) if condition else ():
            if isinstance(part, Compare) and isinstance(part.right, Nested):
                yield from selects(part.right.query)


def parts_of(condition: Condition) -> Iterator[Condition]:
    """The comparisons in `condition`, without their negations."""
    if isinstance(condition, Joined):
        for part in condition.parts:
            yield from parts_of(part)
    elif isinstance(condition, Negated):
        yield from parts_of(condition.condition)
    else:
        yield condition


def _paired(query: Query) -> Iterator[tuple[Expression, Expression]]:
    """The expressions that a set operation or a nested query puts beside each other."""
    if isinstance(query, SetOperation):
        if isinstance(query.left, Select) and isinstance(query.right, Select):
            yield from zip(query.left.items, query.right.items, strict=False)
        return
    for select in selects(query):
        for condition in (select.where, select.having):
            for part in parts_of(condition) if condition else ():
                if isinstance(part, Compare) and isinstance(part.right, Nested):
                    right = part.right.query
                    if isinstance(right, Select) and isinstance(part.left, ColumnRef):
                        yield part.left, right.items[0]


def _alike(left: Expression, right: Expression, graph: JoinGraph) -> bool:
    """One column, or two that a key connects, or two of one name."""
    left, right = _bare(left), _bare(right)
    if not isinstance(left, ColumnRef) or not isinstance(right, ColumnRef) or left.column == right.column:
        return True
    pairs = graph.pairs(left.table.table, right.table.table)
    return (left.column, right.column) in pairs


def _bare(node: Expression) -> Expression:
    return node.argument if isinstance(node, Aggregated) else node


def _trivial(result: ResultTable) -> bool:
    return all(value is None or value == 0 or value == "" for row in result.rows for value in row)


def _idle_rows(query: Select, result: ResultTable) -> Iterator[Rejection]:
    if query.order and query.limit is None and len(result.rows) < 2:
        yield "order_of_one_row"
    if query.group and not query.having and query.limit is None and len(result.rows) < 2:
        yield "one_group"
    counts = [i for i, e in enumerate(query.items) if isinstance(e, Aggregated) and e.function == "count"]
    if query.group and counts and all(row[i] == 1 for row in result.rows for i in counts):
        yield "groups_of_one"


def _without_parts(query: Select) -> Iterator[Select]:
    """`query` with less and less of its condition: whole, and each part that has to hold."""
    if query.where is None:
        return
    if isinstance(query.where, Joined):
        for i in range(len(query.where.parts)):
            kept = tuple(p for j, p in enumerate(query.where.parts) if j != i)
            yield replace(query, where=kept[0] if len(kept) == 1 else replace(query.where, parts=kept))
    else:
        needed = tuple(dict.fromkeys(c.table for c in columns_of(query)))
        yield replace(query, where=None, tables=tuple(dict.fromkeys((*query.tables, *needed))))
