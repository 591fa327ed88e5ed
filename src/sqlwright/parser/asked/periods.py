"""Periods that the question names: "in 2023" is a condition, and it means the days of that year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...core import Profile
from ..find_periods import FoundPeriod, find_periods
from ..form import Between, ColumnRef, Compare, Condition, Joined, Literally, Query, Select, Span, SpanOperator
from ..walk import columns_of, condition_expressions, conjoined, conjuncts
from .dates import event_date, is_date

_WITHIN = re.compile(r"\b(?:in|during|throughout|within|over)\s+(?:the\s+)?(?:year\s+|month\s+of\s+)?\Z", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:before|after|since|until|till|through|by|from|as of|up to|prior to|earlier than|later than"
    r"|between|and|to|vs|versus|than)\s+(?:the\s+)?(?:year\s+)?\Z|(?:比|较|与|跟|同|截至|截止到?)\Z",
    re.IGNORECASE,
)
_OR_LATER = re.compile(r"\s*(?:or|and)\s+(?:earlier|later|before|after|since|onwards?)\b", re.IGNORECASE)
_LATER_CHINESE = re.compile(r"\s*年?[及或]?(?:之前|以前|前|之后|以后|后|以来|起|至今|到|至|与|和|比)")


def with_stated_period(query: Query, question: str, profile: Profile) -> Query:
    """`query` with the one period that `question` names as a condition, if it has no condition on a date.

    It is a condition on the date that the query uses, else on that of its only table. After "in" or "during" a period
    is the one in which the date lies, not one before or after it.
    """
    if not isinstance(query, Select) or query.source is not None:
        return query
    found = _longest(find_periods(question))
    if len(found) != 1:
        return query
    (period,) = found
    before, after = question[: period.start], question[period.end :]
    within = bool(_WITHIN.search(before)) or (not before.isascii() and not _LATER_CHINESE.match(after))
    if not within or _OTHER.search(before) or _OR_LATER.match(after):
        return query
    spans = [p for p in conjuncts(query.where) if isinstance(p, Span) and p.period == period.text]
    if len(spans) == 1:
        where = tuple(replace(p, operator="within") if p is spans[0] else p for p in conjuncts(query.where))
        return replace(query, where=conjoined(where))
    said = period.text, question[period.start : period.end]
    date = one_date(query, profile)
    if date is None or any(_is_compared(p, said) or _is_dated(p, profile) for p in conjuncts(query.where)):
        return query
    operator: SpanOperator = "within"
    where = (*conjuncts(query.where), Span(operator, date, period.text))
    return replace(query, where=conjoined(where))


def _longest(periods: tuple[FoundPeriod, ...]) -> list[FoundPeriod]:
    kept: list[FoundPeriod] = []
    for period in sorted(periods, key=lambda p: p.start - p.end):
        if not any(period.start < other.end and other.start < period.end for other in kept):
            kept.append(period)
    return kept


def _is_compared(part: Condition, texts: tuple[str, ...]) -> bool:
    """Whether a column is compared with the period as it is spelled: a month that is stored as 2026-05."""
    return isinstance(part, Compare) and isinstance(part.right, Literally) and part.right.text in texts


def _is_dated(part: Condition, profile: Profile) -> bool:
    if isinstance(part, Span):
        return True
    used: Iterator[ColumnRef] = (e for e in condition_expressions(part) if isinstance(e, ColumnRef))
    return isinstance(part, (Compare, Between, Joined)) and any(is_date(c, profile) for c in used)


def one_date(query: Select, profile: Profile) -> ColumnRef | None:
    """The one date that `query` uses, else that of its only table; None where it is not clear which is meant."""
    dates = {c for c in columns_of(query) if is_date(c, profile)}
    if dates:
        return min(dates, key=str) if len(dates) == 1 else None
    tables = {c.table for c in columns_of(query)} | set(query.tables)
    if len(tables) != 1 or query.group:
        return None
    (table,) = tables
    column = event_date(table, profile)
    return ColumnRef(table, column) if column else None
