"""A database as the rest of the package sees it: schema, guard and limited runs behind one object.

This module alone looks sideways, from `db` to `sql`: what a statement may touch is known only here, where the
catalogue is, and a run that forgets the guard should not be possible to write.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ..core import Checked, ConnectError, Dialect, Outcome, Profile, QueryLimits, Refused, Schema, SqlwrightError
from ..core.phrase import phrase
from .catalog import qualified
from .engine import Engine
from .engines import ENGINES
from .state import FileState, are_continued, catalogue_of, files_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from ..sql.guard import Policy

T = TypeVar("T")

_DEFAULT_LIMITS = QueryLimits()
VIEW_TIMEOUT_S = 1.0  # to see whether a view can be read

# While another process writes, SQLite has a journal that a read-only connection cannot roll back.
REOPEN_AFTER_S = (0.05, 0.2, 0.5)


class Database:
    """`run` is the way to send text that a model wrote: guard first, then the locked engine inside limits.

    `source` is the file or folder that `engine` reads, None for a server.
    """

    def __init__(self, engine: Engine, source: Path | None = None) -> None:
        self.engine = engine
        self.source = source
        self._forget()

    def _forget(self) -> None:
        self._schemas: dict[tuple[bool, int], Schema] = {}
        self._policy: Policy | None = None
        self._profile: Profile | None = None
        self._files = files_of(self.source, self.name)
        self._catalogue: str | None = None  # read with the first schema

    @property
    def name(self) -> str:
        return self.engine.name

    @property
    def dialect(self) -> Dialect:
        return self.engine.dialect

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was left out of a folder of files, and how files were read where that is not plain; () elsewhere."""
        return tuple(getattr(self.engine, "remarks", ()))

    def schema(self, row_counts: bool = False, samples: int = 0) -> Schema:
        """Read once per arguments: `update` reads the tables made since."""
        wanted = (row_counts, samples)
        if self._catalogue is None:
            self._catalogue = catalogue_of(self.engine)  # before the schema: a change in between is then seen
        if wanted not in self._schemas:
            self._schemas[wanted] = self.engine.introspect(row_counts=row_counts, samples=samples)
        return self._schemas[wanted]

    def profile(self) -> Profile:
        """Roles of columns and inferred keys, from the cache or from one query per table, with the user's edits.

        Raises ConfigError for a profile.yaml that cannot be read.
        """
        if self._profile is None:
            from .profile.kept import kept_profile

            self._profile = kept_profile(self)
        return self._profile

    def policy(self) -> Policy:
        """The schema's tables, by full and bare name, and the functions the engine itself calls harmless."""
        if self._policy is None:
            from ..sql.functions import allowed
            from ..sql.guard import Policy

            names = {name for table in self.schema() for name in (table.full_name, table.name)}
            if ENGINES[self.dialect].names_database:  # models write the database's name before the table's
                names |= {f"{self.name}.{table.name}" for table in self.schema() if not table.namespace}
            columns = frozenset(column.name for table in self.schema() for column in table.columns)
            functions = allowed(self.dialect, self.engine.functions())
            self._policy = Policy(self.dialect, functions, frozenset(names), columns)
        return self._policy

    def check(self, sql: str) -> Checked | Refused:
        from ..sql.guard import check

        return check(sql, self.policy())

    def run(self, sql: str, limits: QueryLimits = _DEFAULT_LIMITS) -> Outcome:
        """What came of `sql`; a refused statement is never sent, and what is sent is the text that was checked."""
        checked = self.check(sql)
        if not checked.allowed:
            return Outcome("refused", sql, violations=checked.violations)
        return self.execute(checked, limits)

    def execute(self, statement: Checked, limits: QueryLimits = _DEFAULT_LIMITS) -> Outcome:
        """`run` for a statement that was checked before."""
        outcome = replace(self.engine.execute(statement, limits), statement=statement)
        if outcome.status == "error" and (view := self._failing_view(statement)):
            return replace(outcome, error=f"{outcome.error} (The view {view} cannot be read.)")
        return outcome

    def _failing_view(self, statement: Checked) -> str:
        """The first view of a query that fails by itself, or "": the engine names only what the view lacks."""
        from ..sql.describe import tables_in
        from ..sql.reading import tree_of

        tree = tree_of(statement, self.dialect)
        named = {name.casefold() for name in tables_in(tree)} if tree is not None else set()
        limits = QueryLimits(timeout_s=VIEW_TIMEOUT_S)
        for table in self.schema():
            if table.is_view and named & {table.name.casefold(), table.full_name.casefold()}:
                probe = f"SELECT * FROM {qualified(table, self.dialect)} LIMIT 0"
                if self.engine.execute(Checked.trusted(probe, "whether a view can be read"), limits).status == "error":
                    return table.full_name
        return ""

    def interrupt(self) -> None:
        """Stop the run that another thread is waiting for."""
        self.engine.interrupt()

    def again(self) -> Database:
        """Another connection to the same database, which knows what this one has read of it. Raises ConnectError."""
        other = Database(self.engine.again(), self.source)
        other._schemas, other._policy, other._profile = self._schemas, self._policy, self._profile
        other._files, other._catalogue = self._files, self._catalogue
        return other

    @property
    def state(self) -> tuple[tuple[FileState, ...], str | None]:
        """What `changed` compares with: equal for two connections that have read the same schema."""
        return self._files, self._catalogue

    def changed(self) -> bool:
        """Whether a table, view or column is another than `schema` says, or another file is in the place of this one.

        Rows alone do not count, and nor does a schema that was never read. Raises ConnectError where the database is no
        longer there.
        """
        if not are_continued(self._files, files_of(self.source, self.name)):
            return True
        return self._catalogue is not None and self._retried(lambda: catalogue_of(self.engine)) != self._catalogue

    def _retried(self, read: Callable[[], T]) -> T:
        """`read()`, tried again after a moment while the database is a file that exists. Raises what `read` raises."""
        for wait_s in REOPEN_AFTER_S:
            try:
                return read()
            except SqlwrightError:
                if self.source is None or not self.source.exists():
                    raise
            time.sleep(wait_s)
        return read()

    def update(self) -> bool:
        """Where it has `changed`, open it again and read the schema anew; whether it did. Raises ConnectError."""
        if not self.changed():
            return False
        from .open import reopened

        self.engine.close()
        try:
            self.engine = self._retried(lambda: reopened(self.engine, self.source))
        except SqlwrightError as error:  # where it was, and what is there now, is not for every client to know
            raise ConnectError(phrase("database_replaced", database=repr(self.name))) from error
        self._forget()
        return True

    def close(self) -> None:
        self.engine.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
