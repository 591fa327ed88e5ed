"""Child processes that run the statements of file databases, so that any statement can be killed.

SQLite and DuckDB run inside the process that calls them. Neither hears a time limit, a stop or Ctrl-C during one long
step, and both take the memory that a statement asks for. A child process can be killed, and the system bounds its
memory. One child holds several open files and runs one statement at a time; children are reused.
"""

from __future__ import annotations

import atexit
import os
import pickle
import select
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import ConnectError, Dialect, NotFoundError, SqlwrightError
from .engines import ENGINES
from .timeout import watch

START_S = 120.0  # a child imports for 0.1 to 0.4 s; a loaded machine took 6 s
OPEN_S = 60.0  # to open one file
MAX_IDLE = 4  # children kept for the next statement
MAX_OPEN = 32  # files that one child keeps open
_BOOT = "import sys; sys.path[:] = sys.argv[2:]; from sqlwright.db.child_main import main; main(int(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class FileKey:
    """One file as it is now: a file that replaces it under the same name has another inode."""

    kind: Dialect
    path: str
    device: int
    inode: int

    @classmethod
    def of(cls, kind: Dialect, path: Path) -> FileKey:
        """Raises NotFoundError."""
        try:
            found = path.stat()
        except OSError:
            raise NotFoundError(f"No database file {str(path)!r}.") from None
        return cls(kind, str(path), found.st_dev, found.st_ino)


class ChildDied(Exception):  # noqa: N818  an event, which the caller turns into an Outcome or an error
    """The child ended before it answered: it was killed, or it ran out of memory."""


class Child:
    """One process. `kill` may come from another thread and ends a call with ChildDied."""

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        # -S: the parent's own path is passed on, so that nothing is searched twice. An entry "" would be the
        # current folder, where a stranger's json.py may be.
        path = [entry for entry in sys.path if entry and entry != root]
        flags = ["-B"] if sys.dont_write_bytecode else []  # -I ignores PYTHONDONTWRITEBYTECODE
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", *flags, "-c", _BOOT, str(os.getpid()), root, *path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the parent's to handle
        )
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._requests, self._answers = process, process.stdin, process.stdout
        self._ready = False
        self._open: OrderedDict[FileKey, None] = OrderedDict()

    def wait_ready(self) -> None:
        """Raises SqlwrightError where the process does not start."""
        if self._ready:
            return
        try:
            self._receive(START_S)
        except (ChildDied, TimeoutError) as error:
            self.end()
            hint = f"Python: {sys.executable}"
            raise SqlwrightError("The process that runs queries did not start.", hint) from error
        self._ready = True

    def open(self, key: FileKey, timeout_s: float) -> None:
        """Open the file unless it is open. Raises what `call` raises."""
        if key in self._open:
            self._open.move_to_end(key)
            return
        alone = ENGINES[key.kind].one_per_child
        stale = [k for k in self._open if k.path == key.path or (alone and k.kind == key.kind)]
        if not stale and len(self._open) >= MAX_OPEN:
            stale = [next(iter(self._open))]
        for other in stale:
            self._close(other)
        self.call("open", key, timeout_s=timeout_s)
        self._open[key] = None

    def close_file(self, path: str) -> None:
        for key in [k for k in self._open if k.path == path]:
            with suppress(SqlwrightError, ChildDied):
                self._close(key)

    def _close(self, key: FileKey) -> None:
        del self._open[key]
        self.call("close", key)

    def call(self, method: str, *arguments: Any, timeout_s: float | None = None) -> Any:
        """What the child's `method` returns, or raises where that is a SqlwrightError.

        Raises TimeoutError after `timeout_s` seconds, when the child is killed, and ChildDied.
        """
        try:
            pickle.dump((method, arguments), self._requests)
            self._requests.flush()
        except (OSError, ValueError) as error:
            raise ChildDied from error
        failed, value = self._receive(timeout_s)
        if failed:
            raise value
        return value

    def _receive(self, timeout_s: float | None) -> tuple[bool, Any]:
        if not self._answered(timeout_s):
            self.kill()
            raise TimeoutError
        try:
            found: tuple[bool, Any] = pickle.load(self._answers)  # noqa: S301  from our own child
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            raise ChildDied from error
        return found

    def _answered(self, timeout_s: float | None) -> bool:
        """Wait for an answer, or for the child's end. A signal such as Ctrl-C interrupts the wait."""
        if sys.platform == "win32":  # pipes have no select there
            return not watch(lambda: self._answers.peek(1), timeout_s, self.kill).late
        return bool(select.select([self._answers], [], [], timeout_s)[0])

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        """Kill it and wait for its end."""
        self._process.kill()
        self._process.wait()
        for stream in (self._requests, self._answers):
            with suppress(OSError):  # a request that was never flushed
                stream.close()


class _Pool:
    """Idle children. A child that was taken is the caller's alone until `give` or `Child.end`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Child] = []

    def take(self) -> Child:
        """Raises SqlwrightError where no process can be started."""
        with self._lock:
            child = self._idle.pop() if self._idle else None
        child = child or Child()
        child.wait_ready()
        return child

    def give(self, child: Child) -> None:
        with self._lock:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(child)
                return
        child.end()

    def warm_up(self) -> None:
        """Start a child now, which imports while the caller does other work. Takes about 5 ms."""
        with self._lock:
            if not self._idle:
                self._idle.append(Child())

    def close_file(self, path: str) -> None:
        """Close `path` in the idle children, so that its folder can be removed."""
        with self._lock:
            for child in self._idle:
                child.close_file(path)

    def end(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def forget(self) -> None:
        """After a fork: the children belong to the parent."""
        self._lock = threading.Lock()
        self._idle = []


POOL = _Pool()
atexit.register(POOL.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=POOL.forget)


def take_with(key: FileKey) -> Child:
    """A child that has the file open. Raises ConnectError."""
    child = POOL.take()
    with _kept_or_ended(child, f"Opening {key.path!r}"):
        child.open(key, OPEN_S)
    return child


def run_in_child(method: str, *arguments: Any, key: FileKey | None = None, timeout_s: float | None = None) -> Any:
    """What the child's `method` returns, for the open file `key` where one is given.

    Raises the SqlwrightError that the child raised, and ConnectError where the method took more than `timeout_s`
    seconds or more memory than a child may use.
    """
    child = take_with(key) if key else POOL.take()
    asked = (key, *arguments) if key else arguments
    with _kept_or_ended(child, f"Reading {key.path!r}" if key else "Reading the files"):
        value = child.call(method, *asked, timeout_s=timeout_s)
    POOL.give(child)
    return value


@contextmanager
def _kept_or_ended(child: Child, what: str) -> Iterator[None]:
    """Give the child back, or end it, before an error leaves the block."""
    hint = "The file may be damaged, or made to do harm."
    try:
        yield
    except SqlwrightError:
        POOL.give(child)
        raise
    except TimeoutError:
        child.end()
        raise ConnectError(f"{what} took too long.", hint) from None
    except ChildDied:
        child.end()
        raise ConnectError(f"{what} needed too much memory.", hint) from None
    except BaseException:  # Ctrl-C
        child.end()
        raise
