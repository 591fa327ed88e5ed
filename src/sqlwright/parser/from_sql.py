"""SQL to the pointer form.

What `to_sql` renders comes back as the same form, and so does SQL as people write it. Where SQL says what the form has
no word for, the statement is refused with its cause. The form gives the rows of the SQL, with these differences:

- outputs are not rounded to decimals, and parts of dates are numbers (2023, not '2023');
- periods are spelled as `to_sql` spells them on the engine (2023-04-01 or 2023-04);
- a sum or a count by CASE over no rows is 0, and a sum with COALESCE(..., 0) is NULL;
- a join without a condition, of tables that a foreign key connects, goes along the key;
- a ratio whose divisor is zero is NULL on every engine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from sqlglot import exp

from ..core import Dialect, Profile, Schema
from ..sql.reading import UnreadableError, read_first
from .form import ColumnRef, Expression, Ordering, OutputRef, Query, Select, SetOperation, TableRef
from .form_error import FormError
from .inline_ctes import inline_ctes
from .minimal_from import minimal, with_stars
from .read_conditions import conjunction, read_condition, without_needless_presence
from .read_expressions import displayed, read_expression
from .read_keys import anti_joins, read_anti_join
from .read_sources import Sources, first_select, join_condition, read_sources
from .read_windows import conjuncts, median_by_rank, over_groups, ranked
from .sql_scope import Context, Scope, bare, number_in

__all__ = ["FormError", "parse_form"]

_UNSUPPORTED = ("windows", "laterals", "connect", "sample", "pivots", "match", "cluster", "into", "locks")
_NO_PROFILE = Profile()


def parse_form(
    sql: str,
    schema: Schema,
    dialect: Dialect | None = None,
    *,
    profile: Profile = _NO_PROFILE,
    today: dt.date | None = None,
) -> Query:
    """The form of `sql` over `schema`. Raises FormError for what the form cannot say.

    `profile` tells dates, flags, empty strings and units apart; without it they stay plain comparisons. A constant of
    the day `today` is read as the form's `now`.
    """
    spoken = dialect or schema.dialect
    try:
        tree = read_first(sql, spoken)
        context = Context(
            schema,
            spoken,
            profile,
            today or dt.date.today(),
            today is not None,
            _query,
            read_expression,
            read_condition,
        )
        return _query(_with_outer_negations(inline_ctes(tree)), context)
    except (UnreadableError, RecursionError) as error:
        raise FormError("syntax", str(error)[:100]) from error


def _with_outer_negations(tree: exp.Expr) -> exp.Expr:
    """`x IS NOT NULL` is one node for PostgreSQL, and NOT around another for the rest: here it is two for all."""
    for node in list(tree.find_all(exp.Expr)):
        if not node.args.get("negate") or isinstance(node, (exp.Like, exp.ILike)):
            continue
        plain = node.copy()
        plain.set("negate", None)
        if node is tree:
            raise FormError("not_a_query", type(tree).__name__)
        node.replace(exp.Not(this=plain))
    return tree


def _query(tree: exp.Expr, context: Context) -> Query:
    if isinstance(tree, (exp.Subquery, exp.Paren)) and isinstance(tree.this, exp.Query):
        return _query(tree.this, context)
    if isinstance(tree, exp.SetOperation):
        return _set_operation(tree, context)
    if isinstance(tree, exp.Select):
        return _whole_of(tree, context) or _select(tree, context)
    raise FormError("not_a_query", type(tree).__name__)


def _whole_of(tree: exp.Select, context: Context) -> Query | None:
    """`SELECT * FROM (query)` is the query."""
    given = {k for k, v in tree.args.items() if v}
    if given != {"expressions", "from_"} or not isinstance(tree.args["from_"].this, exp.Subquery):
        return None
    alone = len(tree.expressions) == 1 and isinstance(tree.expressions[0], exp.Star)
    return _query(tree.args["from_"].this.this, context) if alone else None


def _set_operation(tree: exp.SetOperation, context: Context) -> Query:
    name = {exp.Union: "union", exp.Intersect: "intersect", exp.Except: "except"}[type(tree)]
    if not tree.args.get("distinct"):
        if not isinstance(tree, exp.Union):
            raise FormError("set_operation_all")
        name = "union_all"
    left, right = _query(tree.left, context), _query(tree.right, context)
    operation = SetOperation(cast(Any, name), left, right)
    order, limit = tree.args.get("order"), tree.args.get("limit")
    if order is None and limit is None:
        return operation
    # An outer ORDER BY becomes a select over the whole, ordered by its outputs.
    width = len(_first_items(left))
    outer = Scope(context, outputs=[e.alias_or_name.casefold() for e in first_select(tree).expressions])
    ordering = tuple(_ordering(o, outer, ()) for o in (order.expressions if order else ()))
    if not all(isinstance(o.value, OutputRef) for o in ordering):
        raise FormError("order_of_set_operation", tree.sql()[:60])
    items = tuple(OutputRef(i) for i in range(width))
    return Select(items, source=operation, order=ordering, limit=_limit(tree), skip=_skip(tree))


def _first_items(query: Query) -> tuple[Expression, ...]:
    return query.items if isinstance(query, Select) else _first_items(query.left)


def _limit(tree: exp.Expr) -> int | None:
    limit = tree.args.get("limit")
    if limit is None:
        if tree.args.get("offset"):
            raise FormError("offset")
        return None
    if isinstance(limit, exp.Fetch):
        options = limit.args.get("limit_options")
        ties = options is not None and (options.args.get("with_ties") or options.args.get("percent"))
        count = limit.args.get("count")
    else:
        ties, count = limit.args.get("offset"), limit.expression
    if ties or not isinstance(count, exp.Literal) or not count.name.isdigit():
        raise FormError("limit", limit.sql())
    return int(count.name)


def _skip(tree: exp.Expr) -> int:
    offset = tree.args.get("offset")
    if offset is None:
        return 0
    if not isinstance(offset.expression, exp.Literal) or not offset.expression.name.isdigit():
        raise FormError("offset", offset.sql())
    return int(offset.expression.name)


def _select(tree: exp.Select, context: Context) -> Select:
    if median := median_by_rank(tree):
        return _plain_select(median, context)
    if top := ranked(tree):
        found = _plain_select(top.select, context)
        kept = len(found.items) - top.per
        items, per = found.items[:kept], found.items[kept:]
        if not per:
            raise FormError("select_of_ranks")
        return replace(found, items=items, per=per, limit=top.limit, skip=top.skip)
    return _plain_select(over_groups(tree) or tree, context)


def _plain_select(tree: exp.Select, context: Context) -> Select:
    for unsupported in _UNSUPPORTED:
        if tree.args.get(unsupported):
            raise FormError(unsupported)
    scope = Scope(context)
    without = anti_joins(tree, context)
    sources = read_sources(tree, scope, [a.join for a in without])
    scope.aliases = {e.alias.casefold(): e.this for e in tree.expressions if isinstance(e, exp.Alias)}
    where = tree.args.get("where")
    parts = [*sources.conditions, *(conjuncts(where.this) if where else ())]
    left_out = {id(a.test): a for a in without}
    kept = []
    for part in without_needless_presence(parts):
        if id(part) in left_out:
            kept.append(read_anti_join(left_out[id(part)], scope))
        elif (found := join_condition(part, scope)) and not _is_optional(found.left, found.right, sources):
            sources.on.append(found)
        else:
            kept.append(scope.condition(part))
    group, having, order = tree.args.get("group"), tree.args.get("having"), tree.args.get("order")
    scope.group = tuple(_grouping(g, tree, scope) for g in group.expressions) if group else ()
    if group and len(group.expressions) != sum(len(v) for k, v in group.args.items() if isinstance(v, list)):
        raise FormError("grouping_sets")
    items = tuple(item for e in tree.expressions for item in _item(e, scope))
    result = Select(
        items=items,
        distinct=bool(tree.args.get("distinct")),
        optional=tuple(sources.optional),
        source=sources.source,
        where=conjunction(kept, scope),
        group=scope.group,
        having=scope.condition(having.this) if having else None,
        order=tuple(_ordering(o, scope, items) for o in order.expressions) if order else (),
        limit=_limit(tree),
        skip=_skip(tree),
    )
    result = _without_dependents(result, context)
    return minimal(with_stars(result, sources.joined, context.schema), sources.joined, sources.on, context.schema)


def _is_optional(left: ColumnRef, right: ColumnRef, sources: Sources) -> bool:
    """Whether a condition of WHERE tests a left-joined table: in ON it would keep the rows that it drops here."""
    return left.table in sources.optional or right.table in sources.optional


def _item(node: exp.Expr, scope: Scope) -> Iterator[Expression]:
    if isinstance(node, exp.Star):
        refs: list[TableRef] = [ref for ref, _ in scope.sources.values()]
        yield from (ColumnRef(ref, "*") for ref in refs)
        if not refs:
            yield from (OutputRef(i) for i in range(len(scope.outputs)))
    else:
        yield displayed(node, scope)


def _grouping(node: exp.Expr, tree: exp.Select, scope: Scope) -> Expression:
    """GROUP BY 2 groups by the second output."""
    place = number_in(node)
    if place is not None and 1 <= place <= len(tree.expressions):
        return scope.expression(tree.expressions[int(place) - 1].unalias())
    return scope.expression(node)


def _ordering(node: exp.Expr, scope: Scope, items: tuple[Expression, ...]) -> Ordering:
    value, descending = node, False
    if isinstance(node, exp.Ordered):
        value, descending = node.this, bool(node.args.get("desc"))
        if bool(node.args.get("nulls_first")) != _nulls_first(scope, descending):
            read = displayed(value, scope)
            if not scope.never_null(read):
                raise FormError("nulls_order", node.sql()[:60])
    place, inner = number_in(value), bare(value)
    if place is not None and any(isinstance(i, ColumnRef) and i.column == "*" for i in items):
        raise FormError("position", node.sql())
    if place is not None and 1 <= place <= len(items):
        return Ordering(items[int(place) - 1], descending)
    if isinstance(inner, exp.Column) and not inner.table and inner.name.casefold() in scope.aliases:
        return Ordering(displayed(scope.aliases[inner.name.casefold()], scope), descending)
    return Ordering(displayed(value, scope), descending)


def _nulls_first(scope: Scope, descending: bool) -> bool:
    """Where the engine itself puts NULLs."""
    if scope.dialect == "duckdb":
        return False
    return descending if scope.dialect == "postgres" else not descending


def _without_dependents(select: Select, context: Context) -> Select:
    """GROUP BY names columns beside a primary key on engines other than SQLite; the key alone says the same."""
    if context.dialect == "sqlite" or len(select.group) < 2:
        return select
    keys = {
        g.table
        for g in select.group
        if isinstance(g, ColumnRef) and context.schema.table(g.table.table).primary_key == (g.column,)
    }
    shown = [*select.items, *(o.value for o in select.order)]

    def depends(node: Expression) -> bool:
        if not isinstance(node, ColumnRef) or node not in shown or node.table not in keys:
            return False
        return context.schema.table(node.table.table).primary_key != (node.column,)

    return replace(select, group=tuple(g for g in select.group if not depends(g)))
