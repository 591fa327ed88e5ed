"""Which chart suits a result: decided from its types and shape alone, never from what a model wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..core import ResultTable, Value

ChartKind = Literal["bar", "line", "scatter"]

MAX_BARS = 30
MIN_POINTS = 20  # fewer pairs of numbers read better as a table
MAX_POINTS = 5_000
MAX_LABEL_CHARS = 40
MAX_LINES = 4

_NUMBERS = frozenset({"integer", "real", "decimal"})
_TIMES = frozenset({"date", "timestamp", "time"})
# Dates as SQLite holds them: 2026, 2026-01, 2026-01-31, with a time, 2026-W05, 2026-Q1.
_DATE_TEXT = re.compile(r"\d{4}(-(\d{2}|W\d{2}|Q[1-4])(-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?)?)?\Z")
_PERIOD = re.compile(r"(^|_|\b)(year|month|week|quarter|day|hour|weekday|年份?|月份?|季度|星期|小时)s?$", re.IGNORECASE)
_KEY = re.compile(r"(^|_)(id|no|code|key|zip|phone|year)$|编号$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chart:
    """`x` and `y` are names of columns, `x_index` and `y_indexes` their places: a name may come twice."""

    kind: ChartKind
    x: str
    y: tuple[str, ...]
    x_index: int
    y_indexes: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "x": self.x, "y": list(self.y)}


def chart_for(table: ResultTable) -> Chart | None:
    """A line along a time or another ordered column, bars for a few labelled numbers, a scatter of many pairs.

    None for everything else: one row, no number, a cut result, a column that holds a value twice where the axis needs
    it once.
    """
    if len(table.rows) < 2 or table.truncated is not None:
        return None
    types = table.column_types()
    columns = [[row[i] for row in table.rows] for i in range(len(types))]
    numbers = [i for i, kind in enumerate(types) if kind in _NUMBERS]
    times = [i for i, kind in enumerate(types) if _is_time(table.columns[i], kind, columns[i])]
    measures = [i for i in numbers if i not in times and not _KEY.search(table.columns[i])]
    if not measures:
        return None
    others = [i for i in range(len(types)) if i not in measures]
    if len(times) == 1 and others == times and _each_once(columns[times[0]]):
        return _chart("line", table, times[0], measures[:MAX_LINES])
    texts = [i for i in others if types[i] == "text" and i not in times]
    if len(texts) == 1 and len(others) == 1 and _are_labels(columns[texts[0]]):
        return _chart("bar", table, texts[0], measures[:MAX_LINES])
    if len(types) == len(measures) == 2 and MIN_POINTS <= len(table.rows) <= MAX_POINTS:
        return _chart("scatter", table, measures[0], measures[1:])
    return None


def _chart(kind: ChartKind, table: ResultTable, x: int, y: Sequence[int]) -> Chart:
    return Chart(kind, table.columns[x], tuple(table.columns[i] for i in y), x, tuple(y))


def _is_time(name: str, kind: str, values: Sequence[Value]) -> bool:
    if None in values:
        return False
    if kind in _TIMES:
        return True
    if kind == "integer":
        return _PERIOD.search(name) is not None
    return kind == "text" and all(_DATE_TEXT.match(str(v)) for v in values)


def _each_once(values: Sequence[Value]) -> bool:
    return len(set(map(str, values))) == len(values)


def _are_labels(values: Sequence[Value]) -> bool:
    if len(values) > MAX_BARS or None in values or not _each_once(values):
        return False
    return all(0 < len(str(v)) <= MAX_LABEL_CHARS for v in values)
