"""What a query reads and keeps, in plain words, for the receipt beside its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..core import Dialect
from .normalize import is_quoted_value

if TYPE_CHECKING:
    from sqlglot import exp

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?([ T].*)?\Z")
_AGGREGATES = {"Sum": "sum of", "Avg": "average of", "Max": "highest", "Min": "lowest"}
_NUMBER_WORDS = {"GT": "is more than", "GTE": "is at least", "LT": "is less than", "LTE": "is at most"}
_DATE_WORDS = {"GT": "is after", "GTE": "is on or after", "LT": "is before", "LTE": "is on or before"}
_MIRROR = {"GT": "LT", "LT": "GT", "GTE": "LTE", "LTE": "GTE"}
_OPERATORS = {"EQ": "=", "NEQ": "!=", "Like": "like", "ILike": "ilike", "In": "in"}


class Constant(NamedTuple):
    """A text that a query compares a column with. `table` is "" where the query does not say which."""

    table: str
    column: str
    value: str
    operator: str


def tables_of(sql: str, dialect: Dialect) -> tuple[str, ...]:
    """The tables that `sql` reads, each once, in reading order and without its CTEs; () where it does not parse."""
    tree = _tree(sql, dialect)
    if tree is None:
        return ()
    from sqlglot import exp

    ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    names = [
        (f"{t.db}.{t.name}" if t.db else t.name)
        for t in tree.find_all(exp.Table, bfs=False)
        if t.name and (t.db or t.name.lower() not in ctes)
    ]
    return tuple(dict.fromkeys(names))


def filters_in_words(sql: str, dialect: Dialect) -> tuple[str, ...]:
    """Conditions, order and limit of the outermost query (of each part of a UNION), one short phrase each.

    Conditions that only join two tables are left out; what has no plain words is given as SQL.
    """
    tree = _tree(sql, dialect)
    if tree is None:
        return ()
    from sqlglot import exp

    words = _Words(dialect, tree)
    phrases: list[str] = []
    for select in _outer_selects(tree):
        for clause, prefix in (("where", ""), ("having", "only groups where ")):
            node = select.args.get(clause)
            phrases += [prefix + words.condition(c) for c in _conjuncts(node.this)] if node is not None else []
    if isinstance(tree, exp.Query):
        phrases += words.order(tree)
    return tuple(dict.fromkeys(p for p in phrases if p))


def constants(sql: str, dialect: Dialect) -> tuple[Constant, ...]:
    """Every `column = 'text'` and its like (!=, LIKE, IN), in subqueries too, with aliases resolved to tables."""
    tree = _tree(sql, dialect)
    if tree is None:
        return ()
    from sqlglot import exp

    found = []
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.Like, exp.ILike, exp.In, bfs=False):
        operator = ("not " if node.args.get("negate") else "") + _OPERATORS[type(node).__name__]
        sides = [node.this, *node.expressions] if isinstance(node, exp.In) else [node.this, node.expression]
        if _text(sides[0]) is not None and isinstance(sides[-1], exp.Column) and not is_quoted_value(sides[-1]):
            sides.reverse()  # 'x' = column
        column = sides[0]
        if isinstance(column, exp.Column):
            table = _table_of(column)
            found += [Constant(table, column.name, v, operator) for s in sides[1:] if (v := _text(s)) is not None]
    return tuple(dict.fromkeys(found))


def _tree(sql: str, dialect: Dialect) -> exp.Expr | None:
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError

    try:
        return parse_one(sql, dialect=dialect)
    except (SqlglotError, RecursionError, AttributeError, TypeError, ValueError):
        return None


def _text(node: object) -> str | None:
    """A string literal's value, also in SQLite's double quotes."""
    from sqlglot import exp

    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.this)
    if isinstance(node, exp.Column) and is_quoted_value(node):
        return node.name
    return None


def _table_of(column: exp.Column) -> str:
    """The table that `column` belongs to, as far as the query says: its qualifier, or the only one there is."""
    from sqlglot import exp

    scope: exp.Expr | None = column.find_ancestor(exp.Select)
    while scope is not None:
        joins = scope.args.get("joins") or []
        sources = [s.this for s in [scope.args.get("from_"), *joins] if s is not None]
        if not column.table:
            return sources[0].name if len(sources) == 1 and isinstance(sources[0], exp.Table) else ""
        for source in sources:
            if isinstance(source, exp.Table) and source.alias_or_name.lower() == column.table.lower():
                return source.name
        scope = scope.parent.find_ancestor(exp.Select) if scope.parent else None
    return ""


def _outer_selects(tree: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    if isinstance(tree, exp.SetOperation):
        yield from _outer_selects(tree.left)
        yield from _outer_selects(tree.right)
    elif isinstance(tree, exp.Subquery):
        yield from _outer_selects(tree.this)
    elif isinstance(tree, exp.Select):
        yield tree


def _conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    if isinstance(node, exp.And):
        yield from _conjuncts(node.this)
        yield from _conjuncts(node.expression)
    elif isinstance(node, exp.Paren) and isinstance(node.this, exp.And):
        yield from _conjuncts(node.this)
    else:
        yield node


class _Words:
    """Phrases for the nodes of one tree."""

    def __init__(self, dialect: Dialect, tree: exp.Expr) -> None:
        from sqlglot import exp

        self.dialect = dialect
        tables = list(tree.find_all(exp.Table))
        self.many = len({t.name.lower() for t in tables}) > 1

    def condition(self, node: exp.Expr, negated: bool = False) -> str:
        """Nothing for a condition that only joins two columns."""
        from sqlglot import exp

        if isinstance(node, exp.Paren):
            return self.condition(node.this, negated)
        if isinstance(node, exp.Not):
            return self.condition(node.this, not negated)
        if isinstance(node, (exp.And, exp.Or)) and not negated:
            word = " and " if isinstance(node, exp.And) else " or "
            return word.join(filter(None, (self.condition(node.this), self.condition(node.expression))))
        phrase = self._comparison(node, negated)
        return phrase if phrase is not None else ("not " if negated else "") + self._sql(node)

    def _comparison(self, node: exp.Expr, negated: bool) -> str | None:
        from sqlglot import exp

        negated = negated != bool(node.args.get("negate"))  # NOT LIKE
        no = " not" if negated else ""
        if isinstance(node, (exp.EQ, exp.NEQ)):
            return self._equality(node, negated != isinstance(node, exp.NEQ))
        if isinstance(node, (exp.GT, exp.GTE, exp.LT, exp.LTE)) and not negated:
            return self._order_comparison(node)
        if isinstance(node, (exp.Like, exp.ILike)):
            return self._like(node, negated)
        if isinstance(node, exp.In):
            if node.args.get("query") is not None:
                return f"{self.value(node.this)} is{no} among the results of another query"
            return f"{self.value(node.this)} is{no} one of {', '.join(map(self.value, node.expressions))}"
        if isinstance(node, exp.Between):
            low, high = self.value(node.args["low"]), self.value(node.args["high"])
            return f"{self.value(node.this)} is{no} between {low} and {high}"
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return f"{self.value(node.this)} has {'a' if negated else 'no'} value"
        if isinstance(node, exp.Exists):
            return f"there is {'no' if negated else 'a'} matching row in another query"
        return None

    def _equality(self, node: exp.Expr, negated: bool) -> str:
        from sqlglot import exp

        left, right = node.this, node.expression
        if (
            isinstance(left, exp.Column)
            and isinstance(right, exp.Column)
            and not is_quoted_value(right)
            and not negated
        ):
            return ""
        if isinstance(left, exp.Literal):
            left, right = right, left
        return f"{self.value(left)} is{' not' if negated else ''} {self.value(right)}"

    def _order_comparison(self, node: exp.Expr) -> str:
        from sqlglot import exp

        left, right, kind = node.this, node.expression, type(node).__name__
        if isinstance(left, exp.Literal):
            left, right, kind = right, left, _MIRROR[kind]
        text = _text(right)
        words = _DATE_WORDS if text is not None and _DATE.match(text) else _NUMBER_WORDS
        return f"{self.value(left)} {words[kind]} {text if words is _DATE_WORDS else self.value(right)}"

    def _like(self, node: exp.Expr, negated: bool) -> str:
        pattern = _text(node.expression)
        verbs = ("does not match", "does not contain", "does not start with", "does not end with")
        if not negated:
            verbs = ("matches", "contains", "starts with", "ends with")
        verb, shown = verbs[0], self.value(node.expression)
        core = pattern.strip("%") if pattern else ""
        if pattern and core and "%" not in core and "_" not in core:
            verb = verbs[(pattern != core) * ((not pattern.startswith("%")) + 2 * (not pattern.endswith("%")) + 1)]
            shown = f"'{core}'"
        return f"{self.value(node.this)} {verb} {shown}"

    def order(self, query: exp.Expr) -> list[str]:
        """Such as "top 5 by sum of price, highest first"."""
        order, limit = query.args.get("order"), query.args.get("limit")
        count = self._sql(limit.args.get("expression") or limit.args.get("count")) if limit is not None else ""
        offset = query.args.get("offset")
        skipping = f", after skipping {self._sql(offset.expression)}" if offset is not None else ""
        if order is None:
            return [f"first {count} rows{skipping}"] if count else []
        keys = [
            f"{self.value(key.this)}, {'highest' if key.args.get('desc') else 'lowest'} first"
            for key in order.expressions
        ]
        return [("top " + count + " by " if count else "sorted by ") + ", then ".join(keys) + skipping]

    def value(self, node: exp.Expr) -> str:
        from sqlglot import exp

        name = type(node).__name__
        text = _text(node)
        if text is not None:
            return f"'{text}'"
        if isinstance(node, exp.Column):
            table = _table_of(node) if self.many else ""
            return f"{table}.{node.name}" if table else node.name
        if isinstance(node, exp.Count):
            if isinstance(node.this, exp.Distinct):
                return "number of different " + ", ".join(map(self.value, node.this.expressions))
            return (
                "number of rows"
                if isinstance(node.this, (exp.Star, type(None)))
                else f"number of {self.value(node.this)}"
            )
        if name in _AGGREGATES and isinstance(node.this, exp.Expr):
            return f"{_AGGREGATES[name]} {self.value(node.this)}"
        if isinstance(node, exp.Subquery):
            return "the result of another query"
        return self._sql(node)

    def _sql(self, node: exp.Expr) -> str:
        return str(node.sql(dialect=self.dialect, comments=False))
