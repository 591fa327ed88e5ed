"""Conditions in SQL to the form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlglot import exp

from .form import Between, Called, Compare, CompareOperator, Condition, Expression, Joined, Literally, Negated, Nested
from .form_error import FormError
from .read_dates import text_part
from .read_flags import is_flag_condition, missing, true_flag
from .read_keys import exists
from .read_spans import between_dates, compare_date, like_date, merge_spans
from .sql_scope import bare
from .units import as_asked

if TYPE_CHECKING:
    from .sql_scope import Scope

COMPARISONS: dict[type[exp.Expr], CompareOperator] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_MIRRORED: dict[CompareOperator, CompareOperator] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def read_condition(node: exp.Expr, scope: Scope) -> Condition:
    """Raises FormError."""
    node = bare(node)
    if found := missing(node, scope) or is_flag_condition(node, scope):
        return found
    if isinstance(node, (exp.And, exp.Or)):
        return _joined(node, scope)
    if isinstance(node, exp.Not):
        return _negated(bare(node.this), scope)
    if type(node) in COMPARISONS:
        return _compare(COMPARISONS[type(node)], cast(exp.Binary, node), scope)
    if isinstance(node, exp.Between):
        return _between(node, scope)
    if isinstance(node, (exp.Like, exp.ILike)):
        return _like(node, scope)
    if isinstance(node, exp.In):
        return _in(node, scope)
    if isinstance(node, exp.Exists):
        return exists(node, scope)
    raise FormError("condition", f"{type(node).__name__} {node.sql()[:60]}")


def conjunction(parts: Sequence[Condition], scope: Scope) -> Condition | None:
    """`parts` that all hold, the two bounds of a date as one period; None for no part."""
    flat = [q for p in parts for q in (p.parts if isinstance(p, Joined) and p.operator == "and" else (p,))]
    flat = merge_spans(flat, scope)
    return None if not flat else flat[0] if len(flat) == 1 else Joined("and", tuple(flat))


def _joined(node: exp.Connector, scope: Scope) -> Condition:
    sides = list(_sides(node, type(node)))
    if isinstance(node, exp.And):
        found = conjunction([scope.condition(s) for s in without_needless_presence(sides)], scope)
        assert found is not None
        return found
    parts: list[Condition] = []
    for side in sides:
        read = scope.condition(side)
        parts += read.parts if isinstance(read, Joined) and read.operator == "or" else [read]
    return Joined("or", tuple(parts))


def _sides(node: exp.Expr, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    inner = bare(node)
    if type(inner) is kind:
        yield from _sides(cast(exp.Binary, inner).left, kind)
        yield from _sides(cast(exp.Binary, inner).right, kind)
    else:
        yield inner


def without_needless_presence(parts: Sequence[exp.Expr]) -> list[exp.Expr]:
    """`x IS NOT NULL AND x <> ''` without its first part, which follows from the second."""
    filled = [p.this for p in parts if isinstance(p, exp.NEQ) and p.expression == exp.Literal.string("")]

    def needless(node: exp.Expr) -> bool:
        inner = bare(node.this) if isinstance(node, exp.Not) else None
        return isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null) and inner.this in filled

    return [p for p in parts if not needless(p)]


def _negated(inner: exp.Expr, scope: Scope) -> Condition:
    if isinstance(inner, exp.Exists):
        return Negated(exists(inner, scope, negated=True))
    is_true = isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Boolean)
    if is_true and not scope.never_null(scope.expression(inner.this)):
        raise FormError("is_not_true", inner.sql()[:60])
    return Negated(scope.condition(inner))


def _compare(operator: CompareOperator, node: exp.Binary, scope: Scope) -> Condition:
    left, right = bare(node.left), bare(node.right)
    if isinstance(left, exp.Literal) and not isinstance(right, (exp.Literal, exp.Neg)):
        left, right, operator = right, left, _MIRRORED[operator]
    if isinstance(right, (exp.All, exp.Any)):
        return _quantified(operator, left, right, scope)
    if found := true_flag(operator, left, right, scope) or compare_date(operator, left, right, scope):
        return found
    text = text_part(left, scope)
    if text and not text_part(right, scope) and scope.dialect != "mysql":
        raise FormError("text_against_number", node.sql()[:60])
    value = scope.expression(left)
    return Compare(operator, value, constant(scope.expression(right), value, scope))


def constant(node: Expression, beside: Expression, scope: Scope) -> Expression:
    """A number in the unit in which a question says it."""
    if isinstance(node, Literally) and node.numeric:
        return as_asked(node.text, beside, scope.context.profile)
    return node


def _quantified(operator: CompareOperator, left: exp.Expr, right: exp.Expr, scope: Scope) -> Condition:
    """`= ANY (SELECT ...)` and `<> ALL (SELECT ...)`."""
    if (operator, type(right)) not in (("=", exp.Any), ("!=", exp.All)) or not isinstance(bare(right.this), exp.Query):
        raise FormError("quantified", right.sql()[:60])
    found = Compare("in", scope.expression(left), Nested(scope.query(bare(right.this))))
    return found if operator == "=" else Negated(found)


def _between(node: exp.Between, scope: Scope) -> Condition:
    if node.args.get("symmetric"):
        raise FormError("between", node.sql()[:60])
    if found := between_dates(node, scope):
        return found
    if text_part(node.this, scope):
        raise FormError("text_against_number", node.sql()[:60])
    value = scope.expression(node.this)
    low, high = (constant(scope.expression(node.args[n]), value, scope) for n in ("low", "high"))
    return Between(value, low, high)


def _like(node: exp.Like | exp.ILike, scope: Scope) -> Condition:
    found = _pattern(node, scope)
    return Negated(found) if node.args.get("negate") else found


def _pattern(node: exp.Like | exp.ILike, scope: Scope) -> Condition:
    value, pattern = scope.expression(node.this), scope.expression(node.expression)
    if not isinstance(pattern, Literally):
        raise FormError("like", node.sql()[:60])
    text = pattern.text
    if isinstance(node, exp.ILike):
        value, text = value if _is_lower(value) else Called("lower", value), text.lower()
    elif found := like_date(value, text, scope):
        return found
    core = text.strip("%")
    if "%" in core or "_" in core or not core:
        return Compare("like", value, Literally(text, pattern.numeric))
    name = {(True, True): "contains", (False, True): "starts", (True, False): "ends"}.get(
        (text.startswith("%"), text.endswith("%")), "like"
    )
    return Compare(cast(Any, name), value, Literally(core))


def _is_lower(value: Expression) -> bool:
    return isinstance(value, Called) and value.function == "lower"


def _in(node: exp.In, scope: Scope) -> Condition:
    value = scope.expression(node.this)
    if node.args.get("query"):
        return Compare("in", value, Nested(scope.query(node.args["query"])))
    constants = [constant(scope.expression(e), value, scope) for e in node.expressions]
    if not constants or not all(isinstance(c, Literally) for c in constants):
        raise FormError("in", node.sql()[:60])
    if text_part(node.this, scope):
        constants = [Literally(str(int(c.text)), True) for c in cast(Any, constants) if c.text.isdigit()]
        if len(constants) != len(node.expressions):
            raise FormError("text_against_number", node.sql()[:60])
    return Compare("in", value, cast(Any, tuple(constants)))
