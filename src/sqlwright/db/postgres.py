"""PostgreSQL: one read-only session, reset for each statement; rows are streamed over the extended protocol."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from ..core import Checked, ConnectError, Dialect, MissingExtraError, Outcome, QueryLimits, ResultTable, Schema
from .catalog import with_row_counts, with_samples
from .fetch import collect, trim_error
from .password import HOW, password_of, without_password
from .postgres_bounds import bounded
from .postgres_schema import read_catalog
from .server import (
    CONNECT_TIMEOUT_S,
    SERVER_GRACE_S,
    Sessions,
    hidden,
    parse_url,
    place_of,
)

try:
    import psycopg
    from psycopg.conninfo import make_conninfo
    from psycopg.pq import ExecStatus

    from .postgres_values import register_loaders
except ImportError as error:
    raise MissingExtraError("PostgreSQL needs the driver psycopg.", "postgres") from error

# SELECT 1 comes first: once a query has run, SET TRANSACTION READ WRITE is refused.
LOCKS = """
SET standard_conforming_strings = on;
SET default_transaction_read_only = on;
SET statement_timeout = {timeout_ms};
SET lock_timeout = {timeout_ms};
SET idle_in_transaction_session_timeout = {idle_ms};
BEGIN READ ONLY;
SELECT 1
"""


class PostgresEngine:
    """One PostgreSQL database. How far it is read-only rests on the role's rights too: see `describe_rights`."""

    dialect: Dialect = "postgres"

    def __init__(self, url: str) -> None:
        self.url = parse_url(url, "postgres")
        self.name = self.url.database or ""
        self.location = place_of(self.url)
        self._sessions = Sessions(lambda: PostgresSession(self.connect()), explain)
        with self._sessions.lent():  # raises what is wrong with the URL
            pass

    def introspect(self, *, row_counts: bool = False, samples: int = 0) -> Schema:
        with self._sessions.lent() as connection:

            def fetch(statement: Checked) -> list[tuple[Any, ...]]:
                with connection.transaction():  # a savepoint: one table that cannot be read spoils no other
                    rows: list[tuple[Any, ...]] = connection.execute(statement.sql.encode()).fetchall()
                return rows

            catalog = read_catalog(fetch, self.name)
            schema = catalog.schema()
            if samples:
                schema = with_samples(catalog, schema, samples, fetch, psycopg.Error)
            return with_row_counts(schema, fetch, psycopg.Error) if row_counts else schema

    def functions(self) -> frozenset[str]:
        """Of pg_catalog only: anyone may declare a writing function of one's own IMMUTABLE."""
        with self._sessions.lent() as connection:
            rows = connection.execute(
                "SELECT proname FROM pg_catalog.pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace "
                "GROUP BY proname HAVING bool_and(provolatile <> 'v')"
            ).fetchall()
        return frozenset(name for (name,) in rows)

    def execute(self, statement: Checked, limits: QueryLimits) -> Outcome:
        return self._sessions.run(statement, limits)

    def interrupt(self) -> None:
        self._sessions.interrupt()

    def again(self) -> PostgresEngine:
        return PostgresEngine(self.url.render_as_string(hide_password=False))

    def close(self) -> None:
        self._sessions.close()

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A new session that writes nothing by default. Raises ConnectError."""
        url, password = self.url, password_of(self.url)
        settings: dict[str, Any] = {
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "password": password,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "sqlwright",
            **{key: value for key, value in url.query.items() if isinstance(value, str)},
            "dbname": self.name,
            "client_encoding": "UTF8",
        }
        try:
            connection = psycopg.connect(make_conninfo(**settings), autocommit=True, prepare_threshold=None)
            connection.execute("SET default_transaction_read_only = on")
        except psycopg.Error as error:
            text = without_password(trim_error(str(error)), password)
            raise ConnectError(f"Cannot connect to {hidden(self.url)}: {text}", _connect_hint(text)) from None
        return connection


class PostgresSession:
    """See `server.Session`."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.connection = connection
        self._used = False
        register_loaders(connection)

    def begin(self, limits: QueryLimits) -> None:
        if self._used:
            # Settings, the role, locks, prepared statements, cursors, temporary tables, sequences.
            self.connection.execute("DISCARD ALL")
        self._used = True
        milliseconds = max(1, int((limits.timeout_s + SERVER_GRACE_S) * 1000))
        self.connection.execute(LOCKS.format(timeout_ms=milliseconds, idle_ms=milliseconds + 5000).encode())

    def select(self, statement: Checked, limits: QueryLimits) -> ResultTable:
        sql = statement.sql
        names, types = self._describe(sql)
        bounds = bounded(sql, types, limits)
        if bounds is not None:
            sql, limits = bounds.sql, replace(limits, max_cell_bytes=bounds.max_cell_bytes)
        with self.connection.cursor() as cursor:
            # stream() sends by the extended protocol, which takes one statement only, and holds one row at a time.
            rows: Iterator[tuple[Any, ...]] = cursor.stream(sql.encode())
            first = next(rows, None)
            if first is None:
                return ResultTable(names, ())
            read = chain([first], rows)
            return collect(names, bounds.rows(read) if bounds else read, limits)

    def _describe(self, sql: str) -> tuple[tuple[str, ...], list[int]]:
        """Names and type oids of the columns. Raises the server's error."""
        connection = self.connection.pgconn
        for result in (connection.prepare(b"", sql.encode()), connection.describe_prepared(b"")):
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result)
        columns = range(result.nfields)
        return tuple((result.fname(i) or b"").decode() for i in columns), [result.ftype(i) for i in columns]

    def stop(self) -> None:
        self.connection.cancel_safe(timeout=2)

    def end(self) -> None:
        self.connection.rollback()

    def close(self) -> None:
        self.connection.close()  # the server rolls back


def explain(error: BaseException) -> str:
    """The server's main line. A failed conversion (class 22) quotes the value, which may be a secret: left out."""
    if not isinstance(error, psycopg.Error):
        return trim_error(str(error) or type(error).__name__)
    text = error.diag.message_primary or str(error)
    if (error.sqlstate or "").startswith("22"):
        text = re.sub(r'"[^"]*"', '"…"', text)
    return trim_error(text)


def _connect_hint(text: str) -> str:
    if "password" in text or "authentication" in text:
        return f"Check user and password. {HOW}"
    if "does not exist" in text:
        return "Check the database's and the role's name."
    return "Is the server running, and are host and port right?"
