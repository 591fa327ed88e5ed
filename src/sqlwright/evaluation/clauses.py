"""A query taken apart into its clauses: slices for a report, and parts that two queries can be compared by."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from ..core import Dialect, Schema
from .parse import parse_query

_LIST = re.compile(r"\?(?:, \?)+")
Bag = frozenset[tuple[str, int]]  # texts with how often each is there

SLICES: dict[str, tuple[type[exp.Expr], ...]] = {
    "join": (exp.Join,),
    "where": (exp.Where,),
    "group": (exp.Group,),
    "having": (exp.Having,),
    "order": (exp.Order,),
    "limit": (exp.Limit, exp.Fetch),
    "distinct": (exp.Distinct,),
    "aggregate": (exp.AggFunc,),
    "window": (exp.Window,),
    "cte": (exp.CTE,),
    "or": (exp.Or,),
    "not": (exp.Not, exp.NEQ),
    "like": (exp.Like, exp.ILike),
    "between": (exp.Between,),
    "case": (exp.Case,),
    "union": (exp.Union,),
    "intersect": (exp.Intersect,),
    "except": (exp.Except,),
}


@dataclass(frozen=True, slots=True)
class Clauses:
    """Names in lower case, without table aliases and quotes, constants apart.

    `aggregates` are those of SELECT; `conditions` holds each comparison of WHERE and HAVING with "?" for its constants,
    `joins` the kinds of join and the pairs of columns they compare, `values` the constants of the whole query,
    `distinct` what DISTINCT stands before. `columns` alone tells which table a column is of, where the query says it.
    """

    tables: Bag
    set_operations: Bag
    select: Bag
    aggregates: Bag
    conditions: Bag
    values: Bag
    joins: Bag
    group: Bag
    order: tuple[str, ...]
    limit: str
    distinct: Bag
    columns: Bag


def clauses_of(sql: str, dialect: Dialect = "sqlite") -> frozenset[str]:
    """The slices of a report that `sql` belongs to: the keys of SLICES and "nested"; empty if it cannot be read."""
    tree = parse_query(sql, dialect)
    if tree is None:
        return frozenset()
    present = {type(node) for node in tree.walk()}
    found = {name for name, kinds in SLICES.items() if any(issubclass(kind, kinds) for kind in present)}
    if any(
        node is not tree and not isinstance(node.parent, (exp.SetOperation, exp.CTE))
        for node in tree.find_all(exp.Select)
    ):
        found.add("nested")
    return frozenset(found)


def table_count(sql: str, dialect: Dialect = "sqlite") -> int:
    """How many different tables `sql` names, common table expressions left out; 0 if it cannot be read."""
    tree = parse_query(sql, dialect)
    return 0 if tree is None else len(set(_tables(tree)))


def read_clauses(sql: str, dialect: Dialect, schema: Schema | None = None) -> Clauses | None:
    """None where `sql` cannot be read. With a schema, a quoted name that is no column counts as a string (SQLite)."""
    tree = parse_query(sql, dialect)
    if tree is None:
        return None
    names = {t.alias.lower(): t.name.lower() for t in tree.find_all(exp.Table) if t.alias}
    columns = _bag(f"{names.get(c.table.lower(), c.table.lower())}.{c.name.lower()}" for c in tree.find_all(exp.Column))
    tree = _plain(tree.copy(), schema)
    order, limit = tree.args.get("order"), tree.args.get("limit")
    conditions = [c for place in tree.find_all(exp.Where, exp.Having) for c in _comparisons(place)]
    pairs = [c for c in conditions if _is_pair(c)]
    return Clauses(
        tables=_bag(_tables(tree)),
        set_operations=_bag(type(n).__name__.lower() for n in tree.find_all(exp.SetOperation)),
        select=_bag(_text(s.unalias()).replace("distinct ", "") for s in tree.selects),
        aggregates=_bag(_aggregates(tree)),
        conditions=_bag(_shape(c) for c in conditions if not _is_pair(c)) | _bag("or" for _ in tree.find_all(exp.Or)),
        values=_bag(_value(v) for v in tree.find_all(exp.Literal) if not v.find_ancestor(exp.Limit, exp.Offset)),
        joins=_joins(tree, pairs),
        group=_bag(_text(e) for g in tree.find_all(exp.Group) for e in g.expressions),
        order=tuple(_text(o) for o in order.expressions) if order else (),
        limit=_text(limit.expression) if limit is not None and limit.expression else "",
        distinct=_bag(
            _text(d.parent) if isinstance(d.parent, exp.Func) else "rows" for d in tree.find_all(exp.Distinct)
        ),
        columns=columns,
    )


def _plain(tree: exp.Query, schema: Schema | None) -> exp.Query:
    """Without table aliases on columns and quotes, with SQLite's double-quoted strings as strings."""
    known = {c.name.lower() for t in schema for c in t.columns} if schema is not None else None
    for column in list(tree.find_all(exp.Column)):
        name = column.name
        quoted = isinstance(column.this, exp.Identifier) and column.this.quoted
        if quoted and not column.table and known is not None and name.lower() not in known:
            column.replace(exp.Literal.string(name))
        elif not isinstance(column.this, exp.Star):
            column.replace(exp.column(exp.to_identifier(name.lower(), quoted=False)))
    return tree


def _tables(tree: exp.Query) -> list[str]:
    common = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    return [t.name.lower() for t in tree.find_all(exp.Table) if t.name.lower() not in common]


def _comparisons(place: exp.Expr) -> Iterable[exp.Expr]:
    """The comparisons of one WHERE, HAVING or ON; those of a subquery belong to the subquery."""
    for node in place.find_all(exp.Predicate):
        own = node.find_ancestor(exp.Where, exp.Having, exp.Join) is place
        if own and not isinstance(node, (exp.Connector, exp.SubqueryPredicate)):
            yield node


def _aggregates(tree: exp.Query) -> Iterable[str]:
    for node in tree.find_all(exp.AggFunc):
        if not node.find_ancestor(exp.Having, exp.Order):
            yield _text(node).replace("distinct ", "")


def _is_pair(node: exp.Expr) -> bool:
    return isinstance(node, exp.EQ) and isinstance(node.left, exp.Column) and isinstance(node.right, exp.Column)


def _joins(tree: exp.Query, pairs: list[exp.Expr]) -> Bag:
    joins = list(tree.find_all(exp.Join))
    kinds = [j.side.lower() for j in joins if j.side]
    compared = [c for j in joins for c in _comparisons(j)]
    using = [f"{i.name.lower()} = {i.name.lower()}" for j in joins for i in j.args.get("using") or ()]
    return _bag([*kinds, *using, *(_pair_text(c) for c in [*compared, *pairs])])


def _pair_text(node: exp.Expr) -> str:
    return " = ".join(sorted((_text(node.left), _text(node.right)))) if _is_pair(node) else _text(node)  # type: ignore[attr-defined]


def _shape(node: exp.Expr) -> str:
    """A comparison without its constants and without what a subquery in it says."""
    copy = node.copy()
    for part in list(copy.find_all(exp.Query)):
        if part is not copy and part.parent is not None:
            part.replace(exp.Placeholder())
    for literal in copy.find_all(exp.Literal):  # changed in place: to replace one in a list costs its length
        literal.set("this", "?")
        literal.set("is_string", False)
    text = _LIST.sub("?", _text(copy))
    return f"not {text}" if isinstance(node.parent, exp.Not) else text


def _value(literal: exp.Literal) -> str:
    if literal.is_string:
        return repr(literal.name)
    try:
        return str(float(literal.name))
    except ValueError:
        return literal.name


def _text(node: exp.Expr) -> str:
    return node.sql().lower()


def _bag(texts: Iterable[str]) -> Bag:
    return frozenset(Counter(texts).items())
