"""Days of the week that the question names: "on a weekend" is a condition on the date."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from ...core import Hints, Profile
from ..day_times import weekdays
from ..form import Called, Compare, Condition, Literally, Negated, Query, Select
from ..walk import condition_expressions, conjoined, conjuncts, expressions_in
from .periods import one_date

_WORKING = re.compile(r"\bweekdays\b|\b(?:working|business) days?\b|工作日", re.IGNORECASE)
_JOINED = re.compile(r"\s*(?:,|and|or|or on|&|和|或|、|与)?\s*", re.IGNORECASE)


def with_stated_weekdays(query: Query, question: str, profile: Profile, hints: Hints) -> Query:
    """`query` with the days that `question` names as a condition, if it says nothing of days of the week.

    Not where a column holds their names, nor for "Monday to Friday".
    """
    found = list(weekdays(question))
    if not found or not isinstance(query, Select) or query.source is not None:
        return query
    for (_, _, end), (_, start, _) in pairwise(found):
        if start >= end and not _JOINED.fullmatch(question[end:start]):
            return query
    spoken = {question[start:end] for _, start, end in found}
    if any(match.mention in spoken for match in hints.values) or _knows_weekdays(query):
        return query
    date = one_date(query, profile)
    if date is None:
        return query
    days = tuple(Literally(day, True) for day in sorted({day for day, _, _ in found}))
    weekday = Called("weekday", date)
    stated: Condition = Compare("=", weekday, days[0]) if len(days) == 1 else Compare("in", weekday, days)
    if _WORKING.search(question):
        stated = Negated(stated)
    return replace(query, where=conjoined((*conjuncts(query.where), stated)))


def _knows_weekdays(query: Select) -> bool:
    expressions = [e for item in (*query.items, *query.group) for e in expressions_in(item)]
    expressions += [e for part in conjuncts(query.where) for e in condition_expressions(part)]
    return any(isinstance(e, Called) and e.function == "weekday" for e in expressions)
