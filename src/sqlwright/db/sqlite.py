"""SQLite: one reused read-only connection, locked by an authorizer and stopped by a progress handler."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from ..core import ConnectError, Dialect, NotFoundError, Outcome, QueryLimits, Schema, quote_identifier
from .fetch import collect, trim_error
from .sqlite_schema import read_schema

# How many virtual machine steps pass between two looks at the clock. A look costs about 0.3 us and 10,000 steps
# take 0.1 to 1 ms, so the handler costs under 1 % and a limit is late by a millisecond or so.
STEPS_PER_CHECK = 10_000
# Longest wait for a writer's lock; SQLite looks at no clock of ours meanwhile.
BUSY_TIMEOUT_S = 0.4
MAX_SQL_BYTES = 1 << 20
INNOCUOUS = 0x200000  # SQLITE_INNOCUOUS: no side effects, nothing beyond the arguments is read
# Full-text search asks for these by name; they read the table of the query and nothing else.
SEARCH_FUNCTIONS = frozenset({"match", "bm25", "highlight", "snippet", "matchinfo", "offsets"})
# Innocuous by SQLite's flag, yet: writes to the log, or tells of the build.
UNWANTED = frozenset({"sqlite_log", "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_source_id"})
_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})


class SqliteEngine:
    """One SQLite file.

    The connection can be shared by all statements of the process's life, since none can change its state: the
    authorizer allows reads and listed functions and refuses PRAGMA, ATTACH, BEGIN, temporary objects and writes.
    """

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        self.location = str(path.resolve())
        self._lock = threading.Lock()
        self._deadline = 0.0
        self._stopped = False
        self._length = 0
        self._functions = self._read_functions()
        self._connection = self._open_locked()

    def introspect(self, *, row_counts: bool = False, samples: int = 0) -> Schema:
        with closing(connect_read_only(self.path)) as connection:
            return read_schema(connection, self.name, row_counts=row_counts, samples=samples)

    def functions(self) -> frozenset[str]:
        return self._functions

    def execute(self, sql: str, limits: QueryLimits) -> Outcome:
        with self._lock:
            self._limit_length(limits.max_result_bytes)
            self._stopped = False
            started = time.monotonic()
            self._deadline = started + limits.timeout_s
            try:
                outcome = self._fetch(sql, limits)
            except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError, MemoryError) as error:
                outcome = self._explain(sql, error)
            finally:
                elapsed = time.monotonic() - started
                self._deadline = float("inf")
            return Outcome(outcome.status, sql, outcome.table, outcome.error, elapsed_s=elapsed)

    def interrupt(self) -> None:
        self._stopped = True

    def again(self) -> SqliteEngine:
        return SqliteEngine(self.path)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _fetch(self, sql: str, limits: QueryLimits) -> Outcome:
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
            return self._fetch(sql, limits)

    def _explain(self, sql: str, error: BaseException) -> Outcome:
        """The Outcome of a failed statement; Ctrl-C, which the handler can only pass on as an error, is raised."""
        if "interrupted" in str(error):
            if self._stopped:
                return Outcome("error", sql, error="Stopped on request.")
            if time.monotonic() >= self._deadline:
                return Outcome("timeout", sql)
            raise KeyboardInterrupt from error
        return Outcome("error", sql, error=trim_error(str(error) or type(error).__name__))

    def _out_of_time(self) -> bool:
        return self._stopped or time.monotonic() >= self._deadline

    def _limit_length(self, max_bytes: int) -> None:
        # No cell may be larger than the whole result: zeroblob(900000000) is refused before it is made.
        if sys.version_info >= (3, 11) and max_bytes != self._length:
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(max(max_bytes, MAX_SQL_BYTES), 2**31 - 1))
            self._length = max_bytes

    def _read_functions(self) -> frozenset[str]:
        with closing(connect_read_only(self.path)) as connection:
            listed = connection.execute("SELECT lower(name), flags FROM pragma_function_list").fetchall()
        safe = {name for name, flags in listed if flags & INNOCUOUS or name.startswith(("json", "->"))}
        return frozenset(safe | ({name for name, _ in listed} & SEARCH_FUNCTIONS)) - UNWANTED

    def _open_locked(self) -> sqlite3.Connection:
        connection = connect_read_only(self.path)
        connection.execute("PRAGMA query_only=1")
        open_virtual_tables(connection)
        if sys.version_info >= (3, 11):
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_BYTES)
            connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000)
        connection.set_progress_handler(self._out_of_time, STEPS_PER_CHECK)
        connection.set_authorizer(self._authorize)
        return connection

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


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A plain connection that cannot write to `path`. Raises NotFoundError and ConnectError."""
    if not path.is_file():
        raise NotFoundError(f"No database file {str(path)!r}.")
    # as_uri quotes ?, #, %, blanks and whatever else would read as part of the URI.
    uri = path.resolve().as_uri() + "?mode=ro"
    try:
        connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise _connect_error(path, error) from error
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise _connect_error(path, error) from error
    return connection


def open_virtual_tables(connection: sqlite3.Connection) -> None:
    """Connect every virtual table while all is allowed: R*Tree prepares its INSERT and DELETE when it opens."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'").fetchall()
    for (name,) in found:
        # Where its module is not in this build, a query that names the table says so.
        with suppress(sqlite3.Error):
            connection.execute(f"SELECT 1 FROM {quote_identifier(name, 'sqlite', always=True)} LIMIT 0").close()


def _connect_error(path: Path, error: sqlite3.Error) -> ConnectError:
    text = str(error)
    if "locked" in text:
        hint = "Another program is writing to it. Close that program, or ask a copy of the file."
    elif "not a database" in text or "malformed" in text:
        hint = "The file is damaged or encrypted. Check it with: sqlite3 FILE 'PRAGMA integrity_check'"
    else:
        hint = "A file in WAL mode needs a writable folder: copy it, with its -wal if there is one, and ask that."
    return ConnectError(f"Cannot read the SQLite file {str(path)!r}: {text}.", hint)
