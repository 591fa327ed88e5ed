"""Products and quotients to the form: ratios, percentages, and numbers in another unit.

Only a quotient that SQL computes with fractions is a ratio. An integer division stays the engine's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from sqlglot import exp

from .form import Called, Computed, Expression, Literally
from .form_error import FormError
from .read_cases import simplified_share
from .read_dates import elapsed
from .read_windows import growth, portion
from .sql_scope import REALS, bare, is_type, number_in

if TYPE_CHECKING:
    from .sql_scope import Scope

_PER = {
    100.0: ("per_100",),
    1000.0: ("per_1000",),
    60.0: ("per_60",),
    3600.0: ("per_3600",),
    60_000.0: ("per_1000", "per_60"),
    3_600_000.0: ("per_1000", "per_3600"),
}


@dataclass
class _Chain:
    """The factors of a product and those that it is divided by. `marked`: something in it asks for fractions."""

    above: list[exp.Expr] = field(default_factory=list)
    below: list[exp.Expr] = field(default_factory=list)
    marked: bool = False
    whole: bool = False  # it divides before anything has fractions


def product(node: exp.Expr, scope: Scope) -> Expression | None:
    """None for products and quotients without anything that asks for fractions."""
    if not isinstance(node, (exp.Mul, exp.Div)):
        return None
    chain = _Chain()
    _add(node, chain, True, scope)
    if not chain.marked or chain.whole:
        return None
    constants = [(e, number_in(e)) for e in chain.below]
    scales = sorted(s for e, n in constants if n in _PER and "." in e.name for s in _PER[n])  # per_1000 comes first
    below = [e for e, n in constants if not (n in _PER and "." in e.name) and n != 1]
    hundreds = [e for e in chain.above if number_in(e) == 100 and (below or "." in e.name)]
    ones = [e for e in chain.above if number_in(e) == 1]
    above = [e for e in chain.above if e not in hundreds and e not in ones]
    if not hundreds and not ones and not scales and not any(not _is_constant(e) for e in below):
        return None if not _casts(chain) else _scaled(above, below, scope)
    found = _scaled(above, below, scope)
    for name in (*scales, *("times_100" for _ in hundreds)):
        found = Called(name, found)
    return found


def _is_constant(node: exp.Expr) -> bool:
    return number_in(node) is not None


def _casts(chain: _Chain) -> bool:
    return any(is_type(e, *REALS) for e in (*chain.above, *chain.below))


def _add(node: exp.Expr, chain: _Chain, above: bool, scope: Scope) -> None:
    """Take `node` apart into `chain`. In brackets only what has fractions itself is taken apart."""
    inner = bare(node)
    if chain.above and elapsed(inner, scope):
        (chain.above if above else chain.below).append(inner)
        return
    if isinstance(inner, (exp.Mul, exp.Div)) and (inner is node or (above and _has_fractions(inner, scope))):
        _add(inner.left, chain, above, scope)
        if isinstance(inner, exp.Div):
            exact = scope.dialect in ("duckdb", "mysql") or _has_fractions(inner.left, scope)
            chain.whole |= not (exact or _has_fractions(inner.right, scope))
        _add(inner.right, chain, above == isinstance(inner, exp.Mul), scope)
        return
    if isinstance(inner, exp.Nullif) and not above and number_in(inner.expression) == 0:
        chain.marked |= scope.dialect == "duckdb"
        _add(exp.Paren(this=inner.this), chain, above, scope)
        return
    if is_type(inner, *REALS):
        chain.marked = True
        inner = _uncast(inner, scope)
    chain.marked |= _has_fractions(inner, scope)
    (chain.above if above else chain.below).append(inner)


def _uncast(node: exp.Expr, scope: Scope) -> exp.Expr:
    """What a cast to a number with fractions makes one of: it may not be text."""
    inner = bare(node.this)
    if not is_number(inner, scope):
        raise FormError("cast", node.sql()[:60])
    return inner


def is_number(node: exp.Expr, scope: Scope) -> bool:
    """Whether the engine gives a number for `node` without a cast."""
    node = bare(node)
    if isinstance(node, exp.Column):
        value = scope.expression(node)
        profile = scope.profile_of(value)
        if profile is not None:
            return profile.numeric
        columns = scope.columns_in(value)
        declared = scope.declared(columns[0]).type.casefold() if columns else "int"
        return any(word in declared for word in ("int", "real", "float", "double", "num", "dec", "serial"))
    numbers = (exp.Count, exp.Sum, exp.Avg, exp.Filter, exp.Length, exp.Window, exp.Extract, exp.Abs, exp.Round)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Div)):
        return is_number(node.left, scope) and is_number(node.right, scope)
    if isinstance(node, (exp.Min, exp.Max, exp.Neg)):
        return is_number(node.this, scope)
    return isinstance(node, numbers) or number_in(node) is not None or is_type(node, *REALS)


def _has_fractions(node: exp.Expr, scope: Scope) -> bool:
    """Whether SQL itself says that `node` is computed with fractions."""
    node = bare(node)
    if isinstance(node, exp.Literal):
        return not node.is_string and "." in node.name
    if is_type(node, *REALS):
        return True
    if isinstance(node, (exp.Mul, exp.Div, exp.Add, exp.Sub)):
        return _has_fractions(node.left, scope) or _has_fractions(node.right, scope)
    return False


def _scaled(above: list[exp.Expr], below: list[exp.Expr], scope: Scope) -> Expression:
    left = _times(above, scope)
    if not below:
        return left
    if len(above) == len(below) == 1 and (
        found := portion(above[0], below[0], scope) or growth(above[0], below[0], scope)
    ):
        return found
    right = _times(below, scope)
    return simplified_share(left, right) or Computed("ratio", left, right)


def _times(factors: list[exp.Expr], scope: Scope) -> Expression:
    read = [scope.expression(e) for e in factors] or [Literally("1", True)]
    return reduce(lambda a, b: Computed("*", a, b), read)
