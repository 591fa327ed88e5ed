"""What database servers have in common: a URL with a password to hide, and one session per statement."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from ..core import Outcome, QueryLimits, ResultTable, UsageError
from .watch import watch

# The server's own limit stands a little behind ours: it is for the case that we can no longer reach it.
SERVER_GRACE_S = 0.3
CONNECT_TIMEOUT_S = 10
CATALOGUE_TIMEOUT_S = 30  # for each of our own queries: counts on a huge table, samples on a slow one


class Session(Protocol):
    """One connection that is opened for one statement."""

    def select(self, sql: str, limits: QueryLimits) -> ResultTable: ...

    def stop(self) -> None:
        """Called from another thread, perhaps several times."""
        ...

    def close(self) -> None: ...


S = TypeVar("S", bound=Session)


class _Run(Generic[S]):
    """One statement on its way. `stop` counts also while the session is still being opened."""

    def __init__(self) -> None:
        self.session: S | None = None
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True
        if self.session is not None:
            with suppress(Exception):  # it may have ended by itself meanwhile
                self.session.stop()


class OneStatement(Generic[S]):
    """Opens a session, runs one statement in it, ends it: no state can pass from one statement to the next."""

    def __init__(self, open_session: Callable[[QueryLimits], S], explain: Callable[[BaseException], str]) -> None:
        self._open = open_session
        self._explain = explain
        self._lock = threading.Lock()
        self._current: _Run[S] | None = None

    def run(self, sql: str, limits: QueryLimits) -> Outcome:
        with self._lock:
            current = self._current = _Run()
            try:
                done = watch(lambda: self._select(current, sql, limits), limits.timeout_s, current.stop)
            finally:
                self._current = None
        if done.late:  # also where the server ended sleep() with a value
            return Outcome("timeout", sql, elapsed_s=done.elapsed_s)
        if done.error is not None:
            text = "Stopped on request." if current.stopped else self._explain(done.error)
            return Outcome("error", sql, error=text, elapsed_s=done.elapsed_s)
        return Outcome("rows", sql, done.value, elapsed_s=done.elapsed_s)

    def interrupt(self) -> None:
        if (current := self._current) is not None:
            current.stop()

    def _select(self, current: _Run[S], sql: str, limits: QueryLimits) -> ResultTable:
        session = current.session = self._open(limits)
        try:
            if current.stopped:
                raise InterruptedError
            return session.select(sql, limits)
        finally:
            session.close()


def place_of(url: URL) -> str:
    """Where a server's database is, without user and password: `host:port/name`."""
    host = url.host or url.query.get("host") or url.query.get("unix_socket") or "localhost"
    return f"{host}:{url.port or url.query.get('port', '')}/{url.database}"


def parse_url(url: str) -> URL:
    """Raises UsageError, without the password."""
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


def without_password(text: str, url: URL) -> str:
    """A driver's message; some repeat the connection string."""
    return text.replace(url.password, "***") if isinstance(url.password, str) and url.password else text
