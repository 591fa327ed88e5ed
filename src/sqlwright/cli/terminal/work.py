"""Work that Ctrl-C stops without ending the shell."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, TypeVar

from ...answering import Stop
from ...answering.cancellation import StoppedError

T = TypeVar("T")

POLL_S = 0.1  # without a limit, some systems keep Ctrl-C back until the wait ends
GRACE_S = 2.0  # how long a stopped question gets to end; a model that is at work cannot be interrupted


class _Result(Generic[T]):
    value: T
    error: BaseException | None = None


def stoppable(work: Callable[[Stop], T]) -> T:
    """What `work` returns or raises. It runs in a thread of its own.

    Ctrl-C stops the statement that runs, and raises StoppedError. A model that goes on after GRACE_S is left behind:
    what it writes is dropped, and no query of it runs.
    """
    stop, ended, result = Stop(), threading.Event(), _Result[T]()

    def run() -> None:
        try:
            result.value = work(stop)
        except BaseException as error:  # noqa: BLE001  raised again in the thread that waits
            result.error = error
        finally:
            ended.set()

    threading.Thread(target=run, name="sqlwright-shell", daemon=True).start()
    try:
        with _busy():
            while not ended.wait(POLL_S):
                pass
    except KeyboardInterrupt:
        stop.set()
        ended.wait(GRACE_S)
        raise StoppedError from None
    if result.error is not None:
        raise result.error
    return result.value


def _busy() -> AbstractContextManager[Any]:
    """A sign of life on a terminal."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("[dim]Ctrl-C stops it[/dim]", spinner="dots")
