"""Expressions in SQL to the form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any, cast

from sqlglot import exp

from .form import Called, ColumnRef, Computed, Concatenated, Expression, Literally, Nested
from .form_error import FormError
from .read_cases import aggregate, bucket
from .read_dates import date_expression
from .read_division import is_number, product
from .read_windows import change, window
from .sql_scope import REALS, bare, is_type, number_in

if TYPE_CHECKING:
    from .sql_scope import Scope

ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.Length: "length",
    exp.Abs: "abs",
    exp.Round: "round",
}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_expression(node: exp.Expr, scope: Scope) -> Expression:
    """Raises FormError."""
    node = bare(node)
    if isinstance(node, exp.Column):
        if isinstance(node.this, exp.Star):
            return _star_of(node, scope)
        return scope.resolve(node)
    if (found := _constant(node, scope)) is not None:
        return found
    if isinstance(node, (exp.Subquery, exp.Select, exp.SetOperation)):
        return Nested(scope.query(node))
    for reader in (aggregate, date_expression, change, window, product, bucket, _concatenated):
        if (read := reader(node, scope)) is not None:
            return read
    if type(node) in ARITHMETIC:
        operator = cast(Any, ARITHMETIC[type(node)])
        binary = cast(exp.Binary, node)
        return Computed(operator, scope.expression(binary.left), scope.expression(_divisor(binary, scope)))
    if type(node) in FUNCTIONS:
        if number_in(node.args.get("decimals")) not in (None, 0) or node.args.get("truncate"):
            raise FormError("round", node.sql()[:60])
        return Called(FUNCTIONS[type(node)], scope.expression(_uncast(node.this, scope)))
    inner = _uncast(node, scope)
    if inner is not node:
        return scope.expression(inner)
    raise FormError("expression", f"{type(node).__name__} {node.sql()[:60]}")


def displayed(node: exp.Expr, scope: Scope) -> Expression:
    """An output. Its rounding to decimals is left out: that is a matter of display."""
    node = node.unalias() if isinstance(node, exp.Alias) else node
    shown = bare(node)
    if isinstance(shown, exp.Round) and number_in(shown.args.get("decimals")):
        return scope.expression(_uncast(shown.this, scope))
    if is_type(shown, exp.DType.DECIMAL) and shown.args["to"].expressions:
        return scope.expression(shown.this)
    return scope.expression(node)


def _star_of(node: exp.Column, scope: Scope) -> ColumnRef:
    if node.table.casefold() not in scope.sources:
        raise FormError("star", node.sql())
    return ColumnRef(scope.sources[node.table.casefold()][0], "*")


def _constant(node: exp.Expr, scope: Scope) -> Literally | None:
    if isinstance(node, exp.Literal):
        return Literally(node.name, not node.is_string)
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
        return Literally("-" + node.this.name, True)
    if isinstance(node, exp.Boolean) and scope.dialect in ("sqlite", "mysql"):
        return Literally(str(int(node.this)), True)
    dated = is_type(node, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.DATETIME) or isinstance(node, exp.Date)
    if dated and isinstance(node.this, exp.Literal) and _ISO.match(node.this.name):
        return Literally(node.this.name) if len(node.this.name) == 10 or isinstance(node, exp.Cast) else None
    return None


def _divisor(node: exp.Binary, scope: Scope) -> exp.Expr:
    """SQLite and MySQL divide by zero to NULL by themselves."""
    right = bare(node.right)
    if isinstance(node, exp.Div) and isinstance(right, exp.Nullif) and number_in(right.expression) == 0:
        if scope.dialect not in ("sqlite", "mysql"):
            raise FormError("integer_division", node.sql()[:60])
        return cast(exp.Expr, right.this)
    return right


def _uncast(node: exp.Expr, scope: Scope) -> exp.Expr:
    """Without a cast of a number to one with fractions, and without COALESCE(SUM(x), 0)."""
    node = bare(node)
    if is_type(node, *REALS) and not node.args["to"].expressions:
        if not is_number(node.this, scope):
            raise FormError("cast", node.sql()[:60])
        return bare(node.this)
    zero = isinstance(node, exp.Coalesce) and len(node.expressions) == 1 and number_in(node.expressions[0]) == 0
    inner = bare(node.this) if zero else node
    return inner if isinstance(inner, exp.Sum) else node


def _concatenated(node: exp.Expr, scope: Scope) -> Concatenated | None:
    """Texts with one space between each two."""
    if not isinstance(node, (exp.DPipe, exp.Concat)):
        return None
    texts = list(_texts(node))
    words, spaces = texts[::2], texts[1::2]
    if len(words) < 2 or len(words) != len(spaces) + 1 or any(not _is_space(s) for s in spaces):
        raise FormError("concatenation", node.sql()[:60])
    read = [scope.expression(w) for w in words]
    # CONCAT leaves NULL out on these engines, || does not.
    if isinstance(node, exp.Concat) and scope.dialect != "mysql" and not all(scope.never_null(e) for e in read):
        raise FormError("concatenation", node.sql()[:60])
    return cast(Concatenated, reduce(Concatenated, read))


def _texts(node: exp.Expr) -> Iterator[exp.Expr]:
    node = bare(node)
    if isinstance(node, exp.DPipe):
        yield from _texts(node.left)
        yield from _texts(node.right)
    elif isinstance(node, exp.Concat):
        for part in node.expressions:
            yield from _texts(part)
    else:
        yield node


def _is_space(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.name == " "
