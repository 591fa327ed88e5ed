"""What a query reads and keeps, in plain words, for the receipt beside its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Union

from ..core import Dialect, Language
from ..core.words import say
from .normalize import is_quoted_value
from .phrases import Phrases, table_of, text_of
from .reading import read_one, tree_of

if TYPE_CHECKING:
    from sqlglot import exp

    from ..core import Outcome

Query = Union[str, "exp.Expr"]  # a query as text or, where it was parsed before, as its tree

_WEEKDAY = re.compile(
    r"(?i:strftime\(\s*)'%w'|(?i:\bEXTRACT\(\s*(?:DOW|DAYOFWEEK)\b)|(?i:\bDAYOFWEEK\(.+\) - 1)"  # %W is a week
)
_OPERATORS = {"EQ": "=", "NEQ": "!=", "Like": "like", "ILike": "ilike", "In": "in"}


class Constant(NamedTuple):
    """A text that a query compares a column with. `table` is "" where the query does not say which."""

    table: str
    column: str
    value: str
    operator: str


def tables_of(query: Query, dialect: Dialect) -> tuple[str, ...]:
    """The tables that `query` reads, each once, in reading order and without its CTEs; () where it does not parse."""
    tree = parsed(query, dialect)
    return () if tree is None else tables_in(tree)


def tables_in(tree: exp.Expr) -> tuple[str, ...]:
    """`tables_of` for a parsed query."""
    from sqlglot import exp

    ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    names = [
        (f"{t.db}.{t.name}" if t.db else t.name)
        for t in tree.find_all(exp.Table, bfs=False)
        if t.name and t.arg_key != "indexed" and (t.db or t.name.lower() not in ctes)
    ]
    return tuple(dict.fromkeys(names))


def filters_in_words(query: Query, dialect: Dialect, language: Language = "en") -> tuple[str, ...]:
    """Conditions, order and limit of the outermost query (of each part of a UNION), one short phrase each.

    Conditions that only join two tables are left out; what has no plain words is given as SQL.
    """
    tree = parsed(query, dialect)
    if tree is None:
        return ()
    from sqlglot import exp

    words = Phrases(tree, dialect, language)
    phrases: list[str] = []
    for select in outer_selects(tree):
        where, having = select.args.get("where"), select.args.get("having")
        phrases += [words.condition(c) for c in conjuncts(where.this)] if where is not None else []
        phrases += (
            [say("groups", language, a=words.condition(c)) for c in conjuncts(having.this)]
            if having is not None
            else []
        )
    if isinstance(tree, exp.Query):
        phrases += words.order(tree)
    return tuple(dict.fromkeys(p for p in phrases if p))


def constants(query: Query, dialect: Dialect) -> tuple[Constant, ...]:
    """Every `column = 'text'` and its like (!=, LIKE, IN), in subqueries too, with aliases resolved to tables."""
    tree = parsed(query, dialect)
    if tree is None:
        return ()
    from sqlglot import exp

    found = []
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.Like, exp.ILike, exp.In, bfs=False):
        operator = ("not " if node.args.get("negate") else "") + _OPERATORS[type(node).__name__]
        sides = [node.this, *node.expressions] if isinstance(node, exp.In) else [node.this, node.expression]
        if text_of(sides[0]) is not None and isinstance(sides[-1], exp.Column) and not is_quoted_value(sides[-1]):
            sides.reverse()  # 'x' = column
        column = sides[0]
        if isinstance(column, exp.Column):
            table = table_of(column)
            found += [Constant(table, column.name, v, operator) for s in sides[1:] if (v := text_of(s)) is not None]
    return tuple(dict.fromkeys(found))


def cross_joined(query: Query, dialect: Dialect) -> tuple[str, ...]:
    """The tables of the first CROSS JOIN whose rows no condition connects; empty where there is none, or it is meant.

    A table of one row, such as a subquery, is joined so on purpose: only plain tables count.
    """
    from sqlglot import exp

    tree = parsed(query, dialect)
    for select in tree.find_all(exp.Select) if tree is not None else ():
        sources = [s.this for s in (select.args.get("from_"), *(select.args.get("joins") or [])) if s is not None]
        crossed = [j for j in select.args.get("joins") or [] if j.kind == "CROSS"]
        if crossed and select.args.get("where") is None and all(isinstance(s, exp.Table) for s in sources):
            return tuple(dict.fromkeys(source.name for source in sources))
    return ()


def shows_weekdays(query: Query, dialect: Dialect) -> bool:
    """Whether a column of the result is a day of the week as a number from 0, Sunday."""
    tree = parsed(query, dialect)
    selects = outer_selects(tree) if tree is not None else ()
    return any(_WEEKDAY.search(item.sql(dialect)) for select in selects for item in select.expressions)


def parsed(query: Query, dialect: Dialect) -> exp.Expr | None:
    """The tree of `query`; None where it does not parse. A tree is shared: copy it before changing it."""
    return read_one(query, dialect) if isinstance(query, str) else query


def query_of(outcome: Outcome, dialect: Dialect) -> Query:
    """What ran, as the tree that the guard made of it; the text where there is none."""
    return outcome.sql if outcome.statement is None else tree_of(outcome.statement, dialect) or outcome.sql


def outer_selects(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The SELECTs whose rows are the result: one, or the sides of set operations."""
    from sqlglot import exp

    if isinstance(tree, exp.SetOperation):
        yield from outer_selects(tree.left)
        yield from outer_selects(tree.right)
    elif isinstance(tree, exp.Subquery):
        yield from outer_selects(tree.this)
    elif isinstance(tree, exp.Select):
        yield tree


def conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that all have to hold."""
    from sqlglot import exp

    if isinstance(node, exp.And):
        yield from conjuncts(node.this)
        yield from conjuncts(node.expression)
    elif isinstance(node, exp.Paren) and isinstance(node.this, exp.And):
        yield from conjuncts(node.this)
    else:
        yield node
