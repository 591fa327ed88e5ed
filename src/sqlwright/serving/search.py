"""Tables, columns and stored values by a few words: how a program finds its way in a schema it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..core.fold import fold
from ..data.prompting import Context
from ..prompts import link_names


def search_objects(query: str, context: Context, limit: int = 20) -> list[dict[str, Any]]:
    """The best first: names that hold `query` itself, then names and comments like its words, then stored values."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for kind, table, column, text in _matches(query, context):
        key = (table, column, text if kind == "value" else "")
        item = {"kind": kind, "table": table, "column": column, "text": text}
        found.setdefault(key, {name: value for name, value in item.items() if value})
    return list(found.values())[:limit]


def _matches(query: str, context: Context) -> Iterator[tuple[str, str, str, str]]:
    """(kind, table, column, comment or value)."""
    wanted = fold(query).strip()
    for table in context.schema:
        if wanted in fold(table.full_name):
            yield "view" if table.is_view else "table", table.full_name, "", table.comment
        for column in table.columns:
            if wanted in fold(column.name):
                yield "column", table.full_name, column.name, column.comment
    for match in link_names(query, context.schema):
        named = context.schema.table(match.table)
        if match.column:
            yield "column", match.table, match.column, named.column(match.column).comment
        else:
            yield "view" if named.is_view else "table", match.table, "", named.comment
    for table in context.schema:
        if table.comment and wanted in fold(table.comment):
            yield "view" if table.is_view else "table", table.full_name, "", table.comment
        for column in table.columns:
            if column.comment and wanted in fold(column.comment):
                yield "column", table.full_name, column.name, column.comment
    for value in context.values.search(query) if context.values else ():
        yield "value", value.table, value.column, value.value
