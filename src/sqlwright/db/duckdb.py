"""DuckDB: one locked instance, a fresh connection per statement, stopped by its own interrupt."""

from __future__ import annotations

import os
import re
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import duckdb

from ..core import ConnectError, Dialect, NotFoundError, Outcome, QueryLimits, ResultTable, Schema
from .catalog import with_row_counts, with_samples
from .duckdb_schema import read_catalog
from .duckdb_values import as_python, awkward, with_text
from .fetch import collect, trim_error
from .watch import watch

# Set as the database opens; the last one makes the others final, for this process's later connections as well.
LOCKS: dict[str, str] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "50%",
    "threads": str(min(4, os.cpu_count() or 1)),
    "temp_directory": "",
    "lock_configuration": "true",
}
FETCH_ROWS = 256


class DuckdbEngine:
    """One DuckDB file.

    DuckDB calls its SQL no security boundary. What is held here: the file is read-only, no other file or network is
    reached, settings are final, only SELECT statements by DuckDB's own parser run, and temporary objects end with
    the statement's connection.
    """

    dialect: Dialect = "duckdb"

    def __init__(self, path: Path, name: str = "") -> None:
        self.path = path
        self.name = name or path.stem
        self.location = str(path.resolve())
        self._lock = threading.Lock()
        self._running: duckdb.DuckDBPyConnection | None = None
        self._connection = _connect(path)

    def introspect(self, *, row_counts: bool = False, samples: int = 0) -> Schema:
        with closing(self._connection.cursor()) as cursor:

            def fetch(sql: str) -> list[tuple[Any, ...]]:
                return cursor.execute(sql).fetchall()

            catalog = read_catalog(fetch, self.name)
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

    def execute(self, sql: str, limits: QueryLimits) -> Outcome:
        with self._lock:
            cursor = self._running = self._connection.cursor()
            try:
                done = watch(lambda: _select(cursor, sql, limits), limits.timeout_s, cursor.interrupt)
            finally:
                self._running = None
        if done.late:
            return Outcome("timeout", sql, elapsed_s=done.elapsed_s)
        if done.value is not None:
            return Outcome("rows", sql, done.value, elapsed_s=done.elapsed_s)
        return Outcome("error", sql, error=explain(done.error), elapsed_s=done.elapsed_s)

    def interrupt(self) -> None:
        if (running := self._running) is not None:
            running.interrupt()

    def again(self) -> DuckdbEngine:
        return DuckdbEngine(self.path, self.name)

    def close(self) -> None:
        # A statement that nothing could stop may still be at work; it ends by itself.
        with self._lock, suppress(duckdb.Error):
            self._connection.close()


def _select(cursor: duckdb.DuckDBPyConnection, sql: str, limits: QueryLimits) -> ResultTable:
    """Runs in a thread of its own, and closes `cursor` there: nobody else knows when it is done."""
    with closing(cursor):
        return _fetch(cursor, sql, limits)


def _fetch(cursor: duckdb.DuckDBPyConnection, sql: str, limits: QueryLimits) -> ResultTable:
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
    return [column[0] for column in cursor.description], [str(column[1]) for column in cursor.description]


def _rows(cursor: duckdb.DuckDBPyConnection) -> Any:
    while rows := cursor.fetchmany(FETCH_ROWS):
        yield from rows


def explain(error: BaseException | None) -> str:
    """DuckDB's message. A failed conversion quotes the value, which may be a secret: left out."""
    if isinstance(error, duckdb.InterruptException):
        return "Stopped on request."
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
            hint = "The file is damaged, or no DuckDB database."
        raise ConnectError(f"Cannot open the DuckDB file {str(path)!r}: {trim_error(text)}", hint) from error
