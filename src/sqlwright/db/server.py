"""What database servers have in common: a URL with a password to hide, and one session that is reset for each use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ..core import Checked, MissingExtraError, Outcome, QueryLimits, ResultTable, UsageError
from .timeout import watch

if TYPE_CHECKING:
    from sqlalchemy import URL

# The server's own limit is a little above ours: it is for the case that we can no longer reach it.
SERVER_GRACE_S = 0.3
CONNECT_TIMEOUT_S = 10
CATALOGUE_TIMEOUT_S = 30  # for each of our own queries: counts on a huge table, samples on a slow one


class Session(Protocol):
    """One connection to the server."""

    connection: Any

    def begin(self, limits: QueryLimits) -> None:
        """Take back all that earlier statements did to the session, and lock it for the next. Raises driver errors."""
        ...

    def select(self, statement: Checked, limits: QueryLimits) -> ResultTable: ...

    def stop(self) -> None:
        """Called from another thread, perhaps several times."""
        ...

    def end(self) -> None:
        """End the transaction, so that an idle session holds nothing. Raises driver errors."""
        ...

    def close(self) -> None: ...


S = TypeVar("S", bound=Session)


class _Run(Generic[S]):
    """One statement under way. `stop` counts also while the session is being opened, and never after `finish`."""

    def __init__(self) -> None:
        self.session: S | None = None
        self.stopped = False
        self._finished = False
        self._lock = threading.Lock()

    def stop(self) -> None:
        with self._lock:
            if self._finished:
                return
            self.stopped = True
            if self.session is not None:
                with suppress(Exception):  # it may have ended by itself meanwhile
                    self.session.stop()

    def finish(self) -> None:
        with self._lock:
            self._finished = True


class Sessions(Generic[S]):
    """Runs statements one after another in one session, which is reset before each.

    A session is closed, not kept, after an error, a stop, or a result that was not read to its end.
    """

    def __init__(self, open_session: Callable[[], S], explain: Callable[[BaseException], str]) -> None:
        self._open = open_session
        self._explain = explain
        self._lock = threading.Lock()
        self._current: _Run[S] | None = None
        self._idle: S | None = None
        self._idle_lock = threading.Lock()

    def run(self, statement: Checked, limits: QueryLimits) -> Outcome:
        sql = statement.sql
        with self._lock:
            current = self._current = _Run()
            try:
                done = watch(lambda: self._select(current, statement, limits), limits.timeout_s, current.stop)
            finally:
                self._current = None
        if done.late:  # also where the server ended sleep() with a value
            return Outcome("timeout", sql, elapsed_s=done.elapsed_s)
        if done.error is not None:
            text = "Stopped on request." if current.stopped else self._explain(done.error)
            return Outcome("error", sql, error=text, elapsed_s=done.elapsed_s)
        return Outcome("rows", sql, done.value, elapsed_s=done.elapsed_s)

    @contextmanager
    def lent(self, timeout_s: float = CATALOGUE_TIMEOUT_S) -> Iterator[Any]:
        """The connection for queries of our own, each of at most `timeout_s` seconds. Raises ConnectError."""
        with self._lock:
            session = self._begun(QueryLimits(timeout_s=timeout_s))
            try:
                yield session.connection
            except BaseException:
                session.close()
                raise
            self._keep(session)

    def interrupt(self) -> None:
        if (current := self._current) is not None:
            current.stop()

    def close(self) -> None:
        with self._idle_lock:
            idle, self._idle = self._idle, None
        if idle is not None:
            idle.close()

    def _select(self, current: _Run[S], statement: Checked, limits: QueryLimits) -> ResultTable:
        session = self._begun(limits)
        current.session = session
        try:
            if current.stopped:
                raise InterruptedError
            table = session.select(statement, limits)
        except BaseException:
            current.finish()
            session.close()
            raise
        current.finish()
        if current.stopped or table.truncated:
            session.close()
        else:
            self._keep(session)
        return table

    def _begun(self, limits: QueryLimits) -> S:
        with self._idle_lock:
            session, self._idle = self._idle, None
        if session is not None:
            try:
                session.begin(limits)
            except Exception:  # noqa: BLE001  the server has closed it: open another
                session.close()
            else:
                return session
        session = self._open()
        try:
            session.begin(limits)
        except BaseException:
            session.close()
            raise
        return session

    def _keep(self, session: S) -> None:
        try:
            session.end()
        except Exception:  # noqa: BLE001  a broken session is of no more use
            session.close()
            return
        with self._idle_lock:
            if self._idle is None:
                self._idle = session
                return
        session.close()


def place_of(url: URL) -> str:
    """Where a server's database is, without user and password: `host:port/name`."""
    host = url.host or url.query.get("host") or url.query.get("unix_socket") or "localhost"
    return f"{host}:{url.port or url.query.get('port', '')}/{url.database}"


def parse_url(url: str, extra: str) -> URL:
    """Raises UsageError, without the password, and MissingExtraError with `extra` where SQLAlchemy is missing."""
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError as error:
        raise MissingExtraError("The URL of a database server needs SQLAlchemy.", extra) from error
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        scheme = url.split("://", 1)[0]
        raise UsageError(
            f"The {scheme} URL cannot be read.",
            f"Expected: {scheme}://user:password@host:port/name; a password's @ / : are written %40 %2F %3A.",
        ) from None
    if not parsed.database:
        raise UsageError(f"{hidden(parsed)} names no database.", f"Expected: {hidden(parsed).rstrip('/')}/name")
    return parsed


def hidden(url: URL) -> str:
    """The URL with *** for the password."""
    return url.difference_update_query(("password", "passwd", "sslpassword")).render_as_string(hide_password=True)
