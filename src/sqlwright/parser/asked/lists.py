"""Columns whose cells are lists, as in 'Python;SQL;Go': a cell has an element, it is not equal to it."""

from __future__ import annotations

from dataclasses import replace

from ...core import Hints
from ..form import ColumnRef, Compare, Condition, Expression, Filtered, Joined, Literally, Negated, Query, Select, Share
from ..walk import transform, transform_condition

Elements = frozenset[tuple[str, str, str]]  # table, column, element


def with_elements(query: Query, hints: Hints) -> Query:
    """`query` with `contains` where it compares a list with an element that the question names."""
    elements = frozenset((m.table, m.column, m.value) for m in hints.values if m.element)
    if not isinstance(query, Select) or not elements:
        return query

    def contained(node: Condition) -> Condition:
        return _contained(node, elements)

    def in_expression(node: Expression) -> Expression:
        if isinstance(node, (Share, Filtered)):
            return replace(node, condition=transform_condition(node.condition, contained))
        return node

    where = transform_condition(query.where, contained) if query.where else None
    return transform(replace(query, where=where), in_expression)


def _contained(node: Condition, elements: Elements) -> Condition:
    if not isinstance(node, Compare) or not isinstance(node.left, ColumnRef):
        return node
    given = node.right if isinstance(node.right, tuple) else (node.right,)
    place = node.left.table.table, node.left.column
    if not all(isinstance(value, Literally) and (*place, value.text) in elements for value in given):
        return node
    parts = tuple(Compare("contains", node.left, value) for value in given)
    if node.operator == "!=":
        return Negated(parts[0])
    if node.operator not in ("=", "in"):
        return node
    return Joined("or", parts) if len(parts) > 1 else parts[0]
