"""Window functions to the form: portions, running sums, changes, the top rows of groups, and medians by rank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from .form import Aggregated, Called, Expression, Filtered, Share, Windowed
from .form import Window as WindowName
from .form_error import FormError
from .sql_scope import bare, number_in
from .tokens import SCALES

if TYPE_CHECKING:
    from .sql_scope import Scope


def portion(value: exp.Expr, total: exp.Expr, scope: Scope) -> Windowed | None:
    """`SUM(x) / SUM(SUM(x)) OVER ()`."""
    total = bare(total)
    if not isinstance(total, exp.Window) or not isinstance(total.this, exp.Sum):
        return None
    if total.args.get("order") or total.args.get("partition_by") or bare(total.this.this) != bare(value):
        return None
    _check_aggregate(value)
    return Windowed("portion", _unscaled(scope.expression(value))[0])


def growth(difference: exp.Expr, before: exp.Expr, scope: Scope) -> Windowed | None:
    """`(v - LAG(v) OVER (ORDER BY g)) / LAG(v) OVER (ORDER BY g)`."""
    value = _changing(bare(difference), scope)
    return Windowed("growth", _unscaled(value)[0]) if value is not None and _lag(before, scope) == value else None


def change(node: exp.Expr, scope: Scope) -> Expression | None:
    """`v - LAG(v) OVER (ORDER BY g)`."""
    value = _changing(node, scope)
    return _windowed("change", value) if value is not None else None


def _changing(node: exp.Expr, scope: Scope) -> Expression | None:
    if not isinstance(node, exp.Sub) or not isinstance(bare(node.right), exp.Window):
        return None
    before = _lag(node.right, scope)
    return before if before is not None and scope.expression(node.left) == before else None


def _windowed(function: WindowName, value: Expression) -> Expression:
    """The window over an aggregate; a scale of the aggregate is one of the window."""
    inner, scales = _unscaled(value)
    return reduce(
        lambda found, scale: Called(scale, found), reversed(scales), cast(Expression, Windowed(function, inner))
    )


def _unscaled(value: Expression) -> tuple[Expression, list[str]]:
    """The aggregate, and its scales from the outermost on. Raises FormError for what is no aggregate."""
    scales = []
    while isinstance(value, Called) and value.function in SCALES:
        scales.append(value.function)
        value = value.argument
    if not isinstance(value, (Aggregated, Share, Filtered)):
        raise FormError("window_of_expression")
    return value, scales


def window(node: exp.Expr, scope: Scope) -> Expression | None:
    """A running sum. Raises FormError for every other window function."""
    if not isinstance(node, exp.Window):
        return None
    if isinstance(node.this, exp.Sum) and node.args.get("order") and not node.args.get("partition_by"):
        _check_aggregate(node.this.this)
        if _in_order(node, scope) and _from_the_start(node.args.get("spec")):
            return _windowed("running", scope.expression(node.this.this))
    raise FormError("window", node.sql()[:60])


def _check_aggregate(node: exp.Expr) -> None:
    """The form's windows go over groups, not over rows."""
    if not any(isinstance(part, exp.AggFunc) for part in node.walk()):
        raise FormError("window_of_rows", node.sql()[:60])


def _lag(node: exp.Expr, scope: Scope) -> Expression | None:
    node = bare(node)
    if not isinstance(node, exp.Window) or not isinstance(node.this, exp.Lag) or node.args.get("partition_by"):
        return None
    steps = number_in(node.this.args.get("offset"))
    if steps not in (None, 1) or node.this.args.get("default") or not _in_order(node, scope):
        return None
    _check_aggregate(node.this.this)
    return scope.expression(node.this.this)


def _in_order(node: exp.Window, scope: Scope) -> bool:
    """Whether a window goes along the first grouping expression, upwards."""
    orders = node.args["order"].expressions if node.args.get("order") else []
    if len(orders) != 1 or orders[0].args.get("desc"):
        return False
    if not scope.group:
        return number_in(orders[0].this) == 1
    return scope.expression(orders[0].this) == scope.group[0]


def _from_the_start(spec: exp.Expr | None) -> bool:
    if spec is None:
        return True
    return spec.args.get("start") == "UNBOUNDED" and spec.args.get("end") in (None, "CURRENT ROW")


def over_groups(tree: exp.Select) -> exp.Select | None:
    """`SELECT m, SUM(n) OVER (ORDER BY m) FROM (SELECT ... GROUP BY ...)` as one SELECT; None for another query."""
    derived = _derived(tree)
    clauses = {k for k, v in tree.args.items() if v}
    if derived is None or not clauses <= {"expressions", "from_", "order"} or not derived.inner.args.get("group"):
        return None
    if any(derived.inner.args.get(c) for c in ("distinct", "order", "limit", "offset", "qualify")):
        return None
    if not any(isinstance(part, exp.Window) for e in tree.expressions for part in e.walk()):
        return None
    outer = tree.copy()
    outer.set("from_", None)
    for column in list(outer.find_all(exp.Column)):
        found = derived.output(column)
        if found is None:
            return None
        column.replace(exp.Paren(this=found.copy()) if isinstance(found, exp.Binary) else found.copy())
    select = derived.inner.copy()
    places = {str(i): e.unalias() for i, e in enumerate(derived.inner.expressions, 1)}
    groups = [places.get(g.name, g) if isinstance(g, exp.Literal) else g for g in select.args["group"].expressions]
    select.set("group", exp.Group(expressions=[derived.outputs().get(g.name.casefold(), g).copy() for g in groups]))
    select.set("expressions", outer.expressions)
    select.set("order", outer.args.get("order"))
    return select


# Ranks


@dataclass(frozen=True, slots=True)
class Ranked:
    """`select` with its grouping expressions as `per` more items: of each group, `limit` rows after `skip`."""

    select: exp.Select
    per: int
    limit: int
    skip: int = 0


@dataclass(frozen=True, slots=True)
class _Derived:
    """SELECT ... FROM (SELECT ...): the inner query, and what its outputs are."""

    outer: exp.Select
    inner: exp.Select
    alias: str

    def outputs(self) -> dict[str, exp.Expr]:
        return {e.alias_or_name.casefold(): e.unalias() for e in self.inner.expressions}

    def conditions(self) -> list[exp.Expr]:
        where = self.outer.args.get("where")
        return list(conjuncts(where.this)) if where else []

    def output(self, node: exp.Expr) -> exp.Expr | None:
        """The inner expression that a column of the outer query shows."""
        node = bare(node)
        if not isinstance(node, exp.Column) or node.table.casefold() not in ("", self.alias):
            return None
        found = self.outputs().get(node.name.casefold())
        starred = any(isinstance(e, exp.Star) for e in self.inner.expressions)
        return found if found is not None else exp.column(node.this.copy()) if starred else None


def conjuncts(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a condition that all have to hold. A JOIN without ON parses as ON TRUE."""
    if isinstance(tree, exp.And):
        yield from conjuncts(tree.left)
        yield from conjuncts(tree.right)
    elif isinstance(tree, exp.Paren) and isinstance(tree.this, (exp.And, exp.EQ)):
        yield from conjuncts(tree.this)
    elif not (isinstance(tree, exp.Boolean) and tree.this):
        yield tree


def ranked(tree: exp.Select) -> Ranked | None:
    """The top rows of groups, by ROW_NUMBER in a derived table or in QUALIFY, or by DISTINCT ON."""
    if (found := tree.args.get("distinct")) and found.args.get("on"):
        return _distinct_on(tree, list(found.args["on"].expressions))
    if tree.args.get("qualify"):
        return _qualified(tree)
    derived = _derived(tree)
    numbers = [n for n, e in derived.outputs().items() if _is_numbering(e)] if derived else []
    if derived is None or len(numbers) != 1:
        return None
    return _from_derived(derived, numbers[0])


def _derived(tree: exp.Select) -> _Derived | None:
    clause = tree.args.get("from_")
    if clause is None or tree.args.get("joins") or not isinstance(clause.this, exp.Subquery):
        return None
    inner = clause.this.this
    return _Derived(tree, inner, clause.this.alias.casefold()) if isinstance(inner, exp.Select) else None


def _is_numbering(node: exp.Expr) -> bool:
    return isinstance(node, exp.Window) and isinstance(node.this, exp.RowNumber)


def _is_count_over(node: exp.Expr) -> bool:
    return isinstance(node, exp.Window) and isinstance(node.this, exp.Count)


def _from_derived(derived: _Derived, number: str) -> Ranked | None:
    conditions = derived.conditions()
    if any(isinstance(c, exp.In) for c in conditions):
        return None  # a median
    over = derived.outputs()[number]
    skip, limit = _places(conditions, number, derived.alias)
    clauses = ("group", "having", "order", "limit", "distinct", "offset")
    if any(derived.outer.args.get(c) for c in clauses) or derived.inner.args.get("limit"):
        raise FormError("select_of_ranks")
    items = [derived.output(e.unalias()) for e in derived.outer.expressions]
    if any(i is None or i == over for i in items):
        raise FormError("select_of_ranks")
    return _with_groups(derived.inner, [i for i in items if i is not None], over, limit, skip)


def _with_groups(inner: exp.Select, items: list[exp.Expr], over: exp.Expr, limit: int, skip: int) -> Ranked:
    groups = over.args.get("partition_by") or []
    select = inner.copy()
    select.set("expressions", [e.copy() for e in (*items, *groups)])
    order = over.args.get("order")
    select.set("order", order.copy() if order else None)
    return Ranked(select, len(groups), limit, skip)


def _places(conditions: list[exp.Expr], name: str, alias: str) -> tuple[int, int]:
    """How many rows of each group are left out, and how many are kept after them. Raises FormError."""
    low, high = 0, 0
    for node in conditions:
        node = bare(node)
        if isinstance(node, exp.Between) and _is_output(node.this, name, alias):
            low, high = int(node.args["low"].name) - 1, int(node.args["high"].name)
            continue
        number = number_in(node.expression) if isinstance(node, exp.Binary) else None
        if number is None or not _is_output(node.this, name, alias):
            raise FormError("condition_on_ranks", node.sql()[:60])
        place = int(number)
        if isinstance(node, exp.EQ):
            low, high = place - 1, place
        elif isinstance(node, (exp.LT, exp.LTE)):
            high = place - isinstance(node, exp.LT)
        elif isinstance(node, (exp.GT, exp.GTE)):
            low = place - isinstance(node, exp.GTE)
        else:
            raise FormError("condition_on_ranks", node.sql()[:60])
    if high <= low or low < 0:
        raise FormError("condition_on_ranks")
    return low, high - low


def _is_output(node: exp.Expr, name: str, alias: str) -> bool:
    node = bare(node)
    return isinstance(node, exp.Column) and node.name.casefold() == name and node.table.casefold() in ("", alias)


def _qualified(tree: exp.Select) -> Ranked:
    condition = bare(tree.args["qualify"].this)
    over = bare(condition.this)
    if (
        not isinstance(condition, exp.Binary)
        or not _is_numbering(over)
        or any(tree.args.get(c) for c in ("order", "limit"))
    ):
        raise FormError("qualify", condition.sql()[:60])
    place = exp.column("place")
    numbered = type(condition)(this=place, expression=condition.expression.copy())
    skip, limit = _places([numbered], "place", "")
    plain = tree.copy()
    plain.set("qualify", None)
    return _with_groups(plain, [e.unalias() for e in tree.expressions], over, limit, skip)


def _distinct_on(tree: exp.Select, keys: list[exp.Expr]) -> Ranked:
    order = tree.args.get("order")
    orders = list(order.expressions) if order else []
    if tree.args.get("limit") or {o.this for o in orders[: len(keys)]} != set(keys):
        raise FormError("distinct_on")
    plain = tree.copy()
    plain.set("distinct", None)
    over = exp.Window(this=exp.RowNumber(), partition_by=[k.copy() for k in keys])
    if orders[len(keys) :]:
        over.set("order", exp.Order(expressions=[o.copy() for o in orders[len(keys) :]]))
    return _with_groups(plain, [e.unalias() for e in tree.expressions], over, 1, 0)


# Medians


def median_by_rank(tree: exp.Select) -> exp.Select | None:
    """SQL that takes the mean of the middle ones of numbered values, as a SELECT of the median.

    Raises FormError where NULLs are numbered too.
    """
    derived = _derived(tree)
    if derived is None:
        return None
    outputs = derived.outputs()
    number = next((n for n, e in outputs.items() if _is_numbering(e)), "")
    count = next((n for n, e in outputs.items() if _is_count_over(e)), "")
    if not number or not count or not _takes_the_middle(derived, number, count):
        return None
    over = outputs[number]
    value = over.args["order"].expressions[0].this if over.args.get("order") else None
    items = [_median_item(derived, e.unalias(), value) for e in tree.expressions]
    where = derived.inner.args.get("where")
    parts = list(conjuncts(where.this)) if where else []
    kept = [p for p in parts if not _is_present(p, value)]
    if (
        value is None
        or len(kept) == len(parts)
        or any(tree.args.get(c) for c in ("having", "order", "limit", "distinct"))
    ):
        raise FormError("median")
    groups = over.args.get("partition_by") or []
    select = derived.inner.copy()
    select.set("expressions", items)
    select.set("where", exp.Where(this=exp.and_(*kept)) if kept else None)
    select.set("group", exp.Group(expressions=[g.copy() for g in groups]) if groups else None)
    return select


def _takes_the_middle(derived: _Derived, number: str, count: str) -> bool:
    """WHERE number IN ((count + 1) / 2, (count + 2) / 2), in whole numbers."""
    conditions = derived.conditions()
    if len(conditions) != 1 or not isinstance(conditions[0], exp.In) or len(conditions[0].expressions) != 2:
        return False
    steps = [_half_of(bare(e), count, derived.alias) for e in conditions[0].expressions]
    return _is_output(conditions[0].this, number, derived.alias) and steps == [1, 2]


def _half_of(node: exp.Expr, count: str, alias: str) -> float | None:
    """1 for `(count + 1) / 2`."""
    if not isinstance(node, (exp.Div, exp.IntDiv)) or number_in(node.expression) != 2:
        return None
    total = bare(node.this)
    return number_in(total.expression) if isinstance(total, exp.Add) and _is_output(total.this, count, alias) else None


def _median_item(derived: _Derived, node: exp.Expr, value: exp.Expr | None) -> exp.Expr:
    if isinstance(node, exp.Avg):
        inner = derived.output(node.this)
        if inner is None or inner != value:
            raise FormError("median", node.sql()[:60])
        return exp.Median(this=inner.copy())
    inner = derived.output(node)
    if inner is None or any(isinstance(e, (exp.AggFunc, exp.Window)) for e in inner.walk()):
        raise FormError("median", node.sql()[:60])
    return inner.copy()


def _is_present(node: exp.Expr, value: exp.Expr | None) -> bool:
    """`value IS NOT NULL`, or `value <> ''` for a column that stores empty strings."""
    node = bare(node)
    if isinstance(node, exp.Not) and isinstance(bare(node.this), exp.Is):
        return bare(node.this).this == value and isinstance(bare(node.this).expression, exp.Null)
    return isinstance(node, exp.NEQ) and node.this == value and node.expression == exp.Literal.string("")
