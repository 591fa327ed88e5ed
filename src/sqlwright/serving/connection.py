"""One database as a service holds it: read once, with a connection of its own for each statement under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..core import ConnectError, NotFoundError
from ..data.prompting import Context, PromptOptions
from ..db import Database
from ..db.plan import plan_of
from ..generation import Generator
from ..generation.generator import needs_of
from ..retrieval import Knowledge, RetrievalOptions


class Connection:
    """`context`, `knowledge` and `generator` serve all questions; `lease` lends a Database to one at a time.

    With a connection each, a slow query holds up nobody else, and a stop ends the right one. They are opened when
    they are first needed and kept, so there are never more than questions at once.
    """

    def __init__(
        self, name: str, database: Database, generator: Generator, retrieval: RetrievalOptions | None = None
    ) -> None:
        """Raises what `Knowledge.of` raises."""
        self.name, self.generator = name, generator
        self.db_id, self.dialect = database.name, database.dialect
        self.context = Context.of(database, PromptOptions(samples=max(3, needs_of(generator).samples)))
        self.knowledge = Knowledge.of(database, retrieval)
        database.policy()  # read here, then shared
        self._first = database
        self._free = [database]
        self._opened = [database]
        self._lock = threading.Lock()

    @contextmanager
    def lease(self) -> Iterator[Database]:
        """Raises ConnectError where the database does not answer any more."""
        with self._lock:
            database = self._free.pop() if self._free else None
        if database is None:
            try:
                database = self._first.again()
            # Where its file or its server is, is not for clients to know.
            except NotFoundError as error:
                raise ConnectError(f"The database {self.name!r} is no longer there.") from error
            except ConnectError as error:
                raise ConnectError(f"The database {self.name!r} cannot be read any more.") from error
            with self._lock:
                self._opened.append(database)
        try:
            yield database
        finally:
            with self._lock:
                self._free.append(database)

    def learn_pairs(self) -> None:
        """Answer the next question with the pairs that are stored by now."""
        self.knowledge = self.knowledge.with_pairs_of(self._first)

    def check(self, sql: str) -> tuple[str, ...]:
        """What the guard has against `sql`, in sentences; empty where it would run."""
        return tuple(violation.message for violation in self._first.check(sql).violations)

    def plan(self, sql: str) -> tuple[str, ...]:
        """The engine's plan of a query that the guard passes; () where there is none. Raises ConnectError."""
        with self.lease() as database:
            return plan_of(database, sql)

    def close(self) -> None:
        with self._lock:
            for database in reversed(self._opened):  # the first one may own files that the others read
                database.close()
            self._opened.clear()
            self._free.clear()
