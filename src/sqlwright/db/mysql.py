"""MySQL and MariaDB: a read-only session per statement, rows streamed, stopped by KILL QUERY."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any, cast

from ..core import ConnectError, Dialect, MissingExtraError, Outcome, QueryLimits, ResultTable, Schema
from .catalog import with_row_counts, with_samples
from .fetch import collect, trim_error
from .mysql_schema import read_catalog
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
    import pymysql
    from pymysql.cursors import SSCursor
except ImportError as error:
    raise MissingExtraError("MySQL and MariaDB need the driver PyMySQL.", "mysql") from error

# Messages that name an object or a place in the text are of use; others may quote a stored value.
_NAMING_ERRORS = frozenset({1044, 1046, 1049, 1052, 1054, 1055, 1060, 1064, 1066, 1109, 1140, 1142, 1146, 1247, 1305})


# The guard reads text by the default rules; these modes change what a quote, a backslash, || or a blank means.
PLAIN_READING = (
    "SET SESSION sql_mode = REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(CONCAT(',', @@sql_mode, ','), "
    "',ANSI_QUOTES,', ','), ',NO_BACKSLASH_ESCAPES,', ','), ',PIPES_AS_CONCAT,', ','), ',IGNORE_SPACE,', ','), "
    "',ANSI,', ',')"
)


class MysqlEngine:
    """One MySQL or MariaDB database. DDL and FILE are held only by the user's rights: see `describe_rights`."""

    dialect: Dialect = "mysql"

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.name = self.url.database or ""
        self.location = place_of(self.url)
        self._statements = OneStatement(self._open_session, explain)
        with closing(self.connect()) as connection:
            self.is_mariadb = "mariadb" in connection.get_server_info().lower()

    def introspect(self, *, row_counts: bool = False, samples: int = 0) -> Schema:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            self._limit(cursor, CATALOGUE_TIMEOUT_S)

            def fetch(sql: str) -> Sequence[tuple[Any, ...]]:
                cursor.execute(sql)
                rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
                return rows

            catalog = read_catalog(fetch, self.name)
            schema = catalog.schema()
            if samples:
                schema = with_samples(catalog, schema, samples, fetch, pymysql.Error)
            return with_row_counts(schema, fetch, pymysql.Error) if row_counts else schema

    def functions(self) -> frozenset[str]:
        """Empty: neither server lists its functions with what they may do."""
        return frozenset()

    def execute(self, sql: str, limits: QueryLimits) -> Outcome:
        return self._statements.run(sql, limits)

    def interrupt(self) -> None:
        self._statements.interrupt()

    def again(self) -> MysqlEngine:
        return MysqlEngine(self.url.render_as_string(hide_password=False))

    def close(self) -> None:
        """Nothing stays open between statements."""

    def connect(self) -> Any:  # the stubs lack thread_id and more
        """A new read-only session; PyMySQL sends one statement at a time unless asked. Raises ConnectError."""
        options = {key: value for key, value in self.url.query.items() if isinstance(value, str)}
        options.setdefault("charset", "utf8mb4")
        if "unix_socket" in options:
            options.setdefault("ssl_disabled", "yes")  # TLS to oneself would cost 20 ms a session
        try:
            return pymysql.connect(
                host=self.url.host or "localhost",
                port=self.url.port or 3306,
                user=self.url.username,
                password=str(self.url.password or ""),
                database=self.name,
                connect_timeout=CONNECT_TIMEOUT_S,
                local_infile=False,
                autocommit=True,
                init_command="SET SESSION TRANSACTION READ ONLY",
                **cast("Any", options),
            )
        except (pymysql.Error, OSError, TypeError) as error:
            text = without_password(trim_error(str(error.args[-1] if error.args else error)), self.url)
            raise ConnectError(f"Cannot connect to {hidden(self.url)}: {text}", _connect_hint(text)) from None

    def _open_session(self, limits: QueryLimits) -> MysqlSession:
        connection = self.connect()
        with connection.cursor() as cursor:
            self._limit(cursor, limits.timeout_s + SERVER_GRACE_S)
            cursor.execute(PLAIN_READING)
            cursor.execute("START TRANSACTION READ ONLY")
        return MysqlSession(self, connection)

    def _limit(self, cursor: Any, seconds: float) -> None:
        if self.is_mariadb:
            # Without the second setting a recursive query would end after 1,000 rounds with a wrong answer.
            cursor.execute(f"SET max_statement_time = {seconds:.3f}, max_recursive_iterations = 4294967295")
        else:
            cursor.execute(f"SET SESSION max_execution_time = {max(1, int(seconds * 1000))}")


class MysqlSession:
    def __init__(self, engine: MysqlEngine, connection: Any) -> None:
        self._engine = engine
        self._connection = connection
        self._cursor: SSCursor | None = None  # kept: a collected cursor would read all its rows

    def select(self, sql: str, limits: QueryLimits) -> ResultTable:
        cursor = self._cursor = self._connection.cursor(SSCursor)
        cursor.execute(sql)
        if cursor.description is None:
            raise pymysql.ProgrammingError("The statement gives no rows.")
        return collect([column[0] for column in cursor.description], _rows(cursor), limits)

    def stop(self) -> None:
        with closing(self._engine.connect()) as other, other.cursor() as cursor:
            cursor.execute(f"KILL QUERY {self._connection.thread_id()}")

    def close(self) -> None:
        # Closing the cursor would first read the rows we left; without the socket the server rolls back.
        if self._connection._result is not None:
            self._connection._result.unbuffered_active = False
        with suppress(pymysql.Error, OSError):
            self._connection._force_close()


def _rows(cursor: SSCursor) -> Iterator[tuple[Any, ...]]:
    while (row := cursor.fetchone()) is not None:
        yield row


def explain(error: BaseException) -> str:
    """The server's message where it names objects; else its number, since XPATH and cast errors quote values."""
    if not isinstance(error, pymysql.Error) or len(error.args) < 2:
        return trim_error(str(error) or type(error).__name__)
    number, text = error.args[0], str(error.args[1])
    if number not in _NAMING_ERRORS:
        text = re.sub(r"'.*'", "'…'", text, flags=re.DOTALL)
    return trim_error(f"{text} ({number})")


def _connect_hint(text: str) -> str:
    if "Access denied" in text:
        return "Check user and password; a password's @ / : are written %40 %2F %3A in a URL."
    if "Unknown database" in text:
        return "Check the database's name."
    return "Is the server running, and are host and port right?"
