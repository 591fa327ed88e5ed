"""The alphabet of the pointer form: some sixty words, and pointers at tables, columns and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

AGGREGATES = ("count", "sum", "avg", "min", "max")
ARITHMETIC = ("+", "-", "*", "/")
FUNCTIONS = ("lower", "upper", "length", "abs", "round", "year", "month")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "like", "contains", "starts", "ends")
SET_OPERATORS = ("union", "union_all", "intersect", "except")
OUTPUTS = tuple(f"out{i}" for i in range(8))
INSTANCES = ("second", "third", "fourth")
# `one` is the constant 1: LIMIT 1 is the commonest number that no question spells.
WORDS = (
    *("select", "distinct", "from", "left", "on", "source", "where", "and", "or", "not", "(", ")", "in", "between"),
    *("null", "exists", "group", "having", "order", "desc", "limit", "one", "end"),
    *AGGREGATES,
    *ARITHMETIC,
    *FUNCTIONS,
    *COMPARISONS,
    *SET_OPERATORS,
    *OUTPUTS,
    *INSTANCES,
    "unanswerable",  # a whole sequence of its own: the schema does not hold the answer
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
    text: str
    numeric: bool = False


Token: TypeAlias = "str | TablePointer | ColumnPointer | ValuePointer"  # noqa: S105
