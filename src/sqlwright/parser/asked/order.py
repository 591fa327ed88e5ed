"""The oldest comes first by a date of birth, and last by an age: the direction of an order by what the word means."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Profile
from ...core.fold import identifier_words
from ..form import ColumnRef, Expression, Ordering, Query, Select

_OLD = re.compile(r"\b(?:oldest|eldest|earliest)\b|最早|最老|年龄最大|年纪最大|最年长", re.IGNORECASE)
_NEW = re.compile(
    r"\b(?:youngest|newest|latest|most recent(?:ly)?)\b|最新|最近的|最晚|最年轻|年龄最小|年纪最小", re.IGNORECASE
)
_AGES = frozenset(("age", "ages", "年龄", "年纪"))


def in_asked_direction(query: Query, question: str, profile: Profile) -> Query:
    """`query` with the direction of its first order turned where it contradicts "oldest", "latest" and the like.

    Only a LIMIT makes the direction matter. A question with words of both kinds is left alone.
    """
    if not isinstance(query, Select) or not query.order or query.limit is None:
        return query
    old, new = bool(_OLD.search(question)), bool(_NEW.search(question))
    first, *rest = query.order
    kind = _kind(first.value, profile)
    if old == new or not kind:
        return query
    descending = new if kind == "date" else old
    return replace(query, order=(Ordering(first.value, descending), *rest))


def _kind(value: Expression, profile: Profile) -> str:
    """What the column holds: "date", "age" or "" for anything else."""
    if not isinstance(value, ColumnRef):
        return ""
    found = profile.of(value.table.table, value.column)
    if found and found.role == "date":
        return "date"
    return "age" if _AGES & set(identifier_words(value.column)) else ""
