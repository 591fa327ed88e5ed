"""Columns and counts that the question names beside others: the plate, make and model of each car."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Hints, Profile
from ...core.fold import fold, identifier_words, singular
from ..form import Aggregated, ColumnRef, Expression, Query, Select
from ..spelled import spans
from ..walk import columns_of, expressions_in

NAMED = 0.85  # score of a column that the question names, by its name or its comment
_BESIDE = re.compile(
    r"(?:\b(?:with|and|plus|including|incl\.|show)\b|[,:;&/])\s*(?:(?:the|their|its|his|her|also)\s+)*\Z|[、，：和及与]\s*\Z",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\s*(?:is|are|was|were|has|have|=|<|>|over|under|above|below|at|of|in|为|是|大于|小于|超过|\d)", re.IGNORECASE
)
_HOW_MANY = re.compile(
    r"\bhow many (?:\w+ )?(\w+)\b.*(?:\band\b|,)|(?:几|多少)(?:[个块家名位单笔条次张份台只])[^，、]*[，、和]",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"\b(?:average|avg|mean|total|sum|how (?:much|long)|worth)\b|平均|总|合计|多少", re.IGNORECASE)


def with_asked_columns(query: Query, question: str, hints: Hints, profile: Profile) -> Query:
    """`query` with the columns of its tables that the question lists beside others, where it lists rows.

    They stand after "with", "and", a colon or a comma, and the query does not use them elsewhere. Names are
    settled in `names`.
    """
    if not isinstance(query, Select) or query.source is not None or query.group or query.on or query.limit == 1:
        return query
    if any(not isinstance(item, ColumnRef) or item.column == "*" for item in query.items):
        return query
    items = list(query.items)
    used = {c.table.table: c.table for c in columns_of(query)} | {t.table: t for t in query.tables}
    taken = set(columns_of(query))
    for match in hints.names:
        if not match.column or match.score < NAMED or match.table not in used:
            continue
        column, found = ColumnRef(used[match.table], match.column), profile.of(match.table, match.column)
        if found and found.role == "name":
            continue
        others = [o for o in hints.names if o.mention == match.mention and o != match and o.score >= match.score]
        if column not in taken and not others and _is_listed(question, match.mention):
            items.append(column)
            taken.add(column)
    return query if len(items) == len(query.items) else replace(query, items=tuple(items))


def _is_listed(question: str, mention: str) -> bool:
    return any(
        _BESIDE.search(question[:start]) and not _COMPARED.match(question[end:])
        for start, end in spans(question, mention)
    )


def with_asked_count(query: Query, question: str) -> Query:
    """`query` with the number of rows beside an amount of each group, where the question asks for both.

    "How many rooms did each cleaner do, and how long on average".
    """
    if not isinstance(query, Select) or query.source is not None or len(query.group) != 1 or query.limit is not None:
        return query
    amounts = [n for item in query.items for n in expressions_in(item) if isinstance(n, Aggregated)]
    said = _HOW_MANY.search(question)
    if len(amounts) != 1 or amounts[0].function == "count" or not said or not _AMOUNT.search(question[said.end() :]):
        return query
    argument = amounts[0].argument
    if not isinstance(argument, ColumnRef) or argument.column == "*":
        return query
    words = {singular(word) for word in identifier_words(argument.column)}
    if said[1] and singular(fold(said[1])) in words:
        return query
    items: list[Expression] = list(query.items)
    at = next(i for i, item in enumerate(items) if amounts[0] in list(expressions_in(item)))
    items.insert(at, Aggregated("count", ColumnRef(argument.table, "*")))
    return replace(query, items=tuple(items))
