"""CASE, FILTER and conditions inside aggregates to the form: shares, filtered aggregates and buckets.

One difference is accepted: over no rows at all the form counts and sums 0, where SUM of a CASE gives NULL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from sqlglot import exp

from .form import Aggregated, Bucket, Called, Expression, Filtered, Share
from .form_error import FormError
from .sql_scope import INTEGERS, REALS, STAR, bare, is_type, number_in
from .units import as_asked
from .walk import condition_expressions

if TYPE_CHECKING:
    from .sql_scope import Scope

AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Count: "count",
    exp.Sum: "sum",
    exp.Avg: "avg",
    exp.Min: "min",
    exp.Max: "max",
    exp.Median: "median",
}
_CONDITIONS = (exp.Predicate, exp.And, exp.Or, exp.Not)  # a comparison, IN, LIKE, IS, BETWEEN, EXISTS


@dataclass(frozen=True, slots=True)
class _Choice:
    """CASE with one WHEN."""

    test: exp.Expr
    then: exp.Expr
    otherwise: exp.Expr | None


def aggregate(node: exp.Expr, scope: Scope) -> Expression | None:
    """None for what is not an aggregate."""
    if isinstance(node, exp.Filter):
        inner = aggregate(node.this, scope)
        if not isinstance(inner, Aggregated):
            raise FormError("filter", node.sql()[:60])
        return Filtered(scope.condition(node.expression.this), inner)
    if isinstance(node, exp.CountIf):
        return Filtered(scope.condition(node.this), Aggregated("count", STAR))
    if _is_median(node):
        return _median(node, scope)
    if type(node) not in AGGREGATES:
        return None
    function, argument, distinct = AGGREGATES[type(node)], node.this, False
    if isinstance(argument, exp.Distinct):
        if len(argument.expressions) != 1:
            raise FormError("distinct_of_several")
        argument, distinct = argument.expressions[0], True
    if argument is None or isinstance(argument, exp.Star) or (function == "count" and _is_row(argument)):
        return Aggregated(cast(Any, function), STAR)
    argument = bare(argument)
    if choice := _choice(argument):
        return _of_choice(function, choice, distinct, scope)
    if test := _test(argument, scope):
        return _of_test(function, test, scope)
    return Aggregated(cast(Any, function), _argument(function, argument, scope), distinct)


def _is_row(node: exp.Expr) -> bool:
    return number_in(node) is not None


def _is_median(node: exp.Expr) -> bool:
    ordered = node.this if isinstance(node, exp.WithinGroup) else node
    if not isinstance(ordered, exp.PercentileCont):
        return False
    return number_in(ordered.expression or ordered.this) == 0.5


def _median(node: exp.Expr, scope: Scope) -> Aggregated:
    if isinstance(node, exp.WithinGroup):
        return Aggregated("median", scope.expression(node.expression.expressions[0].this))
    return Aggregated("median", scope.expression(node.this))


def _argument(function: str, node: exp.Expr, scope: Scope) -> Expression:
    """COALESCE(x, 0) in a sum adds what x does."""
    if isinstance(node, exp.Coalesce) and len(node.expressions) == 1 and number_in(node.expressions[0]) == 0:
        value = scope.expression(node.this)
        if function == "sum" or scope.never_null(value):
            return value
        raise FormError("coalesce", node.sql()[:60])
    return scope.expression(node)


def _choice(node: exp.Expr) -> _Choice | None:
    if isinstance(node, exp.If):
        return _Choice(node.this, bare(node.args["true"]), _otherwise(node.args.get("false")))
    if isinstance(node, exp.Case) and len(node.args["ifs"]) == 1:
        when = node.args["ifs"][0]
        test = exp.EQ(this=node.this.copy(), expression=when.this.copy()) if node.this else when.this
        return _Choice(test, bare(when.args["true"]), _otherwise(node.args.get("default")))
    return None


def _otherwise(node: exp.Expr | None) -> exp.Expr | None:
    return None if node is None or isinstance(node, exp.Null) else bare(node)


def _of_choice(function: str, choice: _Choice, distinct: bool, scope: Scope) -> Expression:
    zero = choice.otherwise is not None and number_in(choice.otherwise) == 0
    if choice.otherwise is not None and not (zero and function in ("sum", "avg")):
        raise FormError("case", choice.test.sql()[:60])
    test, number = scope.condition(choice.test), number_in(choice.then)
    if function == "avg" and zero:
        if number not in (1, 100) or distinct:
            raise FormError("case", choice.test.sql()[:60])
        return Share(test) if number == 1 else Called("times_100", Share(test))
    if number == 1 and (function == "sum" or (function == "count" and not distinct)):
        return Filtered(test, Aggregated("count", STAR))
    if function == "count" and number is not None:
        raise FormError("case", choice.test.sql()[:60])
    return Filtered(test, Aggregated(cast(Any, function), _argument(function, choice.then, scope), distinct))


def _test(node: exp.Expr, scope: Scope) -> exp.Expr | None:
    """The condition in SUM(x > 3), AVG((x = 'a')::int)."""
    inner = bare(node.this) if is_type(node, *INTEGERS, *REALS) else node
    if isinstance(inner, _CONDITIONS):
        return inner
    if inner is not node and isinstance(inner, exp.Column) and scope.is_flag(scope.expression(inner)):
        return inner
    return None


def _of_test(function: str, test: exp.Expr, scope: Scope) -> Expression:
    """AVG of a condition leaves out the rows for which it is NULL, the form's share does not."""
    condition = scope.condition(test)
    if function == "sum":
        return Filtered(condition, Aggregated("count", STAR))
    if function != "avg":
        raise FormError("aggregate_of_condition", test.sql()[:60])
    if not all(scope.never_null(e) for e in condition_expressions(condition)):
        raise FormError("share_of_nullable", test.sql()[:60])
    return Share(condition)


# Buckets


def bucket(node: exp.Expr, scope: Scope) -> Bucket | None:
    """The CASE that `to_sql` writes for ranges of a number; FormError for every other CASE."""
    if isinstance(node, exp.If):
        raise FormError("case", node.sql()[:60])
    if not isinstance(node, exp.Case):
        return None
    bounds = list(_bounds(node))
    tests = [bare(when.this) for when in node.args["ifs"]]
    if len(tests) < 2 or len(bounds) != len(tests) - 1 or not isinstance(tests[0], exp.Is):
        raise FormError("case", node.sql()[:60])
    value = scope.expression(tests[0].this)
    if any(scope.expression(t.this) != value for t in tests[1:]):
        raise FormError("case", node.sql()[:60])
    labels = [f"under {bounds[0]}", *(f"{a} to {b}" for a, b in pairwise(bounds))]
    written = [when.args["true"].name for when in node.args["ifs"][1:]]
    last = node.args.get("default")
    if written != labels or last is None or last.name != f"{bounds[-1]} or more":
        raise FormError("case", node.sql()[:60])
    return Bucket(value, tuple(as_asked(b, value, scope.context.profile) for b in bounds))


def _bounds(node: exp.Case) -> Iterator[str]:
    for when in node.args["ifs"][1:]:
        test = bare(when.this)
        if isinstance(test, exp.LT) and (
            number_in(test.expression) is not None or isinstance(test.expression, exp.Neg)
        ):
            yield test.expression.sql()


def simplified_share(left: Expression, right: Expression) -> Share | None:
    """The count of some rows as a part of the count of all."""
    if isinstance(left, Filtered) and left.aggregate == right == Aggregated("count", STAR):
        return Share(left.condition)
    return None
