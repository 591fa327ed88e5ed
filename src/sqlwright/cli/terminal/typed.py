"""Whether a line is a statement of SQL or a question: both may begin with "select"."""

from __future__ import annotations

import re

from ...core import Dialect, Schema
from ...sql.describe import parsed, tables_of

QUERIES = frozenset({"select", "with", "values", "from", "pivot", "unpivot", "summarize", "table"})
OTHERS = frozenset(
    "alter analyze attach call comment commit copy create delete detach do drop execute explain export grant import "
    "insert install load lock merge pragma prepare reindex replace reset revoke rollback set truncate update use "
    "vacuum".split()
)
_HEAD = re.compile(r"[\s(]*([A-Za-z]+)\b")
_PUNCTUATION = re.compile(r"[*=<>()'\"`;]|\w\.\w")


def is_statement(text: str, schema: Schema, dialect: Dialect) -> bool:
    """A statement ends with a semicolon, or can be parsed and names a table of `schema` or looks like SQL.

    "select customers from Paris" can be parsed too: with an unknown table, only punctuation or capitals make it SQL.
    Statements that write count as well; the guard refuses them.
    """
    match = _HEAD.match(text)
    if match is None or (head := match[1]).casefold() not in QUERIES | OTHERS:
        return False
    if text.rstrip().endswith(";"):
        return True
    tree = parsed(text, dialect)
    if tree is None:
        return head.isupper() and re.search(r"\bFROM\b", text) is not None
    from sqlglot import exp

    looks_like_sql = head.isupper() or _PUNCTUATION.search(text) is not None
    if isinstance(tree, exp.Command):  # what the parser knows only by its first word
        return head.isupper()
    tables = tables_of(text, dialect)
    known = {name.casefold() for table in schema for name in (table.name, table.full_name)}
    if any(name.casefold() in known for name in tables):
        return True
    if head.casefold() in QUERIES and not tables:
        return tree.find(exp.Column) is None
    return looks_like_sql
