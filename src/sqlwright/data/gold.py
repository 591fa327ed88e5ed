"""Is the gold SQL itself sound: does it parse, would the guard run it, does it run, does it return a row?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from ..core import ConnectError, Dialect, Example, UsageError
from ..sql.normalize import why_unreadable
from .databases import DatabaseFolder

if TYPE_CHECKING:
    from ..db import Database

Kind = Literal[
    "unparsable",  # sqlglot cannot read it
    "refused",  # the guard would not run it
    "failed",  # the engine gave an error
    "timeout",
    "empty",  # it runs and returns no row: wrong answers pass too
    "no_database",  # it could not be opened, so nothing was run
]
READ_KINDS: tuple[Kind, ...] = ("unparsable", "refused")
RUN_KINDS: tuple[Kind, ...] = ("failed", "timeout", "empty", "no_database")
CACHED_STATEMENTS = 4096  # paraphrases share a statement and stand near each other


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the gold SQL of one question."""

    kind: Kind
    id: str
    db_id: str
    sql: str
    reason: str


class GoldCheck:
    """Checks statements one after the other; use it in a `with` block, as it keeps the last database open."""

    def __init__(self, dialect: Dialect, databases: DatabaseFolder | None = None) -> None:
        self.dialect, self.databases = dialect, databases
        self.counts: Counter[Kind] = Counter()
        self._open: Database | None = None
        self._open_id = ""

    def tally(self) -> dict[str, int]:
        """How many findings of each kind that was looked for."""
        looked_for: tuple[Kind, ...] = READ_KINDS if self.databases is None else READ_KINDS + RUN_KINDS
        return {kind: self.counts[kind] for kind in looked_for}

    def check(self, example: Example) -> list[Finding]:
        """Everything found wrong with `example.gold_sql`."""
        found = [
            Finding(kind, example.id, example.db_id, example.gold_sql, reason)
            for kind, reason in (*self._read(example.gold_sql), *self._run(example))
        ]
        self.counts.update(f.kind for f in found)
        return found

    def _read(self, sql: str) -> Iterator[tuple[Kind, str]]:
        if reason := why_unreadable(sql, self.dialect):
            yield "unparsable", reason
        if self.databases is None:
            refused = _refused(sql, self.dialect)
            if refused:
                yield "refused", refused

    def _run(self, example: Example) -> Iterator[tuple[Kind, str]]:
        if self.databases is None:
            return
        try:
            outcome = self._database(example.db_id).run(example.gold_sql)
        except (ConnectError, UsageError) as error:  # missing, damaged, or no database at all
            yield "no_database", error.message
            return
        if outcome.table is not None:
            if not outcome.table.rows:
                yield "empty", "runs and returns no row"
        elif outcome.status == "refused":
            yield "refused", outcome.message()
        else:
            yield "timeout" if outcome.status == "timeout" else "failed", outcome.message()

    def _database(self, db_id: str) -> Database:
        """Files keep the questions of a database together, so one open connection is enough."""
        if self._open is None or self._open_id != db_id:
            self.close()
            assert self.databases is not None
            self._open, self._open_id = self.databases.open(db_id), db_id
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def __enter__(self) -> GoldCheck:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@lru_cache(CACHED_STATEMENTS)
def _refused(sql: str, dialect: Dialect) -> str:
    from ..sql.guard import check, default_policy

    return "; ".join(v.message for v in check(sql, default_policy(dialect)).violations)
