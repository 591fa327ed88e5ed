"""Flags and missing values in SQL to the form, by how the column stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .form import CompareOperator, Condition, Expression, IsNull, IsTrue, Negated
from .form_error import FormError
from .sql_scope import bare

if TYPE_CHECKING:
    from .sql_scope import Scope


def true_flag(operator: CompareOperator, left: exp.Expr, right: exp.Expr, scope: Scope) -> Condition | None:
    """`paid = 'Y'` where the profile knows Y as yes; `is_vip = TRUE`."""
    if operator != "=" or not isinstance(left, exp.Column) or not isinstance(right, (exp.Literal, exp.Boolean)):
        return None
    value = scope.expression(left)
    if isinstance(right, exp.Boolean) and scope.is_flag(value):
        return IsTrue(value) if right.this else Negated(IsTrue(value))
    profile = scope.profile_of(value)
    if profile is None or not profile.true_value or not isinstance(right, exp.Literal):
        return None
    if right.is_string == profile.numeric:
        return None
    if right.name == profile.true_value:
        return IsTrue(value)
    return Negated(IsTrue(value)) if profile.false_value and right.name == profile.false_value else None


def is_flag_condition(node: exp.Expr, scope: Scope) -> Condition | None:
    """A flag by itself, or IS TRUE of one."""
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean):
        value = scope.expression(node.this)
        if not _holds_truth(value, scope):
            raise FormError("condition", node.sql()[:60])
        return IsTrue(value) if node.expression.this else Negated(IsTrue(value))
    if not isinstance(node, exp.Column):
        return None
    value = scope.expression(node)
    if not _holds_truth(value, scope):
        raise FormError("condition", node.sql()[:60])
    return IsTrue(value)


def _holds_truth(value: Expression, scope: Scope) -> bool:
    """Whether the stored value itself is true or false to the engine."""
    profile = scope.profile_of(value)
    if profile and profile.true_value:
        return (profile.true_value, profile.false_value) in (("1", "0"), ("true", "false")) and (
            profile.numeric or scope.is_flag(value)
        )
    return scope.is_flag(value)


def missing(node: exp.Expr, scope: Scope) -> Condition | None:
    """IS NULL, `= ''`, or either; None for another condition.

    Raises FormError for IS [NOT] NULL on a column that stores empty strings: the form's own test would find those too.
    """
    if isinstance(node, exp.Or):
        return _null_or_blank(node, scope)
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        value = scope.expression(node.this)
        if _has_blanks(value, scope):
            raise FormError("null_of_blank", node.sql()[:60])
        return IsNull(value)
    if isinstance(node, (exp.EQ, exp.NEQ)) and _is_blank(node.right) and isinstance(bare(node.left), exp.Column):
        value = scope.expression(node.left)
        profile = scope.profile_of(value)
        if profile is None or not profile.blank_share:
            return None
        if isinstance(node, exp.NEQ):
            return Negated(IsNull(value))
        return IsNull(value) if not profile.null_share else None
    return _marked(node, scope)


def _marked(node: exp.Expr, scope: Scope) -> Condition | None:
    """`= 0` of a date column that stores 0 for "never"; None where other signs or NULL mean the same."""
    if not isinstance(node, (exp.EQ, exp.NEQ, exp.GT)) or not isinstance(bare(node.left), exp.Column):
        return None
    value = scope.expression(node.left)
    profile = scope.profile_of(value)
    if profile is None or profile.role != "date" or profile.markers != (node.right.name,) or profile.null_share:
        return None
    return IsNull(value) if isinstance(node, exp.EQ) else Negated(IsNull(value))


def _null_or_blank(node: exp.Or, scope: Scope) -> IsNull | None:
    first, second = bare(node.left), bare(node.right)
    if isinstance(first, exp.EQ):
        first, second = second, first
    if not isinstance(first, exp.Is) or not isinstance(first.expression, exp.Null) or not isinstance(second, exp.EQ):
        return None
    if not _is_blank(second.right) or first.this != second.left:
        return None
    value = scope.expression(first.this)
    return IsNull(value) if _has_blanks(value, scope) else None


def _is_blank(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string and node.name == ""


def _has_blanks(value: Expression, scope: Scope) -> bool:
    profile = scope.profile_of(value)
    return profile is not None and profile.blank_share > 0
