"""Groups by years and quarters of a fiscal calendar, which the pointer form has no words for."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Profile, Schema
from ..core.meaning import CALENDAR_WORDS, FiscalYear, Meant
from .date_sql import DateSql, fiscal, storage_of
from .form import Called, ColumnRef, Expression, Query, Select, Written
from .walk import transform

_COLUMN = "{column}"
_GROUPS = ("year", "quarter", "by_quarter")


def in_fiscal_periods(query: Query, meant: Sequence[Meant], schema: Schema, profile: Profile) -> Query:
    """`query` with the groups by year and quarter of the fiscal calendar, where the question asks for those.

    The network reads "fiscal year" as "year" (`with_calendar_periods`), so its groups are those of the calendar.
    """
    year = next((m.item for m in meant if m.period in CALENDAR_WORDS and isinstance(m.item, FiscalYear)), None)
    if year is None or not isinstance(query, Select) or query.source is not None:
        return query

    def change(node: Expression) -> Expression:
        if isinstance(node, Called) and node.function in _GROUPS and isinstance(node.argument, ColumnRef):
            return _written(node.function, node.argument, year, schema, profile)
        return node

    return transform(query, change)


def _written(function: str, column: ColumnRef, year: FiscalYear, schema: Schema, profile: Profile) -> Written:
    table = schema.table(column.table.table)
    storage = storage_of(table.column(column.column), profile.of(table.full_name, column.column), schema.dialect)
    before, *between = fiscal(function, DateSql(_COLUMN, storage), schema.dialect, year).split(_COLUMN)
    parts: list[str | ColumnRef] = [before]
    for text in between:
        parts += [column, text]
    return Written(tuple(parts))
