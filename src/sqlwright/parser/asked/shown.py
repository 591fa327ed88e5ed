"""The columns that the user states to show for the rows of a table, in the place of one of them."""

from __future__ import annotations

from dataclasses import replace

from ...core import Hints
from ...core.meaning import Meaning
from ..form import ColumnRef, Expression, Query, Select

WHOLE_NAME = 0.9  # the score of a column that the question names


def with_shown_columns(query: Query, hints: Hints, meaning: Meaning) -> Query:
    """`query` with all columns to show for a row where it shows one of them that the question does not name."""
    if not meaning.shown or not isinstance(query, Select) or query.source is not None:
        return query
    if query.distinct and len(query.items) > 1:
        return query
    named = {(name.table, name.column) for name in hints.names if name.score >= WHOLE_NAME}
    items: list[Expression] = []
    for item in query.items:
        shown = meaning.shown_of(item.table.table) if isinstance(item, ColumnRef) else ()
        if isinstance(item, ColumnRef) and item.column in shown and (item.table.table, item.column) not in named:
            items += [replace(item, column=column) for column in shown]
        else:
            items.append(item)
    return replace(query, items=tuple(dict.fromkeys(items)))
