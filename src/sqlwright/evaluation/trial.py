"""One query tried against a gold query: what a preference or a reward is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from ..core import Cause, Outcome, QueryLimits, ResultTable, SqlwrightError
from ..data.databases import Databases
from ..db import open_database
from ..db.database import Database
from ..parser.choose import fingerprint
from .cached_engine import CachedDatabase
from .compare import strict_verdict
from .workers import Lost, Task, run_tasks

LIMITS = QueryLimits(timeout_s=5.0, max_rows=5_000)
MAX_OPEN = 8  # databases that `Trials` keeps open
RUNS, SLACK_S = 5, 20.0  # a trial runs gold and query, both again inside larger limits, and the gold without LIMIT


@dataclass(frozen=True, slots=True)
class Attempt:
    """A query to be tried on the database `db_id`."""

    db_id: str
    gold_sql: str
    sql: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of it.

    `correct` is the strict verdict. `ran` says that the guard passed it and the engine gave rows; `near` that one
    allowance (`near_miss.py`) would make it right. `no_power`: the gold gives nothing that a wrong query would miss,
    or fails itself, so that `correct` says nothing. `result` is equal for equal rows, "" where there are none to see.
    """

    correct: bool
    ran: bool
    cause: Cause | None = None
    near: bool = False
    no_power: bool = False
    rows: int = 0
    result: str = ""
    reason: str = ""


def try_sql(database: Database, gold_sql: str, sql: str, limits: QueryLimits = LIMITS) -> Trial:
    """Raises nothing for a bad query: what the guard refuses or the engine rejects did not run."""
    if not sql.strip():
        return Trial(False, False, "no_sql", reason="There is no SQL.")
    strict = strict_verdict(database, gold_sql, sql, limits)
    table = strict.predicted.table
    return Trial(
        correct=strict.verdict.correct,
        ran=table is not None,
        cause=strict.verdict.cause,
        near=bool(strict.flags),
        no_power=strict.verdict.no_power,
        rows=len(table.rows) if table else 0,
        result=_digest(table) if table else "",
        reason=strict.verdict.reason,
    )


def _digest(table: ResultTable) -> str:
    found: Any = fingerprint(table)
    width, cut, rows = found
    text = repr((width, cut, sorted(map(repr, rows))))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


class Trials:
    """Tries queries from this process, on databases that it keeps open; every statement runs in a process of its own.

    That process has the limits of `db/child.py`, so that no query can take this one along.
    """

    def __init__(self, databases: Databases, limits: QueryLimits = LIMITS) -> None:
        self.databases, self.limits = databases, limits
        self._open: dict[str, CachedDatabase] = {}

    def __call__(self, attempts: Sequence[Attempt]) -> list[Trial]:
        """In the order of `attempts`."""
        found: dict[int, Trial] = {}
        for index, attempt in sorted(enumerate(attempts), key=lambda a: a[1].db_id):
            database = self._database(attempt.db_id)
            try:
                found[index] = try_sql(database, attempt.gold_sql, attempt.sql, self.limits)
            except SqlwrightError as error:
                found[index] = Trial(False, False, "error", reason=error.message)
        return [found[i] for i in range(len(attempts))]

    def run(self, db_id: str, sql: str) -> Outcome:
        """`sql` on one of the databases, within the guard and the limits."""
        return self._database(db_id).run(sql, self.limits)

    def _database(self, db_id: str) -> CachedDatabase:
        if db_id not in self._open:
            while len(self._open) >= MAX_OPEN:
                self._open.pop(next(iter(self._open))).close()
            self._open[db_id] = CachedDatabase(self.databases.open(db_id).engine)
        return self._open[db_id]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def __enter__(self) -> Trials:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class _Opener:
    """Opens a database in a worker process; goes there by pickle."""

    targets: Mapping[str, str]
    limits: QueryLimits

    @contextmanager
    def __call__(self, db_id: str) -> Iterator[Callable[[Attempt], Trial]]:
        with ExitStack() as stack:
            database: Any = stack.enter_context(CachedDatabase(open_database(self.targets[db_id]).engine))
            yield lambda attempt: try_sql(database, attempt.gold_sql, attempt.sql, self.limits)


def try_all(
    attempts: Sequence[Attempt], databases: Databases, *, limits: QueryLimits = LIMITS, workers: int | None = None
) -> list[Trial]:
    """Many trials in worker processes, in the order of `attempts`; one that takes its worker along did not run."""
    targets = {name: databases.target(name) for name in {a.db_id for a in attempts}}
    tasks = [Task(attempt.db_id, attempt) for attempt in attempts]
    opener = _Opener(targets, limits)
    found = run_tasks(tasks, opener, workers=workers, kill_after_s=RUNS * limits.timeout_s + SLACK_S)
    return [_lost(trial) if isinstance(trial, Lost) else trial for trial in found]


def _lost(lost: Lost) -> Trial:
    return Trial(False, False, "timeout" if lost.kind == "timeout" else "error", reason=lost.message)
