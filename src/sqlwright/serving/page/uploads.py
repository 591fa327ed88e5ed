"""Uploaded files until they are opened: in a folder of this process alone, each taken once, by who uploaded it."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections import OrderedDict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

WAITING = 20  # files not opened yet; the oldest makes room
NAME_CHARS = 120


class Uploads:
    """`folder` is this user's alone (mode 0700, files 0600) and deleted with `close`.

    A browser is told TOKEN/NAME of its file, never where it is.
    """

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="sqlwright-files-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name).resolve()
        self._waiting: OrderedDict[str, tuple[str, Path]] = OrderedDict()  # by what the browser is told: owner, file
        self._lock = threading.Lock()

    def add(self, owner: str, name: str, content: BinaryIO) -> str:
        """Store a file of `owner`, a visitor's key, and return what names it."""
        token = secrets.token_urlsafe(16)
        path = self.folder / token / _file_name(name)
        path.parent.mkdir(mode=0o700)
        path.touch(mode=0o600, exist_ok=False)
        with path.open("wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
        told = f"{token}/{path.name}"
        with self._lock:
            self._waiting[told] = (owner, path)
            gone = self._waiting.popitem(last=False)[1][1] if len(self._waiting) > WAITING else None
        if gone:
            shutil.rmtree(gone.parent, ignore_errors=True)
        return told

    def take(self, owner: str, told: str) -> Path | None:
        """The file that `add` named so, once; None for any that is not there or another visitor's."""
        with self._lock:
            known = self._waiting.get(told)
            if known is None or known[0] != owner:
                return None
            return self._waiting.pop(told)[1]

    def close(self) -> None:
        self._folder.cleanup()


def _file_name(name: str) -> str:
    """The last part of the name, without what is no letter of a file name; the end is kept, which says the kind."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(letter for letter in last if letter.isprintable()).strip(". ")
    return printable[-NAME_CHARS:].lstrip(". ") or "file"
