"""Running totals and changes: beside each stands the amount itself, and neither is forgotten."""

from __future__ import annotations

import re
from dataclasses import replace

from ..form import Aggregated, Called, Computed, Expression, Query, Select, Window, Windowed
from ..tokens import DATE_PARTS, PERIODS
from ..walk import expressions_in

_RUNNING = re.compile(r"\brunning (?:total|sum|count)s?\b|\bcumulative(?:ly)?\b|\bso far\b|累计|累积", re.IGNORECASE)
_CHANGE = re.compile(
    r"\b(?:change|difference|diff|increase|growth|up or down|more or less)\b.*"
    r"\b(?:previous|prior|before|last|from month to month|from year to year)\b"
    r"|\b(?:month over month|year over year|mom|yoy)\b|环比|比上个?[月年季]|与上个?[月年季].*(?:相比|变化|增减)",
    re.IGNORECASE,
)
_SHOWN = ("running", "change", "growth")


def with_asked_windows(query: Query, question: str) -> Query:
    """`query` with the running total or the change that `question` asks for, and with the amount it is made of."""
    if not isinstance(query, Select) or query.source is not None or not query.group:
        return query
    windows = [n for item in query.items for n in expressions_in(item) if isinstance(n, Windowed)]
    if windows:
        return _with_amounts(query)
    wanted: Window | None = "running" if _RUNNING.search(question) else "change" if _CHANGE.search(question) else None
    amounts = [item for item in query.items if _is_amount(item)]
    by_time = any(isinstance(g, Called) and g.function in (*DATE_PARTS, *PERIODS) for g in query.group)
    if wanted is None or len(amounts) != 1 or not by_time or query.limit is not None:
        return query
    return replace(query, items=(*query.items, Windowed(wanted, amounts[0])))


def _with_amounts(query: Select) -> Select:
    items: list[Expression] = []
    for item in query.items:
        shown = isinstance(item, Windowed) and item.function in _SHOWN
        if shown and isinstance(item, Windowed) and item.argument not in query.items:
            items.append(item.argument)
        items.append(item)
    return replace(query, items=tuple(items))


def _is_amount(item: Expression) -> bool:
    return isinstance(item, (Aggregated, Called, Computed)) and any(
        isinstance(n, Aggregated) for n in expressions_in(item)
    )
