"""PostgreSQL: a read-only session per statement, rows streamed one by one over the extended protocol."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from typing import Any

from ..core import ConnectError, Dialect, MissingExtraError, Outcome, QueryLimits, ResultTable, Schema
from .catalog import with_row_counts, with_samples
from .fetch import collect, trim_error
from .postgres_schema import read_catalog
from .server import (
    CATALOGUE_TIMEOUT_S,
    CONNECT_TIMEOUT_S,
    SERVER_GRACE_S,
    OneStatement,
    hidden,
    parse_url,
    place_of,
    without_password,
)

try:
    import psycopg
    from psycopg.conninfo import make_conninfo

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
        self.url = parse_url(url)
        self.name = self.url.database or ""
        self.location = place_of(self.url)
        self._statements = OneStatement(self._open_session, explain)
        self.connect().close()

    def introspect(self, *, row_counts: bool = False, samples: int = 0) -> Schema:
        with closing(self.connect()) as connection:
            connection.execute(f"SET statement_timeout = {CATALOGUE_TIMEOUT_S * 1000}".encode())
            connection.execute("BEGIN READ ONLY")

            def fetch(sql: str) -> list[tuple[Any, ...]]:
                with connection.transaction():  # a savepoint: one table that cannot be read spoils no other
                    return connection.execute(sql.encode()).fetchall()

            catalog = read_catalog(fetch, self.name)
            schema = catalog.schema()
            if samples:
                schema = with_samples(catalog, schema, samples, fetch, psycopg.Error)
            return with_row_counts(schema, fetch, psycopg.Error) if row_counts else schema

    def functions(self) -> frozenset[str]:
        """Of pg_catalog only: anyone may declare a writing function of one's own IMMUTABLE."""
        with closing(self.connect()) as connection:
            rows = connection.execute(
                "SELECT proname FROM pg_catalog.pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace "
                "GROUP BY proname HAVING bool_and(provolatile <> 'v')"
            ).fetchall()
        return frozenset(name for (name,) in rows)

    def execute(self, sql: str, limits: QueryLimits) -> Outcome:
        return self._statements.run(sql, limits)

    def interrupt(self) -> None:
        self._statements.interrupt()

    def again(self) -> PostgresEngine:
        return PostgresEngine(self.url.render_as_string(hide_password=False))

    def close(self) -> None:
        """Nothing stays open between statements."""

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A new session that writes nothing by default. Raises ConnectError."""
        url = self.url
        settings: dict[str, Any] = {
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "password": url.password,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "sqlwright",
            **{key: value for key, value in url.query.items() if isinstance(value, str)},
            "dbname": self.name,
            "client_encoding": "UTF8",
        }
        try:
            connection = psycopg.connect(make_conninfo(**settings), autocommit=True)
            connection.execute("SET default_transaction_read_only = on")
        except psycopg.Error as error:
            text = without_password(trim_error(str(error)), self.url)
            raise ConnectError(f"Cannot connect to {hidden(self.url)}: {text}", _connect_hint(text)) from None
        return connection

    def _open_session(self, limits: QueryLimits) -> PostgresSession:
        connection = self.connect()
        milliseconds = max(1, int((limits.timeout_s + SERVER_GRACE_S) * 1000))
        connection.execute(LOCKS.format(timeout_ms=milliseconds, idle_ms=milliseconds + 5000).encode())
        register_loaders(connection)
        return PostgresSession(connection)


class PostgresSession:
    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def select(self, sql: str, limits: QueryLimits) -> ResultTable:
        with self._connection.cursor() as cursor:
            # stream() sends by the extended protocol, which takes one statement only, and holds one row at a time.
            rows: Iterator[tuple[Any, ...]] = cursor.stream(sql.encode())
            first = next(rows, None)
            if first is None:
                return ResultTable(self._names(sql), ())
            names = [column.name for column in cursor.description or ()]
            return collect(names, chain([first], rows), limits)

    def _names(self, sql: str) -> tuple[str, ...]:
        """The columns of a result without rows, for which stream() has no description."""
        self._connection.pgconn.prepare(b"empty", sql.encode())
        described = self._connection.pgconn.describe_prepared(b"empty")
        return tuple((described.fname(i) or b"").decode() for i in range(described.nfields))

    def stop(self) -> None:
        self._connection.cancel_safe(timeout=2)

    def close(self) -> None:
        self._connection.close()  # the server rolls back


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
        return "Check user and password; a password's @ / : are written %40 %2F %3A in a URL."
    if "does not exist" in text:
        return "Check the database's and the role's name."
    return "Is the server running, and are host and port right?"
