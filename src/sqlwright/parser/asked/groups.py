"""A group is shown by what it is grouped by: players per team have a team each, not the name of one of the players."""

from __future__ import annotations

from dataclasses import replace

from ...core import Hints, Profile, Schema, Table
from ..form import Aggregated, Called, ColumnRef, Computed, Expression, Query, Select
from ..walk import expressions_in, transform


def with_shown_periods(query: Query) -> Query:
    """`query` grouped and ordered by the month, year or weekday that it shows, where it takes another date for that."""
    if not isinstance(query, Select) or query.source is not None or len(query.group) != 1:
        return query
    (group,) = query.group
    shown = [item for item in query.items if isinstance(item, Called)]
    if not isinstance(group, Called) or len(shown) != 1 or shown[0].function != group.function:
        return query
    return transform(query, lambda node: shown[0] if node == group else node)


def with_shown_groups(query: Query, schema: Schema, profile: Profile, hints: Hints) -> Query:
    """`query` with the column it groups by in place of a column of the same table that differs within a group.

    If the question names the column that is shown, and not the one that it is grouped by, it is grouped by the first.
    Only beside an aggregate: "the names of the rows that come first in each group" are meant otherwise.
    """
    if not isinstance(query, Select) or query.source is not None or len(query.group) != 1 or query.per:
        return query
    (group,) = query.group
    if not isinstance(group, ColumnRef) or not any(map(_aggregates, query.items)):
        return query
    table = schema.table(group.table.table)
    if _identifies(group, table, schema, profile):
        return query
    others = [item for item in query.items if isinstance(item, ColumnRef) and _differs(item, group)]
    if len(others) == 1 and _named(others[0], hints) and not _named(group, hints):
        return replace(query, group=(others[0],))
    items = tuple(dict.fromkeys(group if _differs(item, group) else item for item in query.items))
    return replace(query, items=items)


def with_groups_of_shown_rows(query: Query, schema: Schema) -> Query:
    """`query` grouped by the key of the one table whose columns it shows, where it groups by the key of another.

    "Companies with three subscriptions" counts for each company, not for each plan.
    """
    if not isinstance(query, Select) or query.source is not None or len(query.group) != 1 or query.on or query.per:
        return query
    (group,) = query.group
    shown = [item for item in query.items if isinstance(item, ColumnRef) and item.column != "*"]
    tables = {item.table for item in shown}
    if not isinstance(group, ColumnRef) or len(tables) != 1 or group.table in tables:
        return query
    (table,) = tables
    owner, grouped = schema.table(table.table), schema.table(group.table.table)
    refers = any(k.columns == (group.column,) and t is owner for o, k, t in schema.foreign_keys() if o is grouped)
    if refers or len(owner.primary_key) != 1 or grouped.primary_key != (group.column,):
        return query
    return replace(query, group=(ColumnRef(table, owner.primary_key[0]),))


def _named(column: ColumnRef, hints: Hints) -> bool:
    return any((m.table, m.column) == (column.table.table, column.column) and m.mention for m in hints.names)


def _aggregates(item: Expression) -> bool:
    return any(isinstance(part, Aggregated) for part in expressions_in(item)) or isinstance(item, Computed)


def _differs(item: Expression, group: ColumnRef) -> bool:
    """Whether a shown column of the grouped table is another one than the group's."""
    return isinstance(item, ColumnRef) and item.column != "*" and item.table == group.table and item != group


def _identifies(group: ColumnRef, table: Table, schema: Schema, profile: Profile) -> bool:
    """Whether a group has one row of its table: a key, or a column whose values are all different."""
    if group.column in table.primary_key or any(group.column in key.columns for key in table.foreign_keys):
        return True
    found = profile.of(table.full_name, group.column)
    return found is None or found.role == "key" or (found.rows > 0 and found.distinct >= found.rows)
