"""Columns of numbers with a decimal comma, as much of Europe writes them: 1.234,50."""

from __future__ import annotations

import duckdb

from ...core import quote_identifier
from .text_columns import is_missing, text_columns

_NUMBER = r"[+-]?(\d+|\d{1,3}([.\x{a0} ]\d{3})+)(,\d+)?"
_TELLING = r".*,(\d{1,2}|\d{4,})"  # 1,234 alone may be a thousand and more


def read_decimal_commas(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Make DOUBLE of each text column of `table` that holds nothing else; words for a missing value become NULL.

    Returns a remark for each such column. For files whose delimiter is not the comma: where it is, a comma in a cell
    is more often text.
    """
    name = quote_identifier(table, "duckdb", always=True)
    remarks = []
    for text, column in text_columns(connection, table):
        value, missing = f"trim({column})", is_missing(column)
        found = connection.execute(
            f"SELECT bool_and(regexp_full_match({value}, '{_NUMBER}')), "
            f"bool_or(regexp_full_match({value}, '{_TELLING}')) "
            f"FROM {name} WHERE {column} IS NOT NULL AND NOT {missing}"
        ).fetchone()
        if found and all(found):
            plain = f"replace(regexp_replace({value}, '[.\\x{{a0}} ]', '', 'g'), ',', '.')"
            connection.execute(
                f"ALTER TABLE {name} ALTER COLUMN {column} TYPE DOUBLE "
                f"USING CASE WHEN {missing} THEN NULL ELSE CAST({plain} AS DOUBLE) END"
            )
            remarks.append(f"{table}.{text}: read as numbers; 1,5 is 1.5")
    return remarks
