"""Checks of long and deeply nested statements, in processes that are killed when their time is up.

A thread cannot be stopped from outside; a process can. The processes are kept for the next check and end with this
one. They are plain subprocesses: `multiprocessing` would run the caller's own script again.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import struct
import subprocess
import sys
import threading
from typing import IO, Any

from ..core import Checked, Refused
from .lexer import LexError, lex
from .policy import Policy

CHECK_S = 20.0  # of processor time; the longest harmless statements, 64 kB, take 2 to 4 s
WAIT = 3  # times CHECK_S of clock time, for a machine that gives the process a third of a core
START_S = 60.0  # a process imports sqlglot before its first answer; a loaded machine took 6 s
WORKERS = 4  # at once; further checks wait for one of these
RECURSION_LIMIT = 3_000  # Python frames: the parser takes about 25 for a level, of MAX_DEPTH at most
_SIZE = struct.Struct("!Q")


class _Worker:
    """One process that answers a (statement, policy) at a time with a `Checked` or a `Refused`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            # The modules are found where this process finds them, and not in the current folder.
            [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for this process alone
        )
        self.start_s = START_S

    def check(self, sql: str, policy: Policy, check_s: float) -> Checked | Refused | None:
        """None where the process gave no answer in time, or ended. It is killed then, as on any exception."""
        timer = threading.Timer(self.start_s + WAIT * check_s, self.process.kill)
        timer.start()
        try:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            _send(self.process.stdin, (sql, policy, check_s))
            answer: Checked | Refused = _receive(self.process.stdout)
        except (OSError, EOFError):
            self.close()
            return None
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
        self.start_s = 0.0
        return answer

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()


class _Pool:
    """The processes of this process: `idle` wait for work, `places` counts those that may still be at work."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin without processes: a fork shares the pipes of those that its parent started."""
        self.idle: list[_Worker] = []
        self.places = threading.BoundedSemaphore(WORKERS)

    def check(self, sql: str, policy: Policy, check_s: float) -> Checked | Refused | None:
        with self.places:
            worker = self._free()
            checked = None if worker is None else worker.check(sql, policy, check_s)
            if worker is not None and checked is not None:
                self.idle.append(worker)
        return checked

    def _free(self) -> _Worker | None:
        """One that waits for work, or a new one; None where the system starts no process."""
        with contextlib.suppress(IndexError):
            return self.idle.pop()
        with contextlib.suppress(OSError):
            return _Worker()
        return None

    def close(self) -> None:
        while self.idle:
            self.idle.pop().close()


_pool = _Pool()
atexit.register(_pool.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.forget)


def check_apart(sql: str, policy: Policy, check_s: float = CHECK_S) -> Checked | Refused:
    """The guard's verdict from another process; a statement that is not checked within `check_s` is refused."""
    from .guard import refused

    checked = _pool.check(sql, policy, check_s)
    return checked or refused("too_slow", f"The statement could not be checked within {check_s:g} s. Write it shorter.")


def serve() -> None:
    """The process's side: answer until the other end of the pipe closes."""
    from .guard import check_here, refused

    sys.setrecursionlimit(RECURSION_LIMIT)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            sql, policy, check_s = _receive(stdin)
            _end_after(check_s)
            try:
                checked = check_here(lex(sql, policy.dialect), policy)
            except LexError as error:
                checked = refused(error.code, str(error))
            except RecursionError:
                checked = refused("too_deep", "The statement is nested too deep to be read.")
            _end_after(0)
            _send(stdout, checked)


def _end_after(seconds: float) -> None:
    """Let the system end this process after so much processor time, also when its parent is gone; 0: no longer."""
    with contextlib.suppress(ImportError, AttributeError):  # Windows has no such timer
        import signal

        signal.setitimer(signal.ITIMER_PROF, seconds)


def _send(pipe: IO[bytes], message: object) -> None:
    body = pickle.dumps(message)
    pipe.write(_SIZE.pack(len(body)) + body)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    """Raises EOFError where the other end is closed."""
    head = pipe.read(_SIZE.size)
    body = pipe.read(_SIZE.unpack(head)[0]) if len(head) == _SIZE.size else b""
    if not body:
        raise EOFError
    return pickle.loads(body)  # noqa: S301 - both ends are this program
