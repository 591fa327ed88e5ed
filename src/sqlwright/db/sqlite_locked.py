"""SQLite inside the child process: one reused read-only connection, locked by an authorizer and SQLite's limits."""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

from ..core import Checked, ConnectError, NotFoundError, Outcome, QueryLimits, Schema, quote_identifier
from .fetch import MEMORY_ERROR, collect, trim_error
from .sqlite_schema import read_schema

# Longest wait for a writer's lock.
BUSY_TIMEOUT_S = 0.4
MAX_SQL_BYTES = 1 << 20
# Memory of all of SQLite in this process, in bytes: sorts and temporary tables are held there and nothing is written to
# a temporary file. Python's copy of one row comes on top.
MAX_HEAP_BYTES = 384 << 20
MAX_SAMPLE_BYTES = 1 << 20  # of one cell while samples are read
INNOCUOUS = 0x200000  # SQLITE_INNOCUOUS: no side effects, nothing beyond the arguments is read
# Full-text search asks for these by name; they read the table of the query and nothing else.
SEARCH_FUNCTIONS = frozenset({"match", "bm25", "highlight", "snippet", "matchinfo", "offsets"})
# Innocuous by SQLite's flag, yet: writes to the log, or tells of the build.
UNWANTED = frozenset({"sqlite_log", "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_source_id"})
_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_CATALOGUE_PRAGMAS = frozenset({"table_xinfo", "table_list", "foreign_key_list"})


class LockedSqlite:
    """One SQLite file. There is no clock here: the parent kills the process.

    The connection can be shared by all statements of the process's life, since none can change its state: the
    authorizer allows reads and listed functions and refuses PRAGMA, ATTACH, BEGIN, temporary objects and writes.
    """

    def __init__(self, path: Path) -> None:
        """Raises NotFoundError and ConnectError."""
        self.path = path
        self._length = 0
        self._connection = connect_read_only(path)
        try:
            self._functions = _read_functions(self._connection)
            open_virtual_tables(self._connection)
        except sqlite3.Error as error:
            raise connect_error(path, error) from error
        self._connection.set_authorizer(self._authorize)

    def introspect(self, db_id: str, *, row_counts: bool = False, samples: int = 0) -> Schema:
        """Raises ConnectError for a file that cannot be read."""
        with closing(connect_read_only(self.path)) as connection:
            set_length_limit(connection, MAX_SAMPLE_BYTES)
            connection.set_authorizer(self._authorize_catalogue)
            try:
                return read_schema(connection, db_id, row_counts=row_counts, samples=samples)
            except (sqlite3.Error, MemoryError) as error:
                raise connect_error(self.path, error) from error

    def functions(self) -> frozenset[str]:
        """Raises ConnectError for a file that is locked or damaged by now: the child may have had it open before."""
        try:
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise connect_error(self.path, error) from error
        return self._functions

    def execute(self, statement: Checked, limits: QueryLimits) -> Outcome:
        sql, started = statement.sql, time.monotonic()
        # No cell may be larger than the whole result: zeroblob(900000000) is refused before it is made.
        if limits.max_result_bytes != self._length:
            self._length = limits.max_result_bytes
            set_length_limit(self._connection, self._length)
        try:
            outcome = self._fetch(statement, limits)
        except MemoryError:
            outcome = Outcome("error", sql, error=MEMORY_ERROR)
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            outcome = Outcome("error", sql, error=trim_error(str(error) or type(error).__name__))
        return Outcome(outcome.status, sql, outcome.table, outcome.error, elapsed_s=time.monotonic() - started)

    def close(self) -> None:
        self._connection.close()

    def _fetch(self, statement: Checked, limits: QueryLimits) -> Outcome:
        sql = statement.sql
        try:
            cursor = self._connection.execute(sql)
            if cursor.description is None:
                return Outcome("error", sql, error="The statement gives no rows.")
            with closing(cursor):
                names = [column[0] for column in cursor.description]
                return Outcome("rows", sql, collect(names, cursor, limits))
        except sqlite3.OperationalError as error:
            if "decode to UTF-8" not in str(error) or self._connection.text_factory is not str:
                raise
            # Some files hold text in another encoding. Python's own decoder is much faster than a callable,
            # so it stays until the first such value.
            self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            return self._fetch(statement, limits)

    def _authorize(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action in _READS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in self._functions:
            return sqlite3.SQLITE_OK
        # Declaring json_each and other table functions asks for this; mode=ro refuses a real write.
        if action == sqlite3.SQLITE_UPDATE and first == "sqlite_master":
            return sqlite3.SQLITE_OK
        # FTS5 asks whether another connection has written.
        if action == sqlite3.SQLITE_PRAGMA and first == "data_version" and second is None:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    def _authorize_catalogue(self, action: int, first: str | None, second: str | None, *rest: str | None) -> int:
        if action == sqlite3.SQLITE_PRAGMA and first in _CATALOGUE_PRAGMAS:
            return sqlite3.SQLITE_OK
        return self._authorize(action, first, second, *rest)


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A connection that cannot write to `path`, inside SQLite's own limits. Raises NotFoundError and ConnectError."""
    if not path.is_file():
        raise NotFoundError(f"No database file {str(path)!r}.")
    # as_uri quotes ?, #, %, blanks and whatever else would read as part of the URI.
    uri = path.resolve().as_uri() + "?mode=ro"
    try:
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise connect_error(path, error) from error
    try:
        _limit(connection)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (sqlite3.Error, MemoryError) as error:
        connection.close()
        raise connect_error(path, error) from error
    return connection


def _limit(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA hard_heap_limit={MAX_HEAP_BYTES}")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA trusted_schema=OFF")  # views and generated columns call harmless functions only
    connection.execute("PRAGMA query_only=1")
    if sys.version_info >= (3, 11):
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_BYTES)
        connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000)


def set_length_limit(connection: sqlite3.Connection, max_bytes: int) -> None:
    """The largest cell, and the largest row as stored, in bytes; no smaller than a statement may be."""
    if sys.version_info >= (3, 11):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(max(max_bytes, MAX_SQL_BYTES), 2**31 - 1))


def _read_functions(connection: sqlite3.Connection) -> frozenset[str]:
    listed = connection.execute("SELECT lower(name), flags FROM pragma_function_list").fetchall()
    safe = {name for name, flags in listed if flags & INNOCUOUS or name.startswith(("json", "->"))}
    return frozenset(safe | ({name for name, _ in listed} & SEARCH_FUNCTIONS)) - UNWANTED


def open_virtual_tables(connection: sqlite3.Connection) -> None:
    """Connect every virtual table while all is allowed: R*Tree prepares its INSERT and DELETE when it opens."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'").fetchall()
    for (name,) in found:
        # Where its module is not in this build, a query that names the table says so.
        with suppress(sqlite3.Error):
            connection.execute(f"SELECT 1 FROM {quote_identifier(name, 'sqlite', always=True)} LIMIT 0").close()


def connect_error(path: Path, error: Exception) -> ConnectError:
    text = str(error) or "out of memory"
    if "locked" in text:
        hint = "Another program is writing to it. Close that program, or ask a copy of the file."
    elif isinstance(error, MemoryError) or any(word in text for word in ("not a database", "malformed", "disk I/O")):
        hint = "The file is damaged or encrypted. Check it with: sqlite3 FILE 'PRAGMA integrity_check'"
    else:
        hint = "A file in WAL mode needs a writable folder: copy it, with its -wal if there is one, and ask that."
    return ConnectError(f"Cannot read the SQLite file {str(path)!r}: {text}.", hint)
