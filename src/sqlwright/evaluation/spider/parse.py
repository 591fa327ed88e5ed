"""Spider's subset of SQL, read as its script reads it, gaps included.

The grammar (github.com/taoyds/spider, process_sql.py) knows no CTE, output alias, comma join, outer join or `<>`.
It finds FROM by looking for the next such word, and stops without complaint at the first word after a complete query,
so that the rest may be anything. Both are kept here, since a published score depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...core import Schema
from .tokens import tokenize

CLAUSES = frozenset({"select", "from", "where", "group", "order", "limit", "intersect", "union", "except"})
JOINS = frozenset({"join", "on", "as"})
OPERATORS = ("not", "between", "=", ">", "<", ">=", "<=", "!=", "in", "like", "is", "exists")
UNIT_OPERATORS = ("none", "-", "+", "*", "/")
AGGREGATES = ("none", "max", "min", "count", "sum", "avg")
SET_OPERATORS = ("intersect", "union", "except")

ColumnUnit = tuple[str, str, Any]  # aggregate, column id, distinct (None once it no longer counts)
ValueUnit = tuple[str, ColumnUnit, Any]  # operator, left, right (ColumnUnit or None)
# A condition: [negated, operator, left ValueUnit, value, second value], joined by the words "and" and "or".
# A value is a float, a quoted string, a ColumnUnit, a Query, or None once it no longer counts.
Condition = tuple[bool, str, ValueUnit, Any, Any]


class SpiderSyntaxError(ValueError):
    """The grammar does not read this text."""


@dataclass(slots=True)
class Query:
    """One SELECT with the set operation that follows it. `order` is (direction, units), or () where there is none."""

    tables: list[tuple[str, Any]] = field(default_factory=list)  # ("table", id) or ("query", Query)
    joins: list[Any] = field(default_factory=list)
    distinct: bool | None = False
    select: list[tuple[str, ValueUnit]] = field(default_factory=list)
    where: list[Any] = field(default_factory=list)
    group: list[ColumnUnit] = field(default_factory=list)
    having: list[Any] = field(default_factory=list)
    order: tuple[Any, ...] = ()
    limit: bool = False
    set_operation: tuple[str, Query] | None = None


def parse(sql: str, schema: Schema) -> Query:
    """Raises SpiderSyntaxError for whatever Spider's script cannot read."""
    try:
        return _reader(tokenize(sql), schema).query(0)[1]
    except (IndexError, KeyError, ValueError, RecursionError) as error:
        raise SpiderSyntaxError(f"not in Spider's grammar: {sql[:80]!r}") from error


def column_id(table: str, column: str) -> str:
    return f"{table.lower()}.{column.lower()}"


def _reader(words: list[str], schema: Schema) -> _Reader:
    columns = {t.name.lower(): tuple(c.name.lower() for c in t.columns) for t in schema if not t.is_view}
    aliases = {words[i + 1]: words[i - 1] for i, word in enumerate(words) if word == "as"}
    _require(not aliases.keys() & columns.keys())
    return _Reader(words, columns, {**aliases, **{t: t for t in columns}})


@dataclass(frozen=True, slots=True)
class _Reader:
    """Recursive descent; each method takes a position and gives the next one with what it read.

    `tables` gives the table of every alias in the whole statement, and every table itself.
    """

    words: list[str]
    columns: dict[str, tuple[str, ...]]
    tables: dict[str, str]

    def at(self, i: int, *expected: str) -> bool:
        return i < len(self.words) and self.words[i] in expected

    def ends(self, i: int) -> bool:
        return i < len(self.words) and (self.words[i] in CLAUSES or self.words[i] in (")", ";"))

    def column(self, i: int, defaults: list[str]) -> tuple[int, str]:
        word = self.words[i]
        if word == "*":
            return i + 1, "*"
        if "." in word:
            alias, name = word.split(".")
            _require(name in self.columns[self.tables[alias]])
            return i + 1, column_id(self.tables[alias], name)
        for table in defaults:
            if word in self.columns[table]:
                return i + 1, column_id(table, word)
        raise SpiderSyntaxError(word)

    def column_unit(self, i: int, defaults: list[str]) -> tuple[int, ColumnUnit]:
        block = self.words[i] == "("
        i += block
        if self.words[i] in AGGREGATES:
            aggregate = self.words[i]
            _require(self.words[i + 1] == "(")
            distinct = self.words[i + 2] == "distinct"
            i, name = self.column(i + 2 + distinct, defaults)
            _require(self.words[i] == ")")
            return i + 1, (aggregate, name, distinct)  # an opening bracket before an aggregate stays open
        distinct = self.words[i] == "distinct"
        i, name = self.column(i + distinct, defaults)
        if block:
            _require(self.words[i] == ")")
        return i + block, ("none", name, distinct)

    def value_unit(self, i: int, defaults: list[str]) -> tuple[int, ValueUnit]:
        block = self.words[i] == "("
        i, left = self.column_unit(i + block, defaults)
        operator, right = "none", None
        if self.at(i, *UNIT_OPERATORS):
            operator = self.words[i]
            i, right = self.column_unit(i + 1, defaults)
        if block:
            _require(self.words[i] == ")")
        return i + block, (operator, left, right)

    def value(self, start: int, defaults: list[str]) -> tuple[int, Any]:
        block = self.words[start] == "("
        i = start + block
        result: Any
        if self.words[i] == "select":
            i, result = self.query(i)
        elif '"' in self.words[i]:
            i, result = i + 1, self.words[i]
        else:
            try:
                i, result = i + 1, float(self.words[i])
            except ValueError:
                i, result = self.column_value(start, i, defaults)
        if block:
            _require(self.words[i] == ")")
        return i + block, result

    def column_value(self, start: int, i: int, defaults: list[str]) -> tuple[int, ColumnUnit]:
        """A column as a value: what follows it up to the next bracket, comma, AND or clause is skipped."""
        while i < len(self.words) and not (
            self.words[i] in (",", ")", "and") or self.words[i] in CLAUSES or self.words[i] in JOINS
        ):
            i += 1
        return i, _Reader(self.words[start:i], self.columns, self.tables).column_unit(0, defaults)[1]

    def condition(self, i: int, defaults: list[str]) -> tuple[int, list[Any]]:
        """Without AND or OR between two conditions the script reads on, and so does this."""
        units: list[Any] = []
        while i < len(self.words):
            i, left = self.value_unit(i, defaults)
            negated = self.words[i] == "not"
            i += negated
            operator = self.words[i]
            _require(operator in OPERATORS)
            i, first = self.value(i + 1, defaults)
            second = None
            if operator == "between":
                _require(self.words[i] == "and")
                i, second = self.value(i + 1, defaults)
            units.append((negated, operator, left, first, second))
            if self.ends(i) or self.at(i, *JOINS):
                break
            if self.at(i, "and", "or"):
                units.append(self.words[i])
                i += 1
        return i, units

    def from_clause(self, start: int, query: Query) -> tuple[int, list[str]]:
        i = self.words.index("from", start) + 1
        defaults: list[str] = []
        while i < len(self.words):
            block = self.words[i] == "("
            i += block
            if self.words[i] == "select":
                i, nested = self.query(i)
                query.tables.append(("query", nested))
            else:
                i += self.words[i] == "join"
                table = self.tables[self.words[i]]
                _require(table in self.columns)
                i += 3 if self.at(i + 1, "as") else 1
                query.tables.append(("table", table))
                defaults.append(table)
            if self.at(i, "on"):
                i, units = self.condition(i + 1, defaults)
                query.joins += (["and"] if query.joins else []) + units
            if block:
                _require(self.words[i] == ")")
                i += 1
            if self.ends(i):
                break
        return i, defaults

    def select_clause(self, i: int, defaults: list[str], query: Query) -> None:
        _require(self.words[i] == "select")
        query.distinct = self.at(i + 1, "distinct")
        i += 1 + bool(query.distinct)
        while i < len(self.words) and self.words[i] not in CLAUSES:
            aggregate = self.words[i] if self.words[i] in AGGREGATES else "none"
            i, unit = self.value_unit(i + (self.words[i] in AGGREGATES), defaults)
            query.select.append((aggregate, unit))
            i += self.at(i, ",")

    def group_clause(self, i: int, defaults: list[str], query: Query) -> int:
        if not self.at(i, "group"):
            return i
        _require(self.words[i + 1] == "by")
        i += 2
        while i < len(self.words) and not self.ends(i):
            i, unit = self.column_unit(i, defaults)
            query.group.append(unit)
            if not self.at(i, ","):
                break
            i += 1
        return i

    def order_clause(self, i: int, defaults: list[str], query: Query) -> int:
        if not self.at(i, "order"):
            return i
        _require(self.words[i + 1] == "by")
        i += 2
        direction, units = "asc", []
        while i < len(self.words) and not self.ends(i):
            i, unit = self.value_unit(i, defaults)
            units.append(unit)
            if self.at(i, "asc", "desc"):
                direction = self.words[i]  # one direction for all keys: the last one written
                i += 1
            if not self.at(i, ","):
                break
            i += 1
        query.order = (direction, units)
        return i

    def query(self, start: int) -> tuple[int, Query]:
        query = Query()
        block = self.words[start] == "("
        i, defaults = self.from_clause(start, query)
        self.select_clause(start + block, defaults, query)
        if self.at(i, "where"):
            i, query.where = self.condition(i + 1, defaults)
        i = self.group_clause(i, defaults, query)
        if self.at(i, "having"):
            i, query.having = self.condition(i + 1, defaults)
        i = self.order_clause(i, defaults, query)
        if self.at(i, "limit"):
            query.limit = bool(self.words[i + 1])  # the number itself is never read
            i += 2
        i = self.skip_semicolons(i)
        if block:
            _require(self.words[i] == ")")
        i = self.skip_semicolons(i + block)
        if self.at(i, *SET_OPERATORS):
            operator = self.words[i]
            i, nested = self.query(i + 1)
            query.set_operation = (operator, nested)
        return i, query

    def skip_semicolons(self, i: int) -> int:
        while self.at(i, ";"):
            i += 1
        return i


def _require(condition: bool) -> None:
    if not condition:
        raise SpiderSyntaxError
