"""Columns of times without seconds, 31/12/2024 18:30, which DuckDB's reader leaves as text."""

from __future__ import annotations

from itertools import product

import duckdb

from ...core import quote_identifier
from .text_columns import is_missing, text_columns

_TIME = r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4} \d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?"
_ORDERS = ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y")  # where both fit, the day is first, as in DuckDB's own reading
_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p")


def read_times(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make TIMESTAMP of each text column of `table` that holds nothing else; words for a missing value become NULL."""
    name = quote_identifier(table, "duckdb", always=True)
    for _, column in text_columns(connection, table):
        value, present = f"trim({column})", f"FROM {name} WHERE {column} IS NOT NULL AND NOT {is_missing(column)}"
        found = connection.execute(f"SELECT bool_and(regexp_full_match({value}, '{_TIME}')) {present}").fetchone()
        if not found or not found[0]:
            continue
        for order in _ORDERS:
            forms = [f"{order.format(mark)} {clock}" for mark, clock in product("/.-", _CLOCKS)]
            read = f"try_strptime({value}, {forms!r})"
            fits = connection.execute(f"SELECT bool_and({read} IS NOT NULL) {present}").fetchone()
            if fits and fits[0]:
                connection.execute(f"ALTER TABLE {name} ALTER COLUMN {column} TYPE TIMESTAMP USING {read}")
                break
