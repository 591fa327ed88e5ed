"""Work in processes that may hang or die without taking the rest along.

Tasks are grouped (by database), so that a worker opens a group once and reuses what it holds. A worker that gives no
sign for `kill_after_s` is killed, one that dies is replaced; either way only the task it was at is lost.

Not covered: memory. A worker that the system kills for its memory is a crash of one task, but the system may choose
another process first.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import Any, Generic, Literal, TypeVar

from ..core import SqlwrightError

T = TypeVar("T")
R = TypeVar("R")

MAX_TEMP_PATH = 70  # bytes; the fork server's socket adds 33, and the path of a socket has at most 103 on macOS
START_S = 120.0  # a worker imports sqlglot before its first sign; a loaded machine took 6 s


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """`group` names what a worker opens before it handles `payload`; both travel by pickle."""

    group: str
    payload: T


@dataclass(frozen=True, slots=True)
class Lost:
    """A task without a result: its worker hung ("timeout") or died ("crash"), or the handler raised ("error")."""

    kind: Literal["timeout", "crash", "error"]
    message: str


# Opens a group: the context manager gives the function that handles one payload of it.
OpenGroup = Callable[[str], AbstractContextManager[Callable[[T], R]]]


def run_tasks(
    tasks: Sequence[Task[T]],
    open_group: OpenGroup[T, R],
    *,
    workers: int | None = None,
    kill_after_s: float,
    on_done: Callable[[], object] = lambda: None,
    start_method: str | None = None,
) -> list[R | Lost]:
    """Handle every task in worker processes (default: one per core); the results stand in the order of `tasks`.

    `open_group` must pickle: a function of a module, a partial of one, or an instance of a class with `__call__`.
    `on_done` is called in this process after each task. An interrupt (Ctrl-C) kills the workers and is raised.
    Raises SqlwrightError where workers die before they handle anything.
    """
    if not tasks:
        return []
    count = min(workers or cores(), len(tasks))
    pool = _Pool(tasks, open_group, count, kill_after_s, on_done, start_method or _start_method())
    try:
        return pool.run()
    finally:
        pool.stop()


def warm_up(module: str) -> None:
    """Let the process that workers are forked from import `module` while this one still reads its files."""
    if _start_method() == "forkserver":
        from multiprocessing import forkserver

        multiprocessing.set_forkserver_preload([module])
        forkserver.ensure_running()


def cores() -> int:
    """Cores that this process may use; a container often has fewer than the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start_method() -> str:
    # A plain fork copies the locks of whatever threads the caller runs; the fork server has none. Its socket lies in
    # the folder for temporary files: `spawn` works where that path is too long.
    fits = len(os.fsencode(tempfile.gettempdir())) <= MAX_TEMP_PATH
    return "forkserver" if fits and "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


@contextlib.contextmanager
def _main_not_imported(open_group: Any) -> Iterator[None]:
    """Start processes that do not run the caller's script again, so that it needs no `if __name__ == "__main__":`.

    multiprocessing imports the main module in each process, in case the work is defined there.
    """
    main = sys.modules["__main__"]
    if "__main__" in (getattr(open_group, "__module__", ""), type(open_group).__module__):
        yield
        return
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@dataclass
class _Worker:
    process: Any  # a BaseProcess of the chosen context
    connection: Connection
    deadline: float
    ready: bool = False
    group: str | None = None
    assigned: deque[int] | None = None  # indexes still to do; the first is the one in hand


class _Pool(Generic[T, R]):
    """The parent's side. A worker is given a chunk of one group and answers once per task."""

    def __init__(
        self,
        tasks: Sequence[Task[T]],
        open_group: OpenGroup[T, R],
        count: int,
        kill_after_s: float,
        on_done: Callable[[], object],
        start_method: str,
    ) -> None:
        self.tasks = tasks
        self.open_group = open_group
        self.count = count
        self.kill_after_s = kill_after_s
        self.on_done = on_done
        self.context: Any = multiprocessing.get_context(start_method)
        if start_method == "forkserver":
            self.context.set_forkserver_preload([open_group.__module__])
        self.queue = _chunks(tasks, count)
        self.results: dict[int, R | Lost] = {}
        self.workers: list[_Worker] = []

    def run(self) -> list[R | Lost]:
        for _ in range(self.count):
            self._start()
        while len(self.results) < len(self.tasks):
            now = time.monotonic()
            timeout = max(0.0, min(w.deadline for w in self.workers) - now)
            heard = wait([w.connection for w in self.workers], timeout)
            for worker in list(self.workers):
                if worker.connection in heard:
                    self._hear(worker)
                elif time.monotonic() >= worker.deadline:
                    self._replace(worker, "timeout", f"Stopped from outside after {self.kill_after_s:g} s.")
        return [self.results[i] for i in range(len(self.tasks))]

    def stop(self) -> None:
        for worker in self.workers:
            self._end(worker)
        self.workers.clear()

    def _start(self) -> None:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_work, args=(theirs, self.open_group), daemon=True)
        with _main_not_imported(self.open_group):
            process.start()
        theirs.close()  # else the end of the worker would not show as the end of the stream
        self.workers.append(_Worker(process, ours, time.monotonic() + START_S))

    def _hear(self, worker: _Worker) -> None:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join(5)
            self._replace(worker, "crash", _exit_words(worker.process.exitcode))
            return
        if message is None:
            worker.ready = True
        else:
            index, result = message
            assert worker.assigned is not None
            worker.assigned.popleft()
            self._finish(index, result)
        worker.deadline = time.monotonic() + self.kill_after_s
        if not worker.assigned:
            self._assign(worker)

    def _finish(self, index: int, result: R | Lost) -> None:
        self.results[index] = result
        self.on_done()

    def _assign(self, worker: _Worker) -> None:
        """The next chunk, of the group the worker has open where there is one; no chunk left ends the worker."""
        chunk = next((c for c in self.queue if c[0] == worker.group), None) or next(iter(self.queue), None)
        if chunk is None:
            self.workers.remove(worker)
            self._end(worker)
            return
        self.queue.remove(chunk)
        worker.group, indexes = chunk
        worker.assigned = deque(indexes)
        # A worker that died since is noticed when it is next listened to.
        with contextlib.suppress(OSError):
            worker.connection.send((worker.group, [(i, self.tasks[i].payload) for i in indexes]))

    def _replace(self, worker: _Worker, kind: Literal["timeout", "crash"], message: str) -> None:
        """Lose the task in hand, put the rest of its chunk back, start another worker if there is work."""
        self.workers.remove(worker)
        self._end(worker)
        if not worker.ready:
            raise SqlwrightError(
                f"A worker process did not start: {message}",
                "Work that is defined in a script needs the script's calls under `if __name__ == '__main__':`.",
            )
        if worker.assigned:
            lost, *rest = worker.assigned
            self._finish(lost, Lost(kind, message))
            if rest and worker.group is not None:
                self.queue.appendleft((worker.group, rest))
        if self.queue:
            self._start()

    def _end(self, worker: _Worker) -> None:
        worker.connection.close()
        worker.process.kill()
        worker.process.join()


def _chunks(tasks: Sequence[Task[T]], workers: int) -> deque[tuple[str, list[int]]]:
    """Indexes by group, the largest group first, cut so that the last chunks end at about the same time."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, task in enumerate(tasks):
        groups[task.group].append(index)
    size = max(4, -(-len(tasks) // (workers * 8)))
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return deque((name, all_[i : i + size]) for name, all_ in ordered for i in range(0, len(all_), size))


def _exit_words(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"The process that ran it was ended by {signal.Signals(-code).name}."
    return f"The process that ran it ended with code {code}."


def _work(connection: Connection, open_group: OpenGroup[T, R]) -> None:
    """The worker's side: None once ready, then (index, result) for each task of each chunk it is sent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    connection.send(None)
    opened: str | None = None
    # The parent's end closes when the parent is done, or gone.
    with ExitStack() as stack, contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            group, items = connection.recv()
            if group != opened:
                stack.close()
                handle = _open(open_group, group, stack)
                opened = group
            for index, payload in items:
                _answer(connection, index, handle, payload)


def _open(open_group: OpenGroup[T, R], group: str, stack: ExitStack) -> Callable[[T], R]:
    """The group's handler; where the group cannot be opened, one that raises what went wrong."""
    try:
        return stack.enter_context(open_group(group))
    except Exception as error:  # noqa: BLE001 - each task of the group reports it
        failure = error

    def fail(_: T) -> R:
        raise failure

    return fail


def _answer(connection: Connection, index: int, handle: Callable[[T], R], payload: T) -> None:
    try:
        connection.send((index, handle(payload)))
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever one task raises is that task's result
        connection.send((index, Lost("error", f"{type(error).__name__}: {error}")))
