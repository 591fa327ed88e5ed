"""Dates of the rows that the question names: builds per month are by the date of a build, not of its author."""

from __future__ import annotations

from dataclasses import replace

from ..core import Hints, Profile
from ..core.fold import identifier_words
from .form import ColumnRef, Expression, Query, Select, TableRef
from .walk import columns_of, transform

NAMED = 0.55  # score of a table that the question names, also by an abbreviation
_OTHER_DATES = frozenset(
    "created updated modified changed imported synced birth born birthday dob due deadline expires expiry"
    " 创建 更新 修改 出生 到期".split()
)


def with_own_dates(query: Query, hints: Hints, profile: Profile) -> Query:
    """`query` with a date of the one table that the question names in place of that of a table it does not name.

    Only where no other column of the table with the date is used, so that the table is no longer needed.
    """
    if not isinstance(query, Select) or query.source is not None or query.on or query.optional:
        return query
    used = list(columns_of(query))
    tables = {c.table for c in used} | set(query.tables)
    named = {m.table for m in hints.names if not m.column and m.score >= NAMED}
    named_columns = {(m.table, m.column) for m in hints.names if m.column and m.mention and m.score >= NAMED}
    own = [t for t in tables if t.table in named]
    foreign = {c for c in used if is_date(c, profile) and c.table.table not in named}
    if len(own) != 1 or len(foreign) != 1 or any(is_date(c, profile) for c in used if c.table in own):
        return query
    (date,) = foreign
    rest = [c for c in used if c.table == date.table and c != date]
    if rest or (date.table.table, date.column) in named_columns:
        return query
    column = event_date(own[0], profile)
    if not column:
        return query

    def change(node: Expression) -> Expression:
        return ColumnRef(own[0], column) if node == date else node

    changed = transform(query, change)
    kept = tuple(t for t in query.tables if t != date.table)
    return replace(changed, tables=kept)


def is_date(column: ColumnRef, profile: Profile) -> bool:
    found = profile.of(column.table.table, column.column)
    return found is not None and found.role == "date" and found.date_storage != "year"


def event_date(table: TableRef, profile: Profile) -> str:
    """The first date of a table that says when its rows happened; "" for none."""
    dates = [
        column
        for (owner, column), found in profile.columns.items()
        if owner == table.table and found.role == "date" and found.date_storage != "year"
    ]
    chinese = [word for word in _OTHER_DATES if not word.isascii()]
    own = [c for c in dates if not _OTHER_DATES & set(identifier_words(c)) and not any(w in c for w in chinese)]
    return next(iter((*own, *dates)), "")
