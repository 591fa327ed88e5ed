"""Cell values as keys that are equal exactly when the strict rule calls the values equal."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from decimal import Decimal
from typing import Any

from ..core import ResultTable

Key = Hashable
Rows = list[tuple[Key, ...]]

# Sums of doubles in another order differ by about n * 1e-16: 1e-9 forgives that on a million rows and nothing that
# a person would call another number. Near zero a relative tolerance forgives nothing, so there is an absolute one.
RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12


def canonical(*tables: ResultTable) -> list[Rows]:
    """The rows of each table as keys; the tables must be made together, since close numbers share one key.

    1, 1.0 and Decimal("1") are one number. Whole numbers must be equal exactly (identifiers may be long), others
    within the tolerances. NULL equals only NULL, a boolean only a boolean, NaN itself. Dates, times, timestamps
    and blobs go by value and type. Nothing is rounded: a rounded number is another number.
    """
    numbers = _number_keys(v for t in tables for row in t.rows for v in row)
    return [[tuple(_key(v, numbers) for v in row) for row in t.rows] for t in tables]


def _key(value: Any, numbers: dict[Any, Any]) -> Key:
    if value is None or isinstance(value, (str, bytes)):
        return value
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, (int, float, Decimal)):
        return numbers[value] if _orderable(value) else "not a number", "number"
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (list, tuple)):
        return ("array", tuple(_key(v, numbers) for v in value))
    if isinstance(value, dict):
        return ("object", frozenset((str(k), _key(v, numbers)) for k, v in value.items()))
    return value if isinstance(value, Hashable) else repr(value)


def _number_keys(values: Iterable[Any]) -> dict[Any, Any]:
    """Every number -> the smallest number that stands for it."""
    keys: dict[Any, Any] = {}
    first = None
    for number in sorted(set(_numbers(values))):
        if first is None or not _close(first, number):
            first = number
        keys[number] = first
    return keys


def _numbers(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _numbers(value)
        elif isinstance(value, dict):
            yield from _numbers(value.values())
        elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and _orderable(value):
            yield value


def _orderable(number: int | float | Decimal) -> bool:
    return not (number.is_nan() if isinstance(number, Decimal) else math.isnan(number))


def _close(low: Any, high: Any) -> bool:
    if _is_whole(low) and _is_whole(high):
        return bool(low == high)
    try:
        return math.isclose(float(low), float(high), rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    except OverflowError:
        return False


def _is_whole(number: Any) -> bool:
    return isinstance(number, int) or (math.isfinite(number) and number == int(number))


def map_values(table: ResultTable, change: Callable[[Any], Any]) -> ResultTable:
    """`table` with `change` applied to every cell."""
    return ResultTable(table.columns, tuple(tuple(change(v) for v in row) for row in table.rows), table.truncated)
