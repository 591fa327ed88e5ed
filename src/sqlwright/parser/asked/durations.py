"""Durations that are compared with a number, in the unit that the question gives to the number: over 24 minutes."""

from __future__ import annotations

from dataclasses import replace

from ..form import Compare, Condition, Elapsed, Literally, Query, Select
from ..walk import transform_condition

_FUNCTIONS = {"s": "seconds_between", "min": "minutes_between", "h": "hours_between", "day": "days_between"}


def in_stated_durations(query: Query) -> Query:
    """`query` with each time between two dates in the unit of the number that it is compared with."""
    if not isinstance(query, Select):
        return query

    def stated(node: Condition) -> Condition:
        if not isinstance(node, Compare) or not isinstance(node.left, Elapsed) or not isinstance(node.right, Literally):
            return node
        function = _FUNCTIONS.get(node.right.unit)
        if function is None or node.left.function == "years_between":
            return node
        return replace(node, left=replace(node.left, function=function))

    where = transform_condition(query.where, stated) if query.where else None
    having = transform_condition(query.having, stated) if query.having else None
    return replace(query, where=where, having=having)
