"""SQL as a tree, for the comparisons that look at the text of gold and prediction."""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp

from ..core import Dialect
from ..sql.reading import UnreadableError, read_first


@lru_cache(maxsize=256)  # a gold query is read by several rules, and asked by several questions
def parse_query(sql: str, dialect: Dialect) -> exp.Query | None:
    """The first statement as a tree without outer brackets; None where it is no query or cannot be read.

    The tree is shared: copy it before changing it.
    """
    try:
        tree = read_first(sql, dialect)
    except UnreadableError:
        return None
    while isinstance(tree, (exp.Subquery, exp.Paren)) and not tree.args.get("order") and not tree.args.get("limit"):
        tree = tree.this
    return tree if isinstance(tree, exp.Query) else None


def same_expression(left: exp.Expr, right: exp.Expr) -> bool:
    """Equal but for the letter case of names."""
    return bool(left.sql().lower() == right.sql().lower())
