"""Rows without repetition, where the question says so or joins repeat them, and conditions without repetition."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Profile, Schema
from ..form import Aggregated, ColumnRef, Query, Select, Windowed
from ..walk import columns_of, conjoined, conjuncts, expressions_in

MOST_VALUES = 0.8  # different values among the rows of a table: with fewer its rows are not what the values are of
_ONCE = re.compile(
    r"\b(?:distinct|unique|only once|no duplicates|without duplicates|without repetition)\b|不重复|去重|去除重复",
    re.IGNORECASE,
)


def without_repetition(query: Query, question: str, schema: Schema, profile: Profile) -> Query:
    """`query` with DISTINCT where it lists rows and each of them is meant once.

    `question` says so, or a join repeats them: guests with a review of four stars. In a table without a key, such as an
    export, one thing may stand in several rows.
    """
    if not isinstance(query, Select) or query.distinct or query.group or query.limit is not None or query.order:
        return query
    if any(isinstance(n, (Aggregated, Windowed)) for item in query.items for n in expressions_in(item)):
        return query
    meant_once = _ONCE.search(question) or _is_repeated(query, schema) or _is_exported(query, schema, profile)
    return replace(query, distinct=True) if meant_once else query


def _is_repeated(query: Select, schema: Schema) -> bool:
    """Whether all that is shown is of one table, and a join may bring several rows for one of its rows."""
    shown = {item.table if isinstance(item, ColumnRef) and item.column != "*" else None for item in query.items}
    used = {c.table for c in columns_of(query)} | set(query.tables)
    (table, *others) = shown
    if others or table is None or len(used) < 2 or query.source is not None:
        return False
    once, waiting = {table.table}, [table.table]  # tables of which each row of `table` has at most one
    while waiting:
        name = waiting.pop()
        for owner, _, target in schema.foreign_keys():
            if owner.full_name == name and target.full_name not in once:
                once.add(target.full_name)
                waiting.append(target.full_name)
    keys = {(owner.full_name, *key.columns) for owner, key, _ in schema.foreign_keys()}
    own = [side for on in query.on for side in (on.left, on.right) if side.table == table]
    referred = any((side.table.table, side.column) not in keys for side in own)
    return referred or any(other.table not in once for other in used)


def _is_exported(query: Select, schema: Schema, profile: Profile) -> bool:
    """Whether columns of a table without a key are listed that each repeat their values."""
    tables = {c.table.table for c in columns_of(query)} | {t.table for t in query.tables}
    if len(tables) != 1 or query.where is None:
        return False
    table = schema.table(min(tables))
    shown = [profile.of(table.full_name, item.column) if isinstance(item, ColumnRef) else None for item in query.items]
    return not table.primary_key and all(found and found.distinct < MOST_VALUES * found.rows for found in shown)


def without_repeated_conditions(query: Query) -> Query:
    """`query` with each of its conditions once."""
    if not isinstance(query, Select) or query.where is None:
        return query
    return replace(query, where=conjoined(tuple(dict.fromkeys(conjuncts(query.where)))))
