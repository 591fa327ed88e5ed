"""The highest amount of each group, where the network gives the row that has it: "highest hourly rate per grade"."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Hints
from ..form import Aggregated, ColumnRef, Query, Select
from .names import NAMED

_MOST = "highest|lowest|largest|smallest|biggest|greatest|longest|shortest|maximum|minimum|max|min|earliest|latest"
_OF_A_ROW = re.compile(r"\b(?:with|has|have|had|having|by|whose|of)\s+(?:the\s+|its\s+|their\s+)?\Z", re.IGNORECASE)
_WHICH = re.compile(r"\b(?:who|which|whose)\b|哪|谁", re.IGNORECASE)


def with_asked_extremes(query: Query, question: str, hints: Hints) -> Query:
    """`query` with the highest or lowest value of each group in place of the row that has it.

    So where the question names the ordering column right behind its superlative, and asks for no row ("which", "the
    product with the highest price").
    """
    if not isinstance(query, Select) or not query.per or query.limit != 1 or len(query.order) != 1 or query.group:
        return query
    (order,) = query.order
    value = order.value
    if query.source is not None or not isinstance(value, ColumnRef) or _WHICH.search(question):
        return query
    tables = {p.table for p in query.per if isinstance(p, ColumnRef)} - {value.table}
    labels = [i for i in query.items if i in query.per or (isinstance(i, ColumnRef) and i.table in tables)]
    mentions = {
        m.mention
        for m in hints.names
        if (m.table, m.column) == (value.table.table, value.column) and m.score >= NAMED and m.mention
    }
    if not labels or not any(_asks_for(question, mention) for mention in mentions):
        return query
    extreme = Aggregated("max" if order.descending else "min", value)
    return replace(query, items=(*labels, extreme), group=query.per, per=(), order=(), limit=None)


def _asks_for(question: str, mention: str) -> bool:
    name = re.escape(mention)
    for found in re.finditer(rf"\b(?:{_MOST})\s+(?:\w+\s+)?{name}(?!\w)", question, re.IGNORECASE):
        if not _OF_A_ROW.search(question[: found.start()]):
            return True
    return bool(re.search(rf"最[高低大小长短早晚]的?{name}(?!的)", question))
