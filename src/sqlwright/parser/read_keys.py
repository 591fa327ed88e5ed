"""Rows with and without partners to the form: correlated EXISTS and LEFT JOIN ... IS NULL become [NOT] IN.

NOT IN is NULL where a NULL is on either side. So a key that may be NULL is left out of the inner query, and SQL whose
outer key may be NULL is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from .form import Compare, Condition, Exists, Expression, IsNull, Joined, Negated, Nested, Select
from .form_error import FormError
from .read_windows import conjuncts
from .sql_scope import Scope, bare

if TYPE_CHECKING:
    from .sql_scope import Context

_UNUSUAL = ("group", "having", "limit", "offset", "distinct", "qualify", "with_")


def exists(node: exp.Exists, scope: Scope, negated: bool = False) -> Condition:
    """EXISTS whose one tie to the outer query is an equality of columns, as IN; one without any tie as it is."""
    inner = bare(node.this)
    if isinstance(inner, exp.Subquery):
        inner = inner.this
    if not isinstance(inner, exp.Select) or not inner.args.get("from_"):
        raise FormError("exists", node.sql()[:60])
    within = _scope_of(inner, scope.context)
    where = inner.args.get("where")
    parts = list(conjuncts(where.this)) if where else []
    ties = [(p, tie) for p in parts if (tie := _tie(p, within, scope))]
    if not ties:
        return Exists(scope.query(inner))
    if len(ties) > 1 or any(inner.args.get(c) for c in _UNUSUAL):
        raise FormError("correlated", node.sql()[:60])
    key, outer = ties[0][1]
    rest = [p for p in parts if p is not ties[0][0]]
    return _key_in(scope.expression(outer), _keys(inner, key, rest), scope, negated)


def _scope_of(tree: exp.Select, context: Context) -> Scope:
    """The tables of a SELECT, without reading more of it."""
    found = Scope(context)
    for node in (tree.args["from_"], *(tree.args.get("joins") or ())):
        if isinstance(node.this, exp.Table):
            found.add_table(node.this, [])
    return found


def _tie(node: exp.Expr, within: Scope, scope: Scope) -> tuple[exp.Column, exp.Column] | None:
    """The inner and the outer column of an equality that ties the two queries."""
    node = bare(node)
    if not isinstance(node, exp.EQ):
        return None
    left, right = bare(node.left), bare(node.right)
    if not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
        return None
    for inner, outer in ((left, right), (right, left)):
        if within.find(inner) and not within.find(outer) and scope.find(outer):
            return inner, outer
    return None


def _keys(inner: exp.Select, key: exp.Column, conditions: list[exp.Expr]) -> exp.Select:
    select = inner.copy()
    select.set("expressions", [key.copy()])
    select.set("order", None)
    select.set("where", exp.Where(this=exp.and_(*conditions)) if conditions else None)
    return select


def _key_in(value: Expression, keys: exp.Select, scope: Scope, negated: bool) -> Compare:
    """Raises FormError where the key of the outer query may be NULL."""
    query = scope.query(keys)
    if not isinstance(query, Select):
        raise FormError("exists")
    if negated:
        if not scope.never_null(value):
            raise FormError("null_key")
        query = _without_nulls(query, scope)
    return Compare("in", value, Nested(query))


def _without_nulls(query: Select, scope: Scope) -> Select:
    key = query.items[0]
    if scope.never_null(key):
        return query
    present = Negated(IsNull(key))
    before = query.where.parts if isinstance(query.where, Joined) and query.where.operator == "and" else (query.where,)
    parts = tuple(p for p in before if p is not None)
    return replace(query, where=Joined("and", (*parts, present)) if parts else present)


# LEFT JOIN ... WHERE right.key IS NULL


@dataclass(frozen=True, slots=True)
class AntiJoin:
    """`join` keeps the rows of which `outer` is not among `keys`; `test` is the IS NULL in WHERE."""

    join: exp.Join
    test: exp.Expr
    outer: exp.Column
    keys: exp.Select


def anti_joins(tree: exp.Select, context: Context) -> list[AntiJoin]:
    """The left joins of `tree` that only leave rows out."""
    if not tree.args.get("from_") or not tree.args.get("where") or not tree.args.get("joins"):
        return []
    scope = _scope_of(tree, context)
    return [found for join in tree.args["joins"] if (found := _anti_join(join, tree, scope))]


def _anti_join(join: exp.Join, tree: exp.Select, scope: Scope) -> AntiJoin | None:
    if join.side != "LEFT" or not isinstance(join.this, exp.Table) or not join.args.get("on"):
        return None
    alias = join.this.alias_or_name.casefold()
    test = next((p for p in conjuncts(tree.args["where"].this) if _is_missing(p, alias, scope)), None)
    ties, rest = [], []
    for part in conjuncts(join.args["on"]):
        tie = _join_tie(part, alias)
        ties += [tie] if tie else []
        rest += [] if tie else [part]
    if test is None or len(ties) != 1 or _is_used(alias, tree, [join, test], scope):
        return None
    key, outer = ties[0]
    found = scope.find(outer)
    if any(c.table.casefold() != alias for p in rest for c in p.find_all(exp.Column)) or found is None:
        return None
    tested = scope.expression(bare(test).this)
    if not scope.never_null(found) or not (tested == scope.find(key) or scope.never_null(tested)):
        return None
    select = exp.Select(expressions=[key.copy()], from_=exp.From(this=join.this.copy()))
    return AntiJoin(join, test, outer, _keys(select, key, rest))


def _is_missing(node: exp.Expr, alias: str, scope: Scope) -> bool:
    node = bare(node)
    if not isinstance(node, exp.Is) or not isinstance(node.expression, exp.Null):
        return False
    column = bare(node.this)
    return isinstance(column, exp.Column) and column.table.casefold() == alias and scope.find(column) is not None


def _join_tie(node: exp.Expr, alias: str) -> tuple[exp.Column, exp.Column] | None:
    node = bare(node)
    if not isinstance(node, exp.EQ):
        return None
    left, right = bare(node.left), bare(node.right)
    if not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
        return None
    owners = [c.table.casefold() for c in (left, right)]
    if owners.count(alias) != 1 or "" in owners:
        return None
    return (left, right) if owners[0] == alias else (right, left)


def _is_used(alias: str, tree: exp.Select, besides: list[exp.Expr], scope: Scope) -> bool:
    """Whether anything but `besides` shows or tests a column of the joined table."""
    if any(isinstance(e, exp.Star) for e in tree.expressions):
        return True
    for column in tree.find_all(exp.Column):
        if any(parent in besides for parent in _ancestors(column)):
            continue
        found = scope.find(column)
        if column.table.casefold() == alias or (found and not column.table and found.table == scope.sources[alias][0]):
            return True
    return False


def _ancestors(node: exp.Expr) -> list[exp.Expr]:
    found = []
    parent = node.parent
    while parent is not None:
        found.append(parent)
        parent = parent.parent
    return found


def read_anti_join(found: AntiJoin, scope: Scope) -> Condition:
    return Negated(_key_in(scope.expression(found.outer), found.keys, scope, True))
