"""Visiting and rewriting the expressions of one SELECT, not those of the queries nested in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .form import (
    Aggregated,
    Between,
    Bucket,
    Called,
    ColumnRef,
    Compare,
    Computed,
    Concatenated,
    Condition,
    Elapsed,
    Expression,
    Filtered,
    IsNull,
    IsTrue,
    Joined,
    Negated,
    Ordering,
    Query,
    Select,
    Share,
    Span,
    Windowed,
    Written,
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
        per=tuple(_expression(e, change) for e in select.per),
    )


def _expression(node: Expression, change: Callable[[Expression], Expression]) -> Expression:
    if isinstance(node, (Aggregated, Called, Windowed)):
        node = replace(node, argument=_expression(node.argument, change))
    elif isinstance(node, (Computed, Concatenated)):
        node = replace(node, left=_expression(node.left, change), right=_expression(node.right, change))
    elif isinstance(node, Elapsed):
        node = replace(node, start=_expression(node.start, change), end=_expression(node.end, change))
    elif isinstance(node, Bucket):
        node = replace(node, value=_expression(node.value, change))
    elif isinstance(node, Written):
        node = _written(node, change)
    elif isinstance(node, Share):
        node = Share(_condition(node.condition, change))
    elif isinstance(node, Filtered):
        aggregate = replace(node.aggregate, argument=_expression(node.aggregate.argument, change))
        node = Filtered(_condition(node.condition, change), aggregate)
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
    if isinstance(node, (IsNull, IsTrue, Span)):
        return replace(node, value=_expression(node.value, change))
    return _written(node, change) if isinstance(node, Written) else node


def transform_condition(node: Condition, change: Callable[[Condition], Condition]) -> Condition:
    """`node` with `change` applied to each condition that is not made of others by "and", "or" or "not"."""
    if isinstance(node, Joined):
        return replace(node, parts=tuple(transform_condition(part, change) for part in node.parts))
    if isinstance(node, Negated):
        return Negated(transform_condition(node.condition, change))
    return change(node)


def _written(node: Written, change: Callable[[Expression], Expression]) -> Written:
    changed = (part if isinstance(part, str) else change(part) for part in node.parts)
    return Written(tuple(part for part in changed if isinstance(part, (str, ColumnRef))))


def expressions_in(node: Expression) -> Iterator[Expression]:
    """`node` and what it is made of, innermost first."""
    found: list[Expression] = []

    def visit(expression: Expression) -> Expression:
        found.append(expression)
        return expression

    _expression(node, visit)
    return iter(found)


def condition_expressions(node: Condition) -> Iterator[Expression]:
    """Every expression in a condition, innermost first."""
    found: list[Expression] = []

    def visit(expression: Expression) -> Expression:
        found.append(expression)
        return expression

    _condition(node, visit)
    return iter(found)


def conjuncts(where: Condition | None) -> tuple[Condition, ...]:
    """The conditions that all have to hold."""
    if where is None:
        return ()
    return where.parts if isinstance(where, Joined) and where.operator == "and" else (where,)


def conjoined(parts: Sequence[Condition]) -> Condition | None:
    """The condition that all of `parts` hold; None for none."""
    if len(parts) > 1:
        return Joined("and", tuple(parts))
    return parts[0] if parts else None


def tables_of(query: Query) -> set[str]:
    """The full names of the tables that a query names outside of nested queries."""
    if not isinstance(query, Select):
        return tables_of(query.left) | tables_of(query.right)
    return {c.table.table for c in columns_of(query)} | {t.table for t in query.tables}
