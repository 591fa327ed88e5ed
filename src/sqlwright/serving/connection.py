"""One database as a service holds it: read once, with a connection of its own for each statement under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ..core import ConfigError, ConnectError, NotFoundError, SqlwrightError
from ..core.phrase import phrase
from ..data.prompting import Context, PromptOptions
from ..db import Database
from ..db.plan import plan_of
from ..generation import Generator
from ..inference import InferenceOptions
from ..meaning import meaning_path
from ..retrieval import Knowledge, RetrievalOptions


class Connection:
    """`generator` is asked about `asked` with `knowledge`, and clients are told `context`.

    `lease` lends a Database to one at a time. With a connection each, a slow query holds up nobody else, and a stop
    ends the right one. They are opened when they are first needed and kept, so there are never more than questions at
    once. Where a borrower found that the tables have changed (`Database.update`), all is read again. So it is when
    meaning.yaml has changed; while that file is not valid, the definitions before it count, and `remarks` says so.

    `is_default` says that nobody named the model: it is the one registered for the database, or the built-in one.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        generator: Generator,
        retrieval: RetrievalOptions | None = None,
        *,
        is_default: bool = False,
    ) -> None:
        """Raises what `Knowledge.of` raises."""
        self.name, self.generator, self.retrieval, self.is_default = name, generator, retrieval, is_default
        self.db_id, self.dialect = database.name, database.dialect
        self._first = database
        self._free = [database]
        self._opened = [database]
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._invalid = ""  # what is wrong with the meaning.yaml that is there now
        self._meaning_file = _written(meaning_path(database))
        self._read()

    def _read(self) -> None:
        database = self._first
        wanted = InferenceOptions().context_of(self.generator).samples
        told = max(3, wanted)
        self.context = Context.of(database, PromptOptions(samples=told))
        schema = self.context.schema if wanted == told else database.schema(samples=wanted)
        self.asked = replace(self.context, schema=schema)
        self.knowledge = Knowledge.of(database, self.retrieval)
        database.policy()  # read here, then shared
        self._state = database.state

    @contextmanager
    def lease(self) -> Iterator[Database]:
        """Raises ConnectError where the database does not answer any more."""
        with self._reading:  # no question begins while the tables are read again: it would know the old ones
            self._follow_meaning()
            database = self._taken()
        try:
            yield database
        finally:
            self._give_back(database)

    def _follow_meaning(self) -> None:
        written = _written(meaning_path(self._first))
        if written == self._meaning_file:
            return
        self._meaning_file, self._invalid = written, ""
        try:
            self._read()
        except ConfigError as error:
            self._invalid = f"meaning.yaml is not valid, so its earlier definitions are used: {error}"

    def _taken(self) -> Database:
        with self._lock:
            if self._free:
                return self._free.pop()
        try:
            database = self._first.again()
        # Where its file or its server is, is not for clients to know.
        except NotFoundError as error:
            raise ConnectError(phrase("database_gone", database=repr(self.name))) from error
        except ConnectError as error:
            raise ConnectError(phrase("database_unreadable", database=repr(self.name))) from error
        with self._lock:
            self._opened.append(database)
        return database

    def _give_back(self, database: Database) -> None:
        if database.state != self._state:
            with suppress(SqlwrightError):  # it is gone: the next question says so
                self._read_again()
        with self._lock:
            current = database is self._first or database.state == self._state
            if current:
                self._free.append(database)
            elif database in self._opened:
                self._opened.remove(database)
        if not current:
            database.close()

    @property
    def remarks(self) -> tuple[str, ...]:
        """See `Database.remarks`; and what is wrong with meaning.yaml."""
        return (*self._first.remarks, *([self._invalid] if self._invalid else []))

    def is_current(self, context: Context) -> bool:
        """Whether questions are still asked with `context`. Waits while the tables are read again."""
        with self._reading:
            return self.asked is context

    def _read_again(self) -> None:
        """Read the schema, the values and what was taught anew; connections that know the old ones are closed."""
        with self._reading:
            self._first.update()
            if self._first.state == self._state:  # another borrower was faster
                return
            self._read()
            with self._lock:
                old = [d for d in self._free if d is not self._first and d.state != self._state]
                self._free = [d for d in self._free if d not in old]
                self._opened = [d for d in self._opened if d not in old]
        for database in old:
            database.close()

    def remote_hosts(self, model: Generator) -> tuple[str, ...]:
        """The hosts that a question asked of `model` is sent to: the model's and the embedder's, sorted."""
        return tuple(sorted({model.remote_host, self.knowledge.remote_host} - {""}))

    def update(self) -> None:
        """Read the tables again where they have changed, for whoever shows `context`. Raises ConnectError."""
        with self.lease() as database:
            database.update()

    def learn_pairs(self) -> None:
        """Answer the next question with the pairs that are stored by now."""
        self.knowledge = self.knowledge.with_pairs_of(self._first)

    def check(self, sql: str) -> tuple[str, ...]:
        """What the guard has against `sql`, in sentences; empty where it would run."""
        return tuple(violation.message for violation in self._first.check(sql).violations)

    def plan(self, sql: str) -> tuple[str, ...]:
        """The engine's plan of a query that the guard passes; () where there is none. Raises ConnectError."""
        with self.lease() as database:
            database.update()
            return plan_of(database, sql)

    def close(self) -> None:
        with self._lock:
            for database in reversed(self._opened):  # the first one may own files that the others read
                database.close()
            self._opened.clear()
            self._free.clear()


def _written(path: Path) -> tuple[int, int] | None:
    """When a file was last changed, in ns, and its size in bytes; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
