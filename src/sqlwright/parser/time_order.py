"""Groups of time in their order: months and years are read from the first to the last."""

from __future__ import annotations

from dataclasses import replace

from .form import Called, Ordering, Query, Select
from .tokens import DATE_PARTS, PERIODS


def in_time_order(query: Query) -> Query:
    """`query` with the first period of its groups as its order, where it names no order and keeps all groups."""
    if not isinstance(query, Select) or query.order or query.limit is not None or query.per:
        return query
    time = next((g for g in query.group if isinstance(g, Called) and g.function in (*DATE_PARTS, *PERIODS)), None)
    return replace(query, order=(Ordering(time),)) if time else query
