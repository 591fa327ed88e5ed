"""Dates of the rows that the question names: builds per month are by the date of a build, not of its author."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Hints, Profile
from ...core.fold import fold, identifier_words, singular
from ..form import ColumnRef, Expression, Query, Select, TableRef
from ..walk import columns_of, expressions_in, transform

SAME_START = 4  # letters that the words for an event share: booked, bookings
NAMED = 0.55  # score of a table that the question names, also by an abbreviation
_OF_TIME = frozenset("date time timestamp datetime year month week hour day start end".split())
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


def with_date_of_event(query: Query, question: str, profile: Profile) -> Query:
    """`query` grouped by the date of what the question counts: deliveries per month by when they were delivered."""
    if not isinstance(query, Select) or query.source is not None or query.on or not query.group:
        return query
    grouped = {n for g in query.group for n in expressions_in(g) if isinstance(n, ColumnRef) and is_date(n, profile)}
    used = {c.table for c in columns_of(query)} | set(query.tables)
    said = [w for w in re.findall(r"[a-z]+", fold(question)) if len(w) >= SAME_START]
    events = [
        ColumnRef(table, column)
        for table in sorted(used, key=lambda t: (t.table, t.instance))
        for (owner, column), found in profile.columns.items()
        if owner == table.table and found.role == "date" and any(_same_event(column, word) for word in said)
    ]
    if len(grouped) != 1 or len(events) != 1 or grouped == set(events):
        return query
    (date,) = grouped

    def change(node: Expression) -> Expression:
        return events[0] if node == date else node

    changed = transform(query, change)
    if {c.table for c in columns_of(changed) if c.column != "*"} == {events[0].table}:
        rows = ColumnRef(events[0].table, "*")
        changed = transform(changed, lambda n: rows if isinstance(n, ColumnRef) and n.column == "*" else n)
        changed = replace(changed, tables=(events[0].table,))
    return changed


def _same_event(column: str, word: str) -> bool:
    """Whether they begin alike: delivered_ts and deliveries, booked_at and bookings."""
    own = [w for w in identifier_words(column) if w not in _OTHER_DATES and w not in _OF_TIME]
    event = any(w.endswith("ed") and len(w) >= SAME_START + 2 and word.startswith(w[:-2]) for w in own)
    return event or any(len(w) >= SAME_START and w == singular(word) for w in own)


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
