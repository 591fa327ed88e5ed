"""The alphabet of the pointer form: about a hundred words, and pointers at tables, columns, values and periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

AGGREGATES = ("count", "sum", "avg", "min", "max", "median")
ARITHMETIC = ("+", "-", "*", "/", "ratio")  # `ratio` divides without rounding; by zero gives NULL
FUNCTIONS = ("lower", "upper", "length", "abs", "round")
DATE_PARTS = ("year", "quarter", "month", "week", "day", "weekday", "hour")  # numbers
PERIODS = ("by_quarter", "by_month", "by_week", "by_day", "by_hour")  # the period that a date lies in
SCALES = ("times_100", "per_100", "per_1000", "per_60", "per_3600")  # percentages, cents, milliseconds, minutes, hours
ELAPSED = ("years_between", "days_between", "hours_between", "minutes_between", "seconds_between")
WINDOWS = ("portion", "running", "change", "growth")  # of an aggregate, over the groups of the query
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "like", "contains", "starts", "ends")
SPANS = ("within", "before", "after", "since", "until")  # a date against a period
SET_OPERATORS = ("union", "union_all", "intersect", "except")
OUTPUTS = tuple(f"out{i}" for i in range(8))
INSTANCES = ("second", "third", "fourth")
# `one` is the constant 1: LIMIT 1 is the commonest number that no question spells.
WORDS = (
    *("select", "distinct", "from", "left", "on", "source", "where", "and", "or", "not", "(", ")", "in", "between"),
    *("null", "exists", "group", "having", "order", "desc", "limit", "one", "end"),
    *("count", "sum", "avg", "min", "max"),
    *("+", "-", "*", "/"),
    *("lower", "upper", "length", "abs", "round", "year", "month"),
    *COMPARISONS,
    *SET_OPERATORS,
    *OUTPUTS,
    *INSTANCES,
    "unanswerable",  # a whole sequence of its own: the schema does not hold the answer
    # Later words follow here, so that weights trained with the earlier ones keep their places.
    *("median", "ratio", "quarter", "week", "day", "weekday", "hour"),
    *PERIODS,
    *SCALES,
    *ELAPSED,
    *WINDOWS,
    *SPANS,
    *("true", "share", "filter", "concat", "now", "per", "skip", "bucket"),
)


@dataclass(frozen=True, slots=True)
class TablePointer:
    table: str


@dataclass(frozen=True, slots=True)
class ColumnPointer:
    table: str
    column: str


@dataclass(frozen=True, slots=True)
class ValuePointer:
    """`unit` is that of a number in the question ("5 minutes"), "" where it has none."""

    text: str
    numeric: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class PeriodPointer:
    """A stretch of time that the question names, in the notation of `period`: 2023, 2023-Q4, last 30 days."""

    text: str


Token: TypeAlias = "str | TablePointer | ColumnPointer | ValuePointer | PeriodPointer"  # noqa: S105
