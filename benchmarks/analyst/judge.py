"""Whether the rows of an answer hold the rows of the gold query."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Any, Literal

Verdict = Literal["right", "half", "wrong"]
Rows = Sequence[Sequence[Any]]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def verdict(gold: Rows, rows: Rows) -> Verdict:
    """Compare two results.

    "right": `rows` are the gold rows as a multiset, in any column order, further columns allowed.

    "half": as many rows, and some but not all gold columns are among their columns. Numbers are compared to three
    decimals, also where one side has them as text, and a time is compared by its day.
    """
    if len(gold) != len(rows):
        return "wrong"
    if not gold:
        return "right"
    wanted, given = _columns(gold), _columns(rows)
    places = [[i for i, column in enumerate(given) if Counter(column) == Counter(want)] for want in wanted]
    if not all(places):
        return "half" if any(places) else "wrong"
    multiset = Counter(zip(*wanted, strict=True))
    for chosen in product(*places):
        if len(set(chosen)) == len(chosen) and Counter(zip(*(given[i] for i in chosen), strict=True)) == multiset:
            return "right"
    return "wrong"


def _columns(rows: Rows) -> list[tuple[str, ...]]:
    return list(zip(*([_canonical(value) for value in row] for row in rows), strict=True))


def _canonical(value: Any) -> str:
    """Equal texts for equal values: 2, 2.0 and "2.0004" are one value."""
    if value is None:
        return "NULL"
    text = str(value)
    if found := _DATE.match(text):
        return found[0]
    try:
        return str(round(float(value), 3) + 0.0)  # + 0.0 turns -0.0 into 0.0
    except (TypeError, ValueError):
        return text
