"""DuckDB inside the child process: one locked instance, a fresh connection per statement."""

from __future__ import annotations

import os
import re
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from ....core import Checked, ConnectError, NotFoundError, Outcome, QueryLimits, ResultTable, Schema
from ...catalog import with_row_counts, with_samples
from ...fetch import MEMORY_ERROR, collect, trim_error
from .catalog import read_catalog
from .values import as_python, awkward, with_text

MEMORY_LIMIT = "512MB"  # of DuckDB's own accounting: the child's address space bounds what is not in it
# Set as the database opens; the last one makes the others final, for this process's later connections as well.
LOCKS: dict[str, str] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": MEMORY_LIMIT,
    "threads": str(min(4, os.cpu_count() or 1)),
    "temp_directory": "",
    "lock_configuration": "true",
}
FETCH_ROWS = 256


class LockedDuckdb:
    """One DuckDB file. There is no clock here: the parent kills the process.

    DuckDB calls its SQL no security boundary. What is held here: the file is read-only, no other file or network is
    reached, settings are final, only SELECT statements by DuckDB's own parser run, and temporary objects end with
    the statement's connection.
    """

    def __init__(self, path: Path) -> None:
        """Raises NotFoundError and ConnectError."""
        self._connection = _connect(path)

    def introspect(self, db_id: str, *, row_counts: bool = False, samples: int = 0) -> Schema:
        with closing(self._connection.cursor()) as cursor:

            def fetch(statement: Checked) -> list[tuple[Any, ...]]:
                return cursor.execute(statement.sql).fetchall()

            catalog = read_catalog(fetch, db_id)
            schema = catalog.schema()
            if samples:
                schema = with_samples(catalog, schema, samples, fetch, duckdb.Error)
            return with_row_counts(schema, fetch, duckdb.Error) if row_counts else schema

    def functions(self) -> frozenset[str]:
        """No name that a macro of the default schema has too: there the bare name calls the macro."""
        with closing(self._connection.cursor()) as cursor:
            rows = cursor.execute(
                "SELECT lower(function_name) FROM duckdb_functions() "
                "WHERE (NOT internal AND schema_name = 'main') "
                "OR (internal AND function_type IN ('scalar', 'aggregate', 'window', 'macro')) GROUP BY ALL "
                "HAVING bool_and(internal AND coalesce(stability, '') <> 'VOLATILE')"
            ).fetchall()
        return frozenset(name for (name,) in rows)

    def execute(self, statement: Checked, limits: QueryLimits) -> Outcome:
        sql, started = statement.sql, time.monotonic()
        try:
            with closing(self._connection.cursor()) as cursor:
                table = _fetch(cursor, statement, limits)
        except (duckdb.OutOfMemoryException, MemoryError):
            return Outcome("error", sql, error=MEMORY_ERROR, elapsed_s=time.monotonic() - started)
        except Exception as error:  # noqa: BLE001  values that no Python type holds raise many kinds
            return Outcome("error", sql, error=explain(error), elapsed_s=time.monotonic() - started)
        return Outcome("rows", sql, table, elapsed_s=time.monotonic() - started)

    def close(self) -> None:
        self._connection.close()


_NAMES = {"count_star()": "count(*)"}  # the engine's own name of an output, as people write it


def _fetch(cursor: duckdb.DuckDBPyConnection, statement: Checked, limits: QueryLimits) -> ResultTable:
    sql = statement.sql
    statements = cursor.extract_statements(sql)
    # A PIVOT without IN is two statements: the values become a temporary type of this cursor, then they are columns.
    reading = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI)
    if len(statements) != 1 or statements[0].type not in reading:
        raise duckdb.InvalidInputException("Only one SELECT statement can be run.")
    cursor.execute(statements[0])
    names, kinds = _describe(cursor)
    as_text = awkward(kinds)
    if as_text:
        cursor.execute(with_text(sql, len(kinds), as_text))
    try:
        return collect(names, as_python(_rows(cursor), kinds), limits)
    except (OverflowError, ValueError):
        # An interval of 5,000,000 years and the like: no Python value holds it, its text does.
        cursor.execute(with_text(sql, len(kinds), awkward(kinds, ("DATE", "TIME", "INTERVAL"))))
        return collect(names, as_python(_rows(cursor), kinds), limits)


def _describe(cursor: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    names = [_NAMES.get(column[0], column[0]) for column in cursor.description]
    return names, [str(column[1]) for column in cursor.description]


def _rows(cursor: duckdb.DuckDBPyConnection) -> Any:
    while rows := cursor.fetchmany(FETCH_ROWS):
        yield from rows


def explain(error: BaseException) -> str:
    """DuckDB's message. A failed conversion quotes the value, which may be a secret: left out."""
    text = str(error)
    if isinstance(error, duckdb.ConversionException):
        text = re.sub(r"'.*'|\".*\"", "…", text.split("LINE ", maxsplit=1)[0], flags=re.DOTALL)
    return trim_error(text)


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    if not path.is_file():
        raise NotFoundError(f"No database file {str(path)!r}.")
    try:
        return duckdb.connect(str(path), read_only=True, config=dict(LOCKS))
    except duckdb.Error as error:
        text = str(error)
        if "lock" in text or "different configuration" in text:
            hint = "It is open for writing elsewhere. Close that connection, or ask a copy of the file."
        elif "version" in text:
            hint = "It was written by another DuckDB version: pip install -U duckdb, or EXPORT DATABASE there."
        else:
            hint = "The file is damaged, or not a DuckDB database."
        raise ConnectError(f"Cannot open the DuckDB file {str(path)!r}: {trim_error(text)}", hint) from error
