"""A lock on a file that says whether the processes that hold it are alive."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ...core import UsageError

if sys.platform == "win32":
    raise UsageError("The studio needs Linux or macOS.", "On Windows, run it in WSL.")

import fcntl


def take(path: Path) -> int:
    """An open file that holds the lock of `path`, for this process and every child that inherits it.

    The lock is free again when all of them have closed it or ended, however they ended.
    """
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(number, fcntl.LOCK_EX)
    return number


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of `path`; False where there is no such file."""
    try:
        number = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared, so that two who look do not see each other
    except BlockingIOError:
        return True
    finally:
        os.close(number)
    return False
