"""A time limit and Ctrl-C for engines that block: the statement runs in a thread, and the caller minds the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# A stop that arrives before the engine has begun is lost in some drivers, so it is sent again until it works.
STOP_AGAIN_S = 0.1
# A server that does not answer cannot be stopped. After this long the caller gets its timeout all the same.
GIVE_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Watched(Generic[T]):
    """`value` or `error` of the work, or neither where it would not stop; `late` where the limit was reached."""

    value: T | None
    error: BaseException | None
    late: bool
    elapsed_s: float


def watch(work: Callable[[], T], timeout_s: float | None, stop: Callable[[], None]) -> Watched[T]:
    """Run `work` in a thread and call `stop` from this one after `timeout_s` seconds, until the work ends.

    None is no limit.

    A thread costs about 0.1 ms. Ctrl-C reaches Python only between bytecodes of the main thread; a driver blocked
    in C there would not notice it. Here the main thread waits, stops the engine and raises KeyboardInterrupt.
    """
    values: list[T] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            values.append(work())
        except BaseException as error:  # noqa: BLE001  carried to the caller's thread
            errors.append(error)
        finally:
            done.set()

    started = time.monotonic()
    threading.Thread(target=run, name="sqlwright-query", daemon=True).start()
    try:
        late = not done.wait(timeout_s)
        if late:
            _stop(done, stop)
    except KeyboardInterrupt:
        _stop(done, stop)
        raise
    elapsed = time.monotonic() - started
    return Watched(values[0] if values else None, errors[0] if errors else None, late, elapsed)


def _stop(done: threading.Event, stop: Callable[[], None]) -> None:
    give_up = time.monotonic() + GIVE_UP_S
    while not done.is_set() and time.monotonic() < give_up:
        stop()
        done.wait(STOP_AGAIN_S)
