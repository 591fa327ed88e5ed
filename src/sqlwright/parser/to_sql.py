"""The pointer form to SQL in any of the four dialects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ..core import ColumnProfile, DateStorage, Dialect, Profile, Schema, qualified_name, quote_identifier, today_of
from .candidates import is_number
from .date_sql import DateSql, comparable, day_literal, elapsed, part, span, storage_of, truncated
from .form import (
    Aggregated,
    Between,
    Bucket,
    Called,
    ColumnRef,
    Compare,
    Computed,
    Concatenated,
    Condition,
    Elapsed,
    Exists,
    Expression,
    Filtered,
    IsNull,
    IsTrue,
    Joined,
    Literally,
    Negated,
    Now,
    OutputRef,
    Query,
    Select,
    Share,
    Span,
    TableRef,
    Windowed,
    Written,
)
from .joins import Step, derive, join_graph
from .tokens import DATE_PARTS, PERIODS
from .units import in_unit_of
from .walk import columns_of, expressions_in

_LIKE = {"contains": "%{}%", "starts": "{}%", "ends": "%{}", "like": "{}"}
_SET = {"union": "UNION", "union_all": "UNION ALL", "intersect": "INTERSECT", "except": "EXCEPT"}
_SCALES = {
    "times_100": "100.0 * {}",
    "per_100": "{} / 100.0",
    "per_1000": "{} / 1000.0",
    "per_60": "{} / 60.0",
    "per_3600": "{} / 3600.0",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the form leaves to the database: how columns store dates, flags and units, and what today is."""

    profile: Profile = Profile()  # noqa: RUF009  (frozen)
    today: dt.date = dt.date(2000, 1, 1)

    @classmethod
    def of(cls, profile: Profile, today: dt.date | None = None) -> Reading:
        """Today is the day after which the data has nothing more, where that is in the past."""
        return cls(profile, today_of(profile, today))


def render_form(query: Query, schema: Schema, dialect: Dialect | None = None, reading: Reading | None = None) -> str:
    """One line of SQL. Raises ValueError for a period that does not exist, and for groups of a window."""
    return _Writer(schema, dialect or schema.dialect, reading or Reading(today=dt.date.today())).query(query)


class _Writer:
    def __init__(self, schema: Schema, dialect: Dialect, reading: Reading) -> None:
        self.schema = schema
        self.dialect = dialect
        self.reading = reading

    def profile_of(self, ref: ColumnRef) -> ColumnProfile | None:
        return self.reading.profile.of(ref.table.table, ref.column)

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
        named = [*(c.table for c in columns_of(select)), *select.tables]
        # A left-joined table never comes first, whatever the query names first.
        needed = _in_order([*(t for t in named if t not in select.optional), *select.optional])
        self.steps = derive(needed, select.on, join_graph(writer.schema)) if not select.source else ()
        alone = len(self.steps) == 1
        self.aliases = {s.table: "" if alone else f"T{i}" for i, s in enumerate(self.steps, 1)}

    def text(self) -> str:
        if self.select.per:
            return self._ranked()
        if self._median() is not None:
            return self._of_medians()
        return " ".join(self._clauses())

    def _ranked(self) -> str:
        """The first rows of each group, by numbering the rows of each."""
        s = self.select
        orders = ", ".join(self.expression(o.value) + (" DESC" if o.descending else "") for o in s.order)
        groups = ", ".join(self.expression(e) for e in s.per)
        inner = _SelectWriter(self.writer, replace(s, per=(), order=(), limit=None, skip=0, distinct=False))
        inner.aliases, inner.steps = self.aliases, self.steps
        names = [self._output_name(i) for i in range(len(s.items))]
        items = [f"{sql} AS {name}" for sql, name in zip(self._items(), names, strict=True)]
        ordered = f" ORDER BY {orders}" if orders else ""
        items.append(f"ROW_NUMBER() OVER (PARTITION BY {groups}{ordered}) AS place")
        _, *rest = inner._clauses()
        first = f"place > {s.skip} AND " if s.skip else ""
        source = " ".join([f"SELECT {', '.join(items)}", *rest])
        return f"SELECT {', '.join(names)} FROM ({source}) AS ranked WHERE {first}place <= {s.skip + (s.limit or 1)}"

    def _output_name(self, place: int) -> str:
        """The column's own name, where only one output has it."""
        item = self.select.items[place]
        names = [i.column.casefold() for i in self.select.items if isinstance(i, ColumnRef)]
        if isinstance(item, ColumnRef) and item.column != "*" and names.count(item.column.casefold()) == 1:
            return self.writer.name(item.column)
        return f"c{place}"

    def _median(self) -> Aggregated | None:
        """The query's one median, where the engine has no such function."""
        if self.writer.dialect not in ("sqlite", "mysql"):
            return None
        found = [i for i in self.select.items if isinstance(i, Aggregated) and i.function == "median"]
        return found[0] if len(found) == 1 else None

    def _of_medians(self) -> str:
        """The mean of the middle values of each group, by numbering them. Ordering and HAVING are left out."""
        s, median = self.select, self._median()
        assert median is not None
        value, groups = self.expression(median.argument), [self.expression(g) for g in s.group]
        over = f"PARTITION BY {', '.join(groups)} " if groups else ""
        plain = [i for i in s.items if i is not median]
        names = {item: f"c{n}" for n, item in enumerate(plain)}
        items = [*(f"{self.expression(i)} AS {name}" for i, name in names.items()), f"{value} AS v"]
        items.append(f"ROW_NUMBER() OVER ({over}ORDER BY {value}) AS place, COUNT(*) OVER ({over.strip()}) AS n")
        present = Negated(IsNull(median.argument))
        where: Condition = Joined("and", (s.where, present)) if s.where else present
        bare = replace(s, where=where, group=(), having=None, order=(), limit=None)
        inner = _SelectWriter(self.writer, bare)
        inner.aliases, inner.steps = self.aliases, self.steps
        _, *rest = inner._clauses()
        source = " ".join([f"SELECT {', '.join(items)}", *rest])
        outputs = ", ".join("AVG(v)" if i is median else names[i] for i in s.items)
        half = "DIV" if self.writer.dialect == "mysql" else "/"
        middle = f"place IN ((n + 1) {half} 2, (n + 2) {half} 2)"
        grouped = f" GROUP BY {', '.join(names.values())}" if names else ""
        return f"SELECT {outputs} FROM ({source}) AS numbered WHERE {middle}{grouped}"

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
            yield f"GROUP BY {', '.join(self._grouping())}"
        if s.having:
            yield f"HAVING {self.condition(s.having)}"
        if s.order:
            orders = (self.expression(o.value) + (" DESC" if o.descending else "") for o in s.order)
            yield f"ORDER BY {', '.join(orders)}"
        if s.limit is not None:
            yield f"LIMIT {s.limit}" + (f" OFFSET {s.skip}" if s.skip else "")

    def _grouping(self) -> list[str]:
        """The grouping expressions, and the columns beside them that engines other than SQLite want named too."""
        s = self.select
        found = [self.expression(g) for g in s.group]
        if self.writer.dialect != "sqlite":
            plain = [e for e in (*s.items, *(o.value for o in s.order)) if isinstance(e, ColumnRef) and e.column != "*"]
            found += [sql for e in plain if (sql := self.expression(e)) not in found]
        return list(dict.fromkeys(found))

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
        alias = self.aliases[ref]
        name = qualified_name(self.writer.schema.table(ref.table), self.writer.dialect)
        return name + (f" AS {alias}" if alias else "")

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
            else:
                inner = self._filled(node.argument, inner)
            if node.function == "median" and self.writer.dialect == "postgres":
                return f"PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {inner})"
            return f"{node.function.upper()}({'DISTINCT ' if node.distinct else ''}{inner})"
        if isinstance(node, Computed):
            left = self._factor(node.left)
            if node.operator == "ratio":
                return f"{left} * 1.0 / NULLIF({self.expression(node.right)}, 0)"
            right = self.expression(node.right)
            return f"({left} {node.operator} {f'({right})' if _is_open(node.right) else right})"
        if isinstance(node, Called):
            return self._called(node)
        if isinstance(node, (Elapsed, Concatenated, Now, Share, Filtered, Windowed, Bucket)):
            return self._later(node)
        if isinstance(node, Written):
            return self._written(node)
        return f"({self.writer.query(node.query)})"

    def _written(self, node: Written) -> str:
        """In parentheses, so that it is one operand wherever it is written."""
        text = "".join(part if isinstance(part, str) else self._column(part) for part in node.parts)
        return f"({text})"

    def _factor(self, node: Expression) -> str:
        """What stands left of `*` or `/`, or right of `100.0 *`: a sum, a text or a whole quarter in parentheses."""
        sql = self.expression(node)
        sums = isinstance(node, Windowed) and node.function == "change"
        parts = isinstance(node, Called) and node.function in ("quarter", "weekday")
        return f"({sql})" if sums or parts or isinstance(node, Concatenated) else sql

    def _later(self, node: Elapsed | Concatenated | Now | Share | Filtered | Windowed | Bucket) -> str:
        dialect = self.writer.dialect
        if isinstance(node, Elapsed):
            return elapsed(node.function, self._date(node.start), self._date(node.end), dialect)
        if isinstance(node, Concatenated):
            left, right = self.expression(node.left), self.expression(node.right)
            return f"CONCAT({left}, ' ', {right})" if dialect == "mysql" else f"{left} || ' ' || {right}"
        if isinstance(node, Now):
            return day_literal(self.writer.reading.today, "iso_date")
        if isinstance(node, Share):
            return f"AVG(CASE WHEN {self.condition(node.condition)} THEN 1.0 ELSE 0 END)"
        if isinstance(node, Filtered):
            return self._filtered(node)
        if isinstance(node, Windowed):
            return self._windowed(node)
        return self._bucket(node)

    def _filtered(self, node: Filtered) -> str:
        aggregate, test = node.aggregate, self.condition(node.condition)
        argument = aggregate.argument
        rows = isinstance(argument, OutputRef) or (isinstance(argument, ColumnRef) and argument.column == "*")
        value = "1" if rows else self.expression(argument)
        other = " ELSE 0" if aggregate.function == "sum" else ""
        case = f"CASE WHEN {test} THEN {value}{other} END"
        return f"{aggregate.function.upper()}({'DISTINCT ' if aggregate.distinct else ''}{case})"

    def _windowed(self, node: Windowed) -> str:
        if any(isinstance(e, Windowed) for g in self.select.group for e in expressions_in(g)):
            raise ValueError("A window goes over groups, so it cannot be what rows are grouped by.")
        value = self.expression(node.argument)
        if node.function == "portion":
            return f"{value} * 1.0 / SUM({value}) OVER ()"
        order = self.expression(self.select.group[0]) if self.select.group else "1"
        if node.function == "running":
            return f"SUM({value}) OVER (ORDER BY {order})"
        before = f"LAG({value}) OVER (ORDER BY {order})"
        change = f"{value} - {before}"
        return change if node.function == "change" else f"({change}) * 1.0 / NULLIF({before}, 0)"

    def _bucket(self, node: Bucket) -> str:
        value = self.expression(node.value)
        bounds = [self._constant(b, node.value) for b in node.bounds]
        cases = [f"WHEN {value} IS NULL THEN NULL", f"WHEN {value} < {bounds[0]} THEN 'under {bounds[0]}'"]
        cases += [f"WHEN {value} < {high} THEN '{low} to {high}'" for low, high in pairwise(bounds)]
        return f"CASE {' '.join(cases)} ELSE '{bounds[-1]} or more' END"

    def _date(self, node: Expression) -> DateSql:
        """A date with its storage: that of the first column in it."""
        if isinstance(node, Now):
            today = self.expression(node)
            return DateSql(today, "iso_date") if self.writer.dialect == "sqlite" else DateSql(f"DATE {today}", "date")
        return DateSql(self.expression(node), self._storage(node))

    def _storage(self, node: Expression) -> DateStorage:
        for found in expressions_in(node):
            if isinstance(found, ColumnRef) and found.column != "*":
                column = self.writer.schema.table(found.table.table).column(found.column)
                return storage_of(column, self.writer.profile_of(found), self.writer.dialect)
        return "iso_timestamp"

    def _constant(self, node: Expression, beside: Expression) -> str:
        """A number in the unit of the column it is compared with."""
        if isinstance(node, Literally) and node.numeric:
            return in_unit_of(node, beside, self.writer.reading.profile)
        if isinstance(node, Now):
            return day_literal(self.writer.reading.today, self._storage(beside))
        return self.expression(node)

    def _column(self, ref: ColumnRef) -> str:
        alias = self.aliases.get(ref.table, "")
        name = "*" if ref.column == "*" else self.writer.name(ref.column)
        return f"{alias}.{name}" if alias else name

    def _called(self, node: Called) -> str:
        if node.function in DATE_PARTS:
            return part(node.function, self._date(node.argument), self.writer.dialect)
        if node.function in PERIODS:
            return truncated(node.function, self._date(node.argument), self.writer.dialect)
        if node.function in _SCALES:
            return _SCALES[node.function].format(self._factor(node.argument))
        inner = self.expression(node.argument)
        return f"{node.function.upper()}({inner})"

    def condition(self, node: Condition) -> str:
        if isinstance(node, Joined):
            parts = (self._part(p) for p in node.parts)
            return f" {node.operator.upper()} ".join(parts)
        if isinstance(node, Negated):
            return self._negated(node.condition)
        if isinstance(node, Between):
            low, high = self._constant(node.low, node.value), self._constant(node.high, node.value)
            return f"{self.expression(node.value)} BETWEEN {low} AND {high}"
        if isinstance(node, IsNull):
            return self._missing(node.value)
        if isinstance(node, IsTrue):
            return self._flag(node.value, True)
        if isinstance(node, Span):
            return span(
                node.operator, self._date(node.value), node.period, self.writer.dialect, self.writer.reading.today
            )
        if isinstance(node, Exists):
            return f"EXISTS ({self.writer.query(node.query)})"
        if isinstance(node, Written):
            return self._written(node)
        return self._compare(node)

    def _part(self, node: Condition) -> str:
        text = self.condition(node)
        return f"({text})" if isinstance(node, Joined) else text

    def _missing(self, value: Expression) -> str:
        """NULL, an empty string, or either: as the column stores what is missing."""
        sql = self.expression(value)
        profile = self.writer.profile_of(value) if isinstance(value, ColumnRef) else None
        signs = self._signs(profile)
        if profile is None or not signs:
            return f"{sql} IS NULL"
        test = f"{sql} = {signs[0]}" if len(signs) == 1 else f"{sql} IN ({', '.join(signs)})"
        return f"({sql} IS NULL OR {test})" if profile.null_share else test

    def _present(self, value: Expression) -> str:
        sql = self.expression(value)
        profile = self.writer.profile_of(value) if isinstance(value, ColumnRef) else None
        signs = self._signs(profile)
        if not signs:
            return f"{sql} IS NOT NULL"
        return f"{sql} <> {signs[0]}" if len(signs) == 1 else f"{sql} NOT IN ({', '.join(signs)})"

    def _signs(self, profile: ColumnProfile | None) -> list[str]:
        """What stands for a missing value besides NULL, as SQL: '' and such signs as '--'."""
        if profile is None:
            return []
        blank = [""] if profile.blank_share else []
        return [self._sign(text, profile) for text in (*blank, *profile.markers)]

    def _sign(self, text: str, profile: ColumnProfile) -> str:
        return text if profile.numeric and is_number(text) else _string(text, self.writer.dialect)

    def _filled(self, argument: Expression, sql: str) -> str:
        """What an aggregate takes of a column: NULL in place of the signs for a missing value, which are no amounts."""
        profile = self.writer.profile_of(argument) if isinstance(argument, ColumnRef) else None
        if profile is None:
            return sql
        for sign in profile.markers:
            sql = f"NULLIF({sql}, {self._sign(sign, profile)})"
        return sql

    def _flag(self, value: Expression, wanted: bool) -> str:
        sql = self.expression(value)
        profile = self.writer.profile_of(value) if isinstance(value, ColumnRef) else None
        stored = (profile.true_value if wanted else profile.false_value) if profile else ""
        if not stored:
            bare = self.writer.dialect in ("postgres", "duckdb")
            return f"{'' if wanted else 'NOT '}{sql}" if bare else f"{sql} = {int(wanted)}"
        if stored.casefold() in ("true", "false") and self.writer.dialect in ("postgres", "duckdb"):
            return sql if wanted else f"NOT {sql}"
        return f"{sql} = {stored if profile and profile.numeric else _string(stored, self.writer.dialect)}"

    def _negated(self, node: Condition) -> str:
        if isinstance(node, IsNull):
            return self._present(node.value)
        if isinstance(node, IsTrue):
            return self._flag(node.value, False)
        if isinstance(node, Compare) and (node.operator == "in" or node.operator in _LIKE):
            return self._compare(node, "NOT ")
        return f"NOT ({self.condition(node)})"

    def _compare(self, node: Compare, negation: str = "") -> str:
        left = self.expression(node.left)
        if isinstance(node.right, tuple):
            return f"{left} {negation}IN ({', '.join(self._constant(c, node.left) for c in node.right)})"
        if node.operator == "in":
            return f"{left} {negation}IN {self.expression(node.right)}"
        if node.operator in _LIKE and isinstance(node.right, Literally):
            pattern = _string(_LIKE[node.operator].format(node.right.text), self.writer.dialect)
            return f"{left} {negation}LIKE {pattern}"
        if days := self._as_days(node):
            return f"{days[0]} {node.operator} {days[1]}"
        return f"{left} {node.operator} {self._constant(node.right, node.left)}"

    def _as_days(self, node: Compare) -> tuple[str, str] | None:
        """Two columns with dates that are stored in different ways, as days or times that compare; else None."""
        columns = [side for side in (node.left, node.right) if isinstance(side, ColumnRef)]
        profiles = [self.writer.profile_of(column) for column in columns]
        if len(columns) < 2 or any(p is None or p.role != "date" for p in profiles):
            return None
        return comparable(self._date(columns[0]), self._date(columns[1]), self.writer.dialect)


def _is_open(node: Expression) -> bool:
    """Whether the SQL of `node` has operators outside any parentheses."""
    if isinstance(node, Computed):
        return node.operator == "ratio"
    if isinstance(node, Called):
        return node.function in _SCALES or node.function in ("quarter", "weekday")
    return isinstance(node, (Elapsed, Windowed, Concatenated))


def _in_order(tables: Sequence[TableRef]) -> list[TableRef]:
    """The uses of one table by number, each table in its places: FROM then numbers them as the form does."""
    waiting: dict[str, list[TableRef]] = {}
    for ref in sorted(dict.fromkeys(tables), key=lambda r: r.instance):
        waiting.setdefault(ref.table, []).append(ref)
    return [waiting[ref.table].pop(0) for ref in dict.fromkeys(tables)]


def _string(text: str, dialect: Dialect) -> str:
    if dialect == "mysql":
        text = text.replace("\\", "\\\\")
    return "'" + text.replace("'", "''") + "'"
