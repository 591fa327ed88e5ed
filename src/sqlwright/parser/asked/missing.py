"""Missing values stand outside a ranking: the cheapest has a price, and a company with ten members has a name."""

from __future__ import annotations

from dataclasses import replace

from ...core import Profile
from ..form import (
    Aggregated,
    ColumnRef,
    Compare,
    Condition,
    Expression,
    IsNull,
    Negated,
    Nested,
    Query,
    Select,
)
from ..walk import condition_expressions, conjoined, conjuncts, expressions_in


def without_missing(query: Query, profile: Profile) -> Query:
    """`query` without missing values where they would come first, or form one of the groups that are listed.

    - Where rows are ordered and the first are kept, rows without a value are left out. A NULL would come first in
      ascending order, an empty text or a sign such as "--" in either direction.
    - Where rows are compared with the rows of another query by NOT IN, that query gives no NULL.
    - Where groups are listed by a condition or a limit, the group of missing values is left out.
    """
    if not isinstance(query, Select) or query.source is not None:
        return query
    query = _without_nulls_in_lists(query, profile)
    columns = [*_ordered(query, profile), *_listed(query, profile)]
    where = query.where
    for column in columns:
        if where is None or column not in set(condition_expressions(where)):
            present = Negated(IsNull(column))
            where = conjoined((*conjuncts(where), present))
    if where is query.where:
        return query
    return replace(query, where=where)


def _without_nulls_in_lists(query: Select, profile: Profile) -> Select:
    """`NOT IN (SELECT c ...)` without the NULLs of `c`, with one of which SQL finds no row at all."""
    parts = conjuncts(query.where) if query.where else ()
    changed = tuple(_filled(part, profile) for part in parts)
    if changed == parts:
        return query
    return replace(query, where=conjoined(changed))


def _filled(part: Condition, profile: Profile) -> Condition:
    if not isinstance(part, Negated) or not isinstance(part.condition, Compare):
        return part
    nested = part.condition.right
    if not isinstance(nested, Nested) or not isinstance(nested.query, Select) or len(nested.query.items) != 1:
        return part
    (item,) = nested.query.items
    found = profile.of(item.table.table, item.column) if isinstance(item, ColumnRef) else None
    inner = nested.query
    present = Negated(IsNull(item))
    if found is None or not found.null_share or inner.group or inner.source or present in conjuncts(inner.where):
        return part
    where = conjoined((*conjuncts(inner.where), present))
    return Negated(replace(part.condition, right=Nested(replace(inner, where=where))))


def _ordered(query: Select, profile: Profile) -> list[ColumnRef]:
    if query.limit is None or not query.order or query.group:
        return []
    first = query.order[0]
    if not isinstance(first.value, ColumnRef) or first.value.column == "*":
        return []
    found = profile.of(first.value.table.table, first.value.column)
    if found is None:
        return []
    comes_first = found.blank_share or found.markers or (found.null_share and not first.descending)
    return [first.value] if comes_first else []


def _listed(query: Select, profile: Profile) -> list[ColumnRef]:
    """The one column that rows are grouped by and that alone is shown."""
    if len(query.group) != 1 or (query.having is None and query.limit is None):
        return []
    (group,) = query.group
    if not isinstance(group, ColumnRef) or any(_differs(item, group) for item in query.items):
        return []
    found = profile.of(group.table.table, group.column)
    missing = found is not None and (found.null_share or found.blank_share or found.markers)
    return [group] if missing else []


def _differs(item: Expression, group: ColumnRef) -> bool:
    """Whether an output is neither the group nor an amount of it."""
    return item != group and not any(isinstance(part, Aggregated) for part in expressions_in(item))
