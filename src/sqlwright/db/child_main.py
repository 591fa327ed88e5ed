"""The child process: opens file databases and runs what the parent sends, one request at a time.

A request is (method, arguments), pickled on standard input; an answer is (failed, value or exception), pickled on
standard output. The process ends with its parent, also in the middle of a statement.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..core import Checked, ConnectError, Outcome, QueryLimits, Schema, SqlwrightError
from .engines import ENGINES, LockedFile

if TYPE_CHECKING:
    from .child import FileKey

MAX_DATA_BYTES = 900 << 20  # private memory; DuckDB with four threads takes 100 MB of it before the first row

_opened: dict[FileKey, LockedFile] = {}


def main(parent: int) -> None:
    """`parent` is the process id of the one process that this one works for."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is not an answer
    _limit_memory()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _answer(answers, False, None)  # ready
    while True:
        try:
            method, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  from our own parent
        except EOFError:
            return
        try:
            value = METHODS[method](*arguments)
        except SqlwrightError as error:
            _answer(answers, True, error)
        except MemoryError:
            os._exit(1)
        except Exception as error:  # noqa: BLE001  a damaged file can make an engine raise anything
            text = " ".join(str(error).split())[:300] or type(error).__name__
            _answer(answers, True, ConnectError(f"Cannot read the database: {text}.", "The file may be damaged."))
        else:
            _answer(answers, False, value)


def _end_with(parent: int) -> None:
    """End with the parent also in the middle of a statement. (On Windows the id does not change: at its end.)"""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _answer(stream: BinaryIO, failed: bool, value: Any) -> None:
    stream.write(pickle.dumps((failed, value), pickle.HIGHEST_PROTOCOL))
    stream.flush()


def _limit_memory() -> None:
    """On Linux. macOS has the call and ignores it, Windows lacks it: there the engines' own limits hold alone."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        # Not the address space, of which DuckDB reserves a gigabyte without using it.
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = MAX_DATA_BYTES if hard == resource.RLIM_INFINITY else min(hard, MAX_DATA_BYTES)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _header(path: Path) -> bytes:
    """The first 16 bytes. Read here: closing a file drops the locks that its process holds on it."""
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise ConnectError(f"Cannot read {str(path)!r}: {error.strerror}.") from error


def _open(key: FileKey) -> None:
    """Raises ConnectError and NotFoundError."""
    lock_file = ENGINES[key.kind].lock_file
    assert lock_file is not None
    _opened[key] = lock_file(Path(key.path))


def _close(key: FileKey) -> None:
    if key in _opened:
        _opened.pop(key).close()


def _functions(key: FileKey) -> frozenset[str]:
    return _opened[key].functions()


def _introspect(key: FileKey, name: str, row_counts: bool, samples: int) -> Schema:
    return _opened[key].introspect(name, row_counts=row_counts, samples=samples)


def _execute(key: FileKey, statement: Checked, limits: QueryLimits) -> Outcome:
    return _opened[key].execute(statement, limits)


def _load(tables: dict[str, Path], database: Path) -> list[str]:
    from .files.database import load

    return load(tables, database)


METHODS: dict[str, Callable[..., Any]] = {
    "header": _header,
    "open": _open,
    "close": _close,
    "functions": _functions,
    "introspect": _introspect,
    "execute": _execute,
    "load": _load,
}
