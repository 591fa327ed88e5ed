"""The normal form of SQL, for exact match and for finding duplicates."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ..core import Dialect
from .dialects import RULES
from .reading import UnreadableError, read

if TYPE_CHECKING:
    from sqlglot import exp

_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|\s+|[^\s'\"`/-]+|.", re.DOTALL)
CACHED_STATEMENTS = 4096  # paraphrases share a statement, and a gold query is read by several rules


def normalize(sql: str, dialect: Dialect) -> str:
    """`sql` with one case, spacing and quoting, without comments, final semicolons and needless aliases.

    Values keep their case. Aliases of tables give way to the names where every table stands in the query once; then,
    with one table, columns lose its name. A text that cannot be parsed is only folded: spaces and case outside quotes.
    """
    return _parsed(sql, dialect)[0]


def why_unreadable(sql: str, dialect: Dialect) -> str:
    """The parser's reason why the first statement of `sql` cannot be parsed; "" if it can."""
    return _parsed(sql, dialect)[1]


@lru_cache(CACHED_STATEMENTS)
def _parsed(sql: str, dialect: Dialect) -> tuple[str, str]:
    """What `normalize` and `why_unreadable` return."""
    try:
        found = read(sql, dialect)[1]
    except RecursionError:
        return _folded(sql), "It is nested too deep."
    except UnreadableError as error:
        return _folded(sql), str(error)
    if not found or found[0] is None:
        return _folded(sql), "there is no statement"
    trees = [tree for tree in found if tree is not None]
    if len(trees) != 1 or type(trees[0]).__name__ in ("Command", "Column", "Alias"):
        return _folded(sql), ""
    try:
        tree = _without_aliases(_plain_names(_strings(trees[0], dialect)))
        return str(tree.sql(dialect=dialect, comments=False, normalize_functions="upper")), ""
    except (RecursionError, AttributeError, TypeError, ValueError):
        return _folded(sql), ""


def _folded(sql: str) -> str:
    pieces = []
    for piece in _PIECE.findall(sql):
        if piece.startswith(("--", "/*")) or piece.isspace():
            pieces.append(" ")
        else:
            pieces.append(piece if piece[0] in "'\"`" else piece.casefold())
    return re.sub(r" +", " ", "".join(pieces)).strip(" ;")


def _strings(tree: exp.Expr, dialect: Dialect) -> exp.Expr:
    """SQLite's "Asia" is a string where it is compared with a column; write it as one."""
    if RULES[dialect].double_quotes != "both":
        return tree
    from sqlglot import exp

    for column in list(tree.find_all(exp.Column)):
        if is_quoted_value(column):
            column.replace(exp.Literal.string(column.name))
    return tree


def is_quoted_value(node: object) -> bool:
    """A double-quoted name without a table, on the right of a comparison: SQLite reads a string if no column fits."""
    from sqlglot import exp

    if not isinstance(node, exp.Column) or node.table or not isinstance(node.this, exp.Identifier):
        return False
    parent = node.parent
    compared = isinstance(parent, (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.Between, exp.In))
    return bool(node.this.args.get("quoted")) and compared and parent is not None and parent.this is not node


def _plain_names(tree: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    for name in tree.find_all(exp.Identifier):
        name.set("this", str(name.this).lower())
        name.set("quoted", not re.fullmatch(r"[^\W\d]\w*", name.this))
    return tree


def _without_aliases(tree: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    tables = list(tree.find_all(exp.Table))
    names = [table.name for table in tables]
    if tree.find(exp.CTE, exp.Lateral) or len(set(names)) != len(names) or tree.find(exp.Subquery):
        return tree
    aliases = {table.alias_or_name: table.name for table in tables}
    if len(aliases) != len(tables):
        return tree
    for column in tree.find_all(exp.Column):
        if len(tables) == 1:
            column.set("table", None)
        elif column.table in aliases:
            column.set("table", exp.to_identifier(aliases[column.table]))
    for table in tables:
        table.set("alias", None)
    return tree
