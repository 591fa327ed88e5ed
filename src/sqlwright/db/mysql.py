"""MySQL and MariaDB: one read-only session, reset for each statement; rows are streamed, KILL QUERY stops them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any, cast

from ..core import Checked, ConnectError, Dialect, MissingExtraError, Outcome, QueryLimits, ResultTable, Schema
from .catalog import with_row_counts, with_samples
from .fetch import RowTooLargeError, collect, trim_error
from .mysql_schema import read_catalog
from .password import HOW, password_of, without_password
from .server import (
    CONNECT_TIMEOUT_S,
    SERVER_GRACE_S,
    Sessions,
    hidden,
    parse_url,
    place_of,
)

try:
    import pymysql
    from pymysql.connections import Connection
    from pymysql.cursors import SSCursor
    from pymysql.protocol import MysqlPacket
except ImportError as error:
    raise MissingExtraError("MySQL and MariaDB need the driver PyMySQL.", "mysql") from error

# Messages that name an object or a place in the text are of use; others may quote a stored value.
_NAMING_ERRORS = frozenset(
    {1044, 1046, 1049, 1052, 1054, 1055, 1060, 1064, 1066, 1109, 1140, 1142, 1146, 1247, 1305, 1356}
)

MAX_OWN_PACKET_BYTES = 64 << 20  # of a row of the catalogue
ROOM_BYTES = 64 << 10  # for what a packet holds besides the values
_RESET_CONNECTION = 0x1F  # COM_RESET_CONNECTION: MySQL 5.7.3, MariaDB 10.2.4
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
        self.url = parse_url(url, "mysql")
        self.name = self.url.database or ""
        self.location = place_of(self.url)
        self._sessions = Sessions(lambda: MysqlSession(self), explain)
        with self._sessions.lent():  # raises what is wrong with the URL
            pass

    def introspect(self, *, row_counts: bool = False, samples: int = 0) -> Schema:
        with self._sessions.lent() as connection, connection.cursor() as cursor:

            def fetch(statement: Checked) -> Sequence[tuple[Any, ...]]:
                cursor.execute(statement.sql)
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

    def execute(self, statement: Checked, limits: QueryLimits) -> Outcome:
        return self._sessions.run(statement, limits)

    def interrupt(self) -> None:
        self._sessions.interrupt()

    def again(self) -> MysqlEngine:
        return MysqlEngine(self.url.render_as_string(hide_password=False))

    def close(self) -> None:
        self._sessions.close()

    def connect(self) -> Any:  # the stubs lack thread_id and more
        """A new read-only session; PyMySQL sends one statement at a time unless asked. Raises ConnectError."""
        password = password_of(self.url)
        if password is None:
            password = os.environ.get("MYSQL_PWD", "")
        options = {key: value for key, value in self.url.query.items() if isinstance(value, str)}
        options.setdefault("charset", "utf8mb4")
        if "unix_socket" in options:
            options.setdefault("ssl_disabled", "yes")  # TLS to oneself would cost 20 ms a session
        try:
            return _BoundedConnection(
                host=self.url.host or "localhost",
                port=self.url.port or 3306,
                user=self.url.username,
                password=password,
                database=self.name,
                connect_timeout=CONNECT_TIMEOUT_S,
                local_infile=False,
                autocommit=True,
                init_command="SET SESSION TRANSACTION READ ONLY",
                **cast("Any", options),
            )
        except (pymysql.Error, OSError, TypeError) as error:
            text = without_password(trim_error(str(error.args[-1] if error.args else error)), password)
            raise ConnectError(f"Cannot connect to {hidden(self.url)}: {text}", _connect_hint(text)) from None


class _BoundedConnection(Connection):
    """A connection that does not read a packet, which is a row, of more than `max_packet_bytes`."""

    max_packet_bytes = MAX_OWN_PACKET_BYTES
    _packet_bytes = 0

    def _read_packet(self, packet_type: type[MysqlPacket] = MysqlPacket) -> MysqlPacket:
        self._packet_bytes = 0
        return cast("MysqlPacket", super()._read_packet(packet_type))  # type: ignore[no-untyped-call]

    def _read_bytes(self, num_bytes: int) -> bytes:
        self._packet_bytes += num_bytes
        if self._packet_bytes > self.max_packet_bytes:
            raise RowTooLargeError
        return cast("bytes", super()._read_bytes(num_bytes))  # type: ignore[misc]


class MysqlSession:
    """See `server.Session`."""

    def __init__(self, engine: MysqlEngine) -> None:
        self._engine = engine
        self.connection = engine.connect()
        self._is_mariadb = "mariadb" in self.connection.get_server_info().lower()
        self._used = False
        self._cursor: SSCursor | None = None  # kept: a collected cursor would read all its rows

    def begin(self, limits: QueryLimits) -> None:
        connection = self.connection
        connection.max_packet_bytes = MAX_OWN_PACKET_BYTES
        if self._used:
            # Settings, variables, locks, temporary tables and prepared statements; not the default database.
            connection._execute_command(_RESET_CONNECTION, b"")
            connection._read_ok_packet()
            connection.set_character_set(connection.charset)
            connection.select_db(self._engine.name)
        self._used = True
        seconds = limits.timeout_s + SERVER_GRACE_S
        if self._is_mariadb:
            # Without the second setting a recursive query would end after 1,000 rounds with a wrong answer.
            limit = f"max_statement_time = {seconds:.3f}, max_recursive_iterations = 4294967295"
        else:
            limit = f"SESSION max_execution_time = {max(1, int(seconds * 1000))}"
        with connection.cursor() as cursor:
            cursor.execute(f"{PLAIN_READING}, autocommit = 1, {limit}")
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("START TRANSACTION READ ONLY")

    def select(self, statement: Checked, limits: QueryLimits) -> ResultTable:
        self.connection.max_packet_bytes = limits.max_result_bytes + ROOM_BYTES
        cursor = self._cursor = self.connection.cursor(SSCursor)
        cursor.execute(statement.sql)
        if cursor.description is None:
            raise pymysql.ProgrammingError("The statement gives no rows.")
        return collect([column[0] for column in cursor.description], _rows(cursor), limits)

    def stop(self) -> None:
        with closing(self._engine.connect()) as other, other.cursor() as cursor:
            cursor.execute(f"KILL QUERY {self.connection.thread_id()}")

    def end(self) -> None:
        self.connection.rollback()

    def close(self) -> None:
        # Closing the cursor would first read the rows we left; without the socket the server rolls back.
        if self.connection._result is not None:
            self.connection._result.unbuffered_active = False
        with suppress(pymysql.Error, OSError):
            self.connection._force_close()


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
        return f"Check user and password. {HOW}"
    if "Unknown database" in text:
        return "Check the database's name."
    return "Is the server running, and are host and port right?"
