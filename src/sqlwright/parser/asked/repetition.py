"""Rows without repetition, where the question says so in words, and conditions without repetition."""

from __future__ import annotations

import re
from dataclasses import replace

from ..form import Aggregated, Query, Select, Windowed
from ..walk import conjoined, conjuncts, expressions_in

_ONCE = re.compile(
    r"\b(?:distinct|unique|only once|no duplicates|without duplicates|without repetition)\b|不重复|去重|去除重复",
    re.IGNORECASE,
)


def without_repetition(query: Query, question: str) -> Query:
    """`query` with DISTINCT where it lists rows and `question` asks for each of them once."""
    if not isinstance(query, Select) or query.distinct or query.group or query.limit is not None or query.order:
        return query
    if not _ONCE.search(question):
        return query
    computed = any(isinstance(n, (Aggregated, Windowed)) for item in query.items for n in expressions_in(item))
    return query if computed else replace(query, distinct=True)


def without_repeated_conditions(query: Query) -> Query:
    """`query` with each of its conditions once."""
    if not isinstance(query, Select) or query.where is None:
        return query
    return replace(query, where=conjoined(tuple(dict.fromkeys(conjuncts(query.where)))))
