"""The pointer form to SQL in any of the four dialects."""

from __future__ import annotations

from collections.abc import Iterator

from ..core import Dialect, Schema, quote_identifier
from .form import (
    Aggregated,
    Between,
    Called,
    ColumnRef,
    Compare,
    Computed,
    Condition,
    Exists,
    Expression,
    IsNull,
    Joined,
    Literally,
    Negated,
    OutputRef,
    Query,
    Select,
    TableRef,
)
from .joins import Step, derive, join_graph
from .walk import columns_of

_LIKE = {"contains": "%{}%", "starts": "{}%", "ends": "%{}", "like": "{}"}
_SET = {"union": "UNION", "union_all": "UNION ALL", "intersect": "INTERSECT", "except": "EXCEPT"}
_PART = {"year": "%Y", "month": "%m"}


def render_form(query: Query, schema: Schema, dialect: Dialect | None = None) -> str:
    """One line of SQL."""
    return _Writer(schema, dialect or schema.dialect).query(query)


class _Writer:
    def __init__(self, schema: Schema, dialect: Dialect) -> None:
        self.schema = schema
        self.dialect = dialect

    def query(self, query: Query) -> str:
        if isinstance(query, Select):
            return _SelectWriter(self, query).text()
        return f"{self._side(query.left)} {_SET[query.operator]} {self._side(query.right)}"

    def _side(self, query: Query) -> str:
        """SQLite takes no parentheses around a side, so one that orders or is a set operation becomes a subquery."""
        text = self.query(query)
        if isinstance(query, Select) and not query.order and query.limit is None:
            return text
        return f"SELECT * FROM ({text}) AS side"

    def name(self, text: str) -> str:
        return quote_identifier(text, self.dialect)


class _SelectWriter:
    def __init__(self, writer: _Writer, select: Select) -> None:
        self.writer, self.select = writer, select
        needed = [*(c.table for c in columns_of(select)), *select.tables, *select.optional]
        self.steps = derive(needed, select.on, join_graph(writer.schema)) if not select.source else ()
        alone = len(self.steps) == 1
        self.aliases = {s.table: "" if alone else f"T{i}" for i, s in enumerate(self.steps, 1)}

    def text(self) -> str:
        return " ".join(self._clauses())

    def _clauses(self) -> Iterator[str]:
        s = self.select
        yield f"SELECT {'DISTINCT ' if s.distinct else ''}{', '.join(self._items())}"
        if s.source:
            yield f"FROM {self._derived_table(s.source)}"
        elif self.steps:
            yield f"FROM {self._table(self.steps[0].table)}"
            yield from (self._join(step) for step in self.steps[1:])
        if s.where:
            yield f"WHERE {self.condition(s.where)}"
        if s.group:
            yield f"GROUP BY {', '.join(self.expression(g) for g in s.group)}"
        if s.having:
            yield f"HAVING {self.condition(s.having)}"
        if s.order:
            orders = (self.expression(o.value) + (" DESC" if o.descending else "") for o in s.order)
            yield f"ORDER BY {', '.join(orders)}"
        if s.limit is not None:
            yield f"LIMIT {s.limit}"

    def _items(self) -> list[str]:
        stars = [i for i in self.select.items if isinstance(i, ColumnRef) and i.column == "*"]
        if len(stars) == len(self.select.items) == len(self.steps):
            return ["*"]
        return [self.expression(i) for i in self.select.items]

    def _derived_table(self, query: Query) -> str:
        """Outputs get names, so that the outer query can point at them."""
        if isinstance(query, Select):
            return f"({_SelectWriter(self.writer, query).with_names()}) AS derived"
        inner, first = self.writer.query(query), query.left
        while not isinstance(first, Select):
            first = first.left
        names = ", ".join(f"c{i}" for i in range(len(first.items)))
        return f"(WITH derived({names}) AS ({inner}) SELECT * FROM derived) AS derived"

    def with_names(self) -> str:
        items = [i if i == "*" or i.endswith(".*") else f"{i} AS c{n}" for n, i in enumerate(self._items())]
        _, *rest = self._clauses()
        return " ".join([f"SELECT {'DISTINCT ' if self.select.distinct else ''}{', '.join(items)}", *rest])

    def _table(self, ref: TableRef) -> str:
        table = self.writer.schema.table(ref.table)
        names = [n for n in (table.namespace, table.name) if n]
        alias = self.aliases[ref]
        return ".".join(self.writer.name(n) for n in names) + (f" AS {alias}" if alias else "")

    def _join(self, step: Step) -> str:
        kind = "LEFT JOIN" if step.table in self.select.optional else "JOIN"
        conditions = " AND ".join(f"{self.expression(o.left)} = {self.expression(o.right)}" for o in step.on)
        table = self._table(step.table)
        return f"{kind} {table} ON {conditions}" if conditions else f"CROSS JOIN {table}"

    def expression(self, node: Expression) -> str:
        if isinstance(node, ColumnRef):
            return self._column(node)
        if isinstance(node, OutputRef):
            return f"c{node.position}"
        if isinstance(node, Literally):
            return node.text if node.numeric else _string(node.text, self.writer.dialect)
        if isinstance(node, Aggregated):
            inner = self.expression(node.argument)
            if isinstance(node.argument, (ColumnRef, OutputRef)) and (
                isinstance(node.argument, OutputRef) or node.argument.column == "*"
            ):
                inner = "*" if node.function == "count" and not node.distinct else inner
            return f"{node.function.upper()}({'DISTINCT ' if node.distinct else ''}{inner})"
        if isinstance(node, Computed):
            return f"({self.expression(node.left)} {node.operator} {self.expression(node.right)})"
        if isinstance(node, Called):
            return self._called(node)
        return f"({self.writer.query(node.query)})"

    def _column(self, ref: ColumnRef) -> str:
        alias = self.aliases.get(ref.table, "")
        name = "*" if ref.column == "*" else self.writer.name(ref.column)
        return f"{alias}.{name}" if alias else name

    def _called(self, node: Called) -> str:
        inner = self.expression(node.argument)
        if node.function in _PART:
            if self.writer.dialect == "sqlite":
                return f"CAST(strftime('{_PART[node.function]}', {inner}) AS INTEGER)"
            return f"EXTRACT({node.function.upper()} FROM {inner})"
        return f"{node.function.upper()}({inner})"

    def condition(self, node: Condition) -> str:
        if isinstance(node, Joined):
            parts = (self._part(p) for p in node.parts)
            return f" {node.operator.upper()} ".join(parts)
        if isinstance(node, Negated):
            return self._negated(node.condition)
        if isinstance(node, Between):
            low, high = self.expression(node.low), self.expression(node.high)
            return f"{self.expression(node.value)} BETWEEN {low} AND {high}"
        if isinstance(node, IsNull):
            return f"{self.expression(node.value)} IS NULL"
        if isinstance(node, Exists):
            return f"EXISTS ({self.writer.query(node.query)})"
        return self._compare(node)

    def _part(self, node: Condition) -> str:
        text = self.condition(node)
        return f"({text})" if isinstance(node, Joined) else text

    def _negated(self, node: Condition) -> str:
        if isinstance(node, IsNull):
            return f"{self.expression(node.value)} IS NOT NULL"
        if isinstance(node, Compare) and (node.operator == "in" or node.operator in _LIKE):
            return self._compare(node, "NOT ")
        return f"NOT ({self.condition(node)})"

    def _compare(self, node: Compare, negation: str = "") -> str:
        left = self.expression(node.left)
        if isinstance(node.right, tuple):
            return f"{left} {negation}IN ({', '.join(self.expression(c) for c in node.right)})"
        if node.operator == "in":
            return f"{left} {negation}IN {self.expression(node.right)}"
        if node.operator in _LIKE and isinstance(node.right, Literally):
            pattern = _string(_LIKE[node.operator].format(node.right.text), self.writer.dialect)
            return f"{left} {negation}LIKE {pattern}"
        return f"{left} {node.operator} {self.expression(node.right)}"


def _string(text: str, dialect: Dialect) -> str:
    if dialect == "mysql":
        text = text.replace("\\", "\\\\")
    return "'" + text.replace("'", "''") + "'"
