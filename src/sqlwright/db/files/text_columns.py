"""The columns of a table that were read as text, and the words in them that mean a missing value."""

from __future__ import annotations

import duckdb

from ...core import quote_identifier

MISSING_WORDS = ("", "na", "nan", "null")


def text_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """The name of each text column of `table`, and the same in quotation marks."""
    described = connection.execute(f"DESCRIBE {quote_identifier(table, 'duckdb', always=True)}").fetchall()
    return [(row[0], quote_identifier(row[0], "duckdb", always=True)) for row in described if row[1] == "VARCHAR"]


def is_missing(column: str) -> str:
    """The SQL condition that a cell of the quoted `column` holds such a word."""
    words = ", ".join(f"'{word}'" for word in MISSING_WORDS)
    return f"lower(trim({column})) IN ({words})"
