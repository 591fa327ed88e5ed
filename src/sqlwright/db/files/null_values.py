"""Columns of numbers in which NA, NaN or NULL stands for a missing value, as R and pandas write it."""

from __future__ import annotations

import duckdb

from ...core import quote_identifier
from .text_columns import is_missing, text_columns

# The first that holds all other values is taken. A cast alone would round 39.02 and drop a time of day.
TYPES = {"BIGINT": r"[+-]?\d+", "DOUBLE": ".+", "DATE": r"\d{4}-\d{2}-\d{2}", "TIMESTAMP": ".+"}


def read_missing(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Give text columns of `table` that hold nothing else than such words and numbers, or times, that type.

    A column with any other text stays as it is, so that NA remains Namibia among codes of countries.
    """
    name = quote_identifier(table, "duckdb", always=True)
    for _, column in text_columns(connection, table):
        missing = is_missing(column)
        fits = ", ".join(
            f"coalesce(bool_and(TRY_CAST({column} AS {kind}) IS NOT NULL "
            f"AND regexp_full_match(trim({column}), '{pattern}')), false)"
            for kind, pattern in TYPES.items()
        )
        found = connection.execute(f"SELECT {fits} FROM {name} WHERE {column} IS NOT NULL AND NOT {missing}").fetchone()
        kind = next((kind for kind, fit in zip(TYPES, found or (), strict=False) if fit), None)
        if kind:
            connection.execute(
                f"ALTER TABLE {name} ALTER COLUMN {column} TYPE {kind} "
                f"USING CASE WHEN {missing} THEN NULL ELSE CAST({column} AS {kind}) END"
            )
