"""Plain words for the nodes of a query: conditions, orders, values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..core import Dialect, Language
from ..core.words import listed, say
from .normalize import is_quoted_value

if TYPE_CHECKING:
    from sqlglot import exp

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?([ T].*)?\Z")
_AGGREGATES = {"Sum": "sum", "Avg": "avg", "Max": "max", "Min": "min"}
_NUMBERS = {"GT": "more", "GTE": "at_least", "LT": "less", "LTE": "at_most"}
_DATES = {"GT": "after", "GTE": "on_or_after", "LT": "before", "LTE": "on_or_before"}
_MIRROR = {"GT": "LT", "LT": "GT", "GTE": "LTE", "LTE": "GTE"}


class Phrases:
    """Phrases for the nodes of one `tree`; columns get their table's name where it reads several."""

    def __init__(self, tree: exp.Expr, dialect: Dialect, language: Language = "en") -> None:
        from sqlglot import exp

        self.dialect, self.language = dialect, language
        self.many = len({t.name.lower() for t in tree.find_all(exp.Table)}) > 1

    def condition(self, node: exp.Expr, negated: bool = False) -> str:
        """Nothing for a condition that only joins two columns."""
        from sqlglot import exp

        if isinstance(node, exp.Paren):
            return self.condition(node.this, negated)
        if isinstance(node, exp.Not):
            return self.condition(node.this, not negated)
        if isinstance(node, (exp.And, exp.Or)) and not negated:
            parts = [p for p in (self.condition(node.this), self.condition(node.expression)) if p]
            word = "and" if isinstance(node, exp.And) else "or"
            return self._say(word, a=parts[0], b=parts[1]) if len(parts) > 1 else "".join(parts)
        phrase = self._comparison(node, negated)
        if phrase is not None:
            return phrase
        return self._say("not", a=self.sql(node)) if negated else self.sql(node)

    def order(self, query: exp.Expr) -> list[str]:
        """Such as "top 5 by sum of price, highest first"."""
        keys, count, skipping = self.keys(query), self.count(query), self.skipping(query)
        if not keys:
            return [self._say("first", n=count, skipping=skipping)] if count else []
        return [self._say("top" if count else "sorted", n=count, keys=keys, skipping=skipping)]

    def keys(self, query: exp.Expr) -> str:
        """What the rows are ordered by; "" where they are not."""
        order = query.args.get("order")
        keys = order.expressions if order is not None else []
        phrases = (self._say("highest" if key.args.get("desc") else "lowest", a=self.value(key.this)) for key in keys)
        return self._say("then").join(phrases)

    def count(self, query: exp.Expr) -> str:
        """How many rows LIMIT or FETCH keep; "" where they keep all."""
        limit = query.args.get("limit")
        return self.sql(limit.args.get("expression") or limit.args.get("count")) if limit is not None else ""

    def skipping(self, query: exp.Expr) -> str:
        offset = query.args.get("offset")
        return self._say("skipping", n=self.sql(offset.expression)) if offset is not None else ""

    def value(self, node: exp.Expr) -> str:
        from sqlglot import exp

        name = type(node).__name__
        text = text_of(node)
        if text is not None:
            return f"'{text}'"
        if isinstance(node, exp.Alias):
            return self.value(node.this)
        if isinstance(node, exp.Column):
            table = table_of(node) if self.many else ""
            return f"{table}.{node.name}" if table else node.name
        if isinstance(node, exp.Count):
            if isinstance(node.this, exp.Distinct):
                return self._say("count_distinct", a=self._listed(node.this.expressions))
            if isinstance(node.this, (exp.Star, type(None))):
                return self._say("rows")
            return self._say("count", a=self.value(node.this))
        if name in _AGGREGATES and isinstance(node.this, exp.Expr):
            return self._say(_AGGREGATES[name], a=self.value(node.this))
        if isinstance(node, exp.Subquery):
            return self._say("subquery")
        return self.sql(node)

    def sql(self, node: exp.Expr) -> str:
        return str(node.sql(dialect=self.dialect, comments=False))

    def _comparison(self, node: exp.Expr, negated: bool) -> str | None:
        from sqlglot import exp

        negated = negated != bool(node.args.get("negate"))  # NOT LIKE
        no = "not_" if negated else ""
        if isinstance(node, (exp.EQ, exp.NEQ)):
            return self._equality(node, negated != isinstance(node, exp.NEQ))
        if isinstance(node, (exp.GT, exp.GTE, exp.LT, exp.LTE)) and not negated:
            return self._order_comparison(node)
        if isinstance(node, (exp.Like, exp.ILike)):
            return self._like(node, no)
        if isinstance(node, exp.In):
            if node.args.get("query") is not None:
                return self._say(f"{no}in_query", a=self.value(node.this))
            return self._say(f"{no}in", a=self.value(node.this), b=self._listed(node.expressions))
        if isinstance(node, exp.Between):
            low, high = self.value(node.args["low"]), self.value(node.args["high"])
            return self._say(f"{no}between", a=self.value(node.this), b=low, c=high)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return self._say(f"{no}null", a=self.value(node.this))
        if isinstance(node, exp.Exists):
            return self._say(f"{no}exists")
        return None

    def _equality(self, node: exp.Expr, negated: bool) -> str:
        from sqlglot import exp

        left, right = node.this, node.expression
        if joins_columns(node) and not negated:
            return ""
        if isinstance(left, exp.Literal):
            left, right = right, left
        return self._say("is_not" if negated else "is", a=self.value(left), b=self.value(right))

    def _order_comparison(self, node: exp.Expr) -> str:
        from sqlglot import exp

        left, right, kind = node.this, node.expression, type(node).__name__
        if isinstance(left, exp.Literal):
            left, right, kind = right, left, _MIRROR[kind]
        text = text_of(right)
        if text is not None and _DATE.match(text):
            return self._say(_DATES[kind], a=self.value(left), b=text)
        return self._say(_NUMBERS[kind], a=self.value(left), b=self.value(right))

    def _like(self, node: exp.Expr, no: str) -> str:
        pattern = text_of(node.expression)
        verb, shown = "matches", self.value(node.expression)
        core = pattern.strip("%") if pattern else ""
        if pattern and core and pattern != core and "%" not in core and "_" not in core:
            starts, ends = not pattern.startswith("%"), not pattern.endswith("%")
            verb = "starts" if starts else "ends" if ends else "contains"
            shown = f"'{core}'"
        return self._say(no + verb, a=self.value(node.this), b=shown)

    def _listed(self, nodes: list[exp.Expr]) -> str:
        return listed(map(self.value, nodes), self.language)

    def _say(self, code: str, **facts: object) -> str:
        return say(code, self.language, **facts)


def text_of(node: object) -> str | None:
    """A string literal's value, also in SQLite's double quotes."""
    from sqlglot import exp

    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.this)
    if isinstance(node, exp.Column) and is_quoted_value(node):
        return node.name
    return None


def table_of(column: exp.Column) -> str:
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


def joins_columns(node: exp.Expr) -> bool:
    """An equation of two columns: how tables are joined."""
    from sqlglot import exp

    sides = (node.this, node.expression)
    return isinstance(node, exp.EQ) and all(isinstance(s, exp.Column) and not is_quoted_value(s) for s in sides)
