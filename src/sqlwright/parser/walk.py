"""Visiting and rewriting the expressions of one SELECT, not those of the queries nested in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from .form import (
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
    Ordering,
    Select,
)


def columns_of(select: Select) -> Iterator[ColumnRef]:
    """In the order in which the form writes them, without placeholders."""
    found: list[ColumnRef] = []

    def visit(expression: Expression) -> Expression:
        if isinstance(expression, ColumnRef) and expression.table.table:
            found.append(expression)
        return expression

    transform(select, visit)
    return iter(found)


def transform(select: Select, change: Callable[[Expression], Expression]) -> Select:
    """`select` with `change` applied to each expression, innermost first."""
    return replace(
        select,
        items=tuple(_expression(e, change) for e in select.items),
        where=_condition(select.where, change) if select.where else None,
        group=tuple(_expression(e, change) for e in select.group),
        having=_condition(select.having, change) if select.having else None,
        order=tuple(Ordering(_expression(o.value, change), o.descending) for o in select.order),
    )


def _expression(node: Expression, change: Callable[[Expression], Expression]) -> Expression:
    if isinstance(node, Aggregated):
        node = replace(node, argument=_expression(node.argument, change))
    elif isinstance(node, Computed):
        node = replace(node, left=_expression(node.left, change), right=_expression(node.right, change))
    elif isinstance(node, Called):
        node = replace(node, argument=_expression(node.argument, change))
    return change(node)


def _condition(node: Condition, change: Callable[[Expression], Expression]) -> Condition:
    if isinstance(node, Joined):
        return replace(node, parts=tuple(_condition(p, change) for p in node.parts))
    if isinstance(node, Negated):
        return Negated(_condition(node.condition, change))
    if isinstance(node, Compare):
        right = node.right if isinstance(node.right, tuple) else _expression(node.right, change)
        return replace(node, left=_expression(node.left, change), right=right)
    if isinstance(node, Between):
        return Between(*(_expression(e, change) for e in (node.value, node.low, node.high)))
    if isinstance(node, IsNull):
        return IsNull(_expression(node.value, change))
    return node
