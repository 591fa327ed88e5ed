"""Ending a question from another thread: the statement that runs, and all that would follow it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..core import Outcome, QueryLimits, SqlwrightError
from ..core.phrase import phrase
from ..db import Database

STOP_AGAIN_S = 0.05


class StoppedError(SqlwrightError):
    """The question was stopped by whoever asked it."""

    def __init__(self) -> None:
        super().__init__(phrase("stopped"))


class Stop:
    """One per question. The asking thread calls `check` and `run`, any other thread `set`.

    A model that is at work cannot be interrupted: what it writes is then dropped, and no query runs.
    `set` calls `on_set` in a thread, for whoever waits for the answer.
    """

    on_set: Callable[[], object] | None = None

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._running: Database | None = None

    @property
    def is_set(self) -> bool:
        return self._stopped.is_set()

    def set(self) -> None:
        """Comes back at once."""
        self._stopped.set()
        for work in filter(None, (self._interrupt, self.on_set)):
            threading.Thread(target=work, name="sqlwright-stop", daemon=True).start()

    def check(self) -> None:
        """Raises StoppedError after `set`."""
        if self._stopped.is_set():
            raise StoppedError

    def wait(self, seconds: float) -> bool:
        """Until `set`, at most `seconds`; whether it was."""
        return self._stopped.wait(seconds)

    def run(self, database: Database, sql: str, limits: QueryLimits) -> Outcome:
        """`database.run`, which no other question may use meanwhile. Raises StoppedError."""
        self.check()
        self._running = database
        try:
            outcome = database.run(sql, limits)
        finally:
            with self._lock:
                self._running = None
        self.check()
        return outcome

    def _interrupt(self) -> None:
        # A stop that arrives before the engine has begun is lost, so it is sent until the statement has ended. The
        # lock keeps it from the next question on the same connection.
        while True:
            with self._lock:
                if self._running is None:
                    return
                self._running.interrupt()
            time.sleep(STOP_AGAIN_S)
