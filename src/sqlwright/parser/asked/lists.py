"""Columns whose cells are lists, as in 'Python;SQL;Go': a cell has an element, it is not equal to it."""

from __future__ import annotations

from dataclasses import replace

from ...core import Hints
from ..form import ColumnRef, Compare, Condition, Expression, Filtered, Joined, Literally, Negated, Query, Select, Share
from ..walk import transform

Elements = frozenset[tuple[str, str, str]]  # table, column, element


def with_elements(query: Query, hints: Hints) -> Query:
    """`query` with `contains` where it compares a list with an element that the question names."""
    elements = frozenset((m.table, m.column, m.value) for m in hints.values if m.element)
    if not isinstance(query, Select) or not elements:
        return query
    query = transform(query, lambda node: _in_expression(node, elements))
    return replace(query, where=_in_condition(query.where, elements) if query.where else None)


def _in_expression(node: Expression, elements: Elements) -> Expression:
    if isinstance(node, (Share, Filtered)):
        return replace(node, condition=_in_condition(node.condition, elements))
    return node


def _in_condition(node: Condition, elements: Elements) -> Condition:
    if isinstance(node, Joined):
        return replace(node, parts=tuple(_in_condition(part, elements) for part in node.parts))
    if isinstance(node, Negated):
        return Negated(_in_condition(node.condition, elements))
    if not isinstance(node, Compare) or not isinstance(node.left, ColumnRef):
        return node
    named = [
        value
        for value in (node.right if isinstance(node.right, tuple) else (node.right,))
        if isinstance(value, Literally) and (node.left.table.table, node.left.column, value.text) in elements
    ]
    contained = tuple(Compare("contains", node.left, value) for value in named)
    if node.operator == "=" and contained:
        return contained[0]
    if node.operator == "!=" and contained:
        return Negated(contained[0])
    if node.operator == "in" and contained and isinstance(node.right, tuple) and len(contained) == len(node.right):
        return Joined("or", contained) if len(contained) > 1 else contained[0]
    return node
