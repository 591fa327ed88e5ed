"""An engine over one file, whose statements run in a child process."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from ..core import Checked, ConnectError, Dialect, Outcome, QueryLimits, Schema, SqlwrightError
from ..core.result import Status
from .catalog import COUNTING_S
from .child import POOL, Child, ChildDied, FileKey, Kind, run_in_child, take_with
from .fetch import MEMORY_ERROR
from .samples import SAMPLING_S

STOPPED = "Stopped on request."
DIED = "The process that ran the query ended; most likely the query needed too much memory."
SCHEMA_S = 20.0  # for the catalogue alone; samples and counts have limits of their own, which come on top


class _Run:
    """One statement under way. `stop` kills its child, but never one that has another statement already."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.stopped = False
        self._done = False
        self._lock = threading.Lock()

    def stop(self) -> None:
        with self._lock:
            if not self._done:
                self.stopped = True
                self.child.kill()

    def finish(self) -> None:
        """After this `stop` does nothing."""
        with self._lock:
            self._done = True


class FileEngine:
    """What SQLite and DuckDB files have in common. A file that replaces this one is read from the next call on."""

    dialect: Dialect
    kind: Kind

    def __init__(self, path: Path, name: str = "") -> None:
        """Raises NotFoundError, and ConnectError for a file that is locked or damaged."""
        self.path = path
        self.name = name or path.stem
        self.location = str(path.resolve())
        self._resolved = path.resolve()  # the current folder may change
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._functions: frozenset[str] = self._call("functions")

    def introspect(self, *, row_counts: bool = False, samples: int = 0) -> Schema:
        """Without values and counts where reading them takes too long or too much memory. Raises ConnectError."""
        found: Schema
        timeout_s = SCHEMA_S + (COUNTING_S if row_counts else 0) + (SAMPLING_S if samples else 0)
        try:
            found = self._call("introspect", self.name, row_counts, samples, timeout_s=timeout_s)
        except ConnectError:
            if not (row_counts or samples):
                raise
            found = self._call("introspect", self.name, False, 0)
        return found

    def functions(self) -> frozenset[str]:
        return self._functions

    def execute(self, statement: Checked, limits: QueryLimits) -> Outcome:
        with self._lock:
            try:
                key = FileKey.of(self.kind, self._resolved)
                child = take_with(key)
            except SqlwrightError as error:
                return Outcome("error", statement.sql, error=str(error))
            run = self._run = _Run(child)
            try:
                return _outcome(run, key, statement, limits)
            finally:
                self._run = None

    def interrupt(self) -> None:
        if (run := self._run) is not None:
            run.stop()

    def again(self) -> FileEngine:
        return type(self)(self.path, self.name)

    def close(self) -> None:
        POOL.close_file(str(self._resolved))

    def _call(self, method: str, *arguments: Any, timeout_s: float | None = None) -> Any:
        key = FileKey.of(self.kind, self._resolved)
        return run_in_child(method, *arguments, key=key, timeout_s=timeout_s or SCHEMA_S)


def _outcome(run: _Run, key: FileKey, statement: Checked, limits: QueryLimits) -> Outcome:
    """Run one statement, then give the child back or end it."""
    started = time.monotonic()
    status: Status = "error"
    reusable = False
    try:
        outcome: Outcome = run.child.call("execute", key, statement, limits, timeout_s=limits.timeout_s)
        run.finish()
        reusable = not run.stopped and outcome.error != MEMORY_ERROR
        if not run.stopped:
            return outcome
        text = STOPPED
    except TimeoutError:
        status, text = "timeout", ""
    except ChildDied:
        text = STOPPED if run.stopped else DIED
    except SqlwrightError as error:
        text = str(error)
    finally:
        run.finish()
        if reusable:
            POOL.give(run.child)
        else:
            run.child.end()
    return Outcome(status, statement.sql, error=text, elapsed_s=time.monotonic() - started)
