"""Arguable near misses of a refused result: named and counted, never silently right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from ..core import ResultTable
from .columns import TooManySteps, match_columns
from .values import canonical, map_values

ROUNDINGS = range(5)  # decimals tried
MAX_ROWS = 5_000  # a larger result is compared once, not ten times


def near_misses(gold: ResultTable, predicted: ResultTable) -> tuple[str, ...]:
    """Which single allowance would make the two results equal, whatever the order of rows and columns.

    row_order, which then stands alone; letter_case; date_against_timestamp; percent: one is a hundred times the other;
    rounding: one is the other rounded; number_as_text; duplicates: equal as sets; extra_columns: the gold's are among
    the prediction's.
    """
    if gold.truncated or predicted.truncated or max(len(gold.rows), len(predicted.rows)) > MAX_ROWS:
        return ()
    if same_rows(gold, predicted):
        return ("row_order",)
    return tuple(name for name, test in _TESTS.items() if test(gold, predicted))


def same_rows(gold: ResultTable, predicted: ResultTable) -> bool:
    """Equal whatever the order of rows and columns."""
    return len(gold.columns) == len(predicted.columns) and _contains(gold, predicted)


def more_columns(gold: ResultTable, predicted: ResultTable) -> bool:
    """The gold's columns with others beside them."""
    return len(gold.columns) < len(predicted.columns) and _contains(gold, predicted)


def repeated_rows(gold: ResultTable, predicted: ResultTable) -> bool:
    """The same rows, some of them not as often."""
    left, right = (ResultTable(t.columns, tuple(_distinct(t))) for t in (gold, predicted))
    return len(gold.rows) != len(predicted.rows) and same_rows(left, right)


def _contains(gold: ResultTable, predicted: ResultTable) -> bool:
    if len(gold.rows) != len(predicted.rows):
        return False
    left, right = canonical(gold, predicted)
    try:
        return match_columns(left, right, len(gold.columns)) is not None
    except TooManySteps:
        return False


def _after(change: Callable[[Any], Any]) -> Callable[[ResultTable, ResultTable], bool]:
    return lambda gold, predicted: same_rows(map_values(gold, change), map_values(predicted, change))


def _fold(value: Any) -> Any:
    return " ".join(value.split()).casefold() if isinstance(value, str) else value


def _day(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    if isinstance(value, str) and value.endswith((" 00:00:00", "T00:00:00")):
        return value[:-9]
    return value


def _as_number(value: Any) -> Any:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _is_fraction(value: Any) -> bool:
    return isinstance(value, (float, Decimal)) and abs(float(value)) < 1e15  # False for NaN


def _percent(gold: ResultTable, predicted: ResultTable) -> bool:
    def times_100(value: Any) -> Any:
        return float(value) * 100 if isinstance(value, (int, float, Decimal)) and value else value

    return same_rows(map_values(gold, times_100), predicted) or same_rows(gold, map_values(predicted, times_100))


def _rounding(gold: ResultTable, predicted: ResultTable) -> bool:
    for digits in ROUNDINGS:

        def cut(value: Any, digits: int = digits) -> Any:
            return round(float(value), digits) if _is_fraction(value) else value

        rounded = map_values(gold, cut), map_values(predicted, cut)
        if same_rows(*rounded) and (same_rows(rounded[0], gold) or same_rows(rounded[1], predicted)):
            return True
    return False


def _distinct(table: ResultTable) -> Iterator[tuple[Any, ...]]:
    seen = set()
    for key, row in zip(canonical(table)[0], table.rows, strict=True):
        if key not in seen:
            seen.add(key)
            yield row


_TESTS: dict[str, Callable[[ResultTable, ResultTable], bool]] = {
    "letter_case": _after(_fold),
    "date_against_timestamp": _after(_day),
    "percent": _percent,
    "rounding": _rounding,
    "number_as_text": _after(_as_number),
    "duplicates": repeated_rows,
    "extra_columns": more_columns,
}
