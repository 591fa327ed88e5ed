"""Files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from ..core import DataError, UsageError


@contextmanager
def atomic_text(path: str | Path) -> Iterator[TextIO]:
    """A UTF-8 file that takes its name when the block ends; where the block raises, what was there stays.

    Raises UsageError where the folder cannot be written to.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise UsageError(f"Cannot write {str(target)!r}: {error.strerror}.") from None
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123 - an open descriptor
            yield stream
        Path(temporary).chmod(0o666 & ~_umask())  # mkstemp lets only the owner read
        Path(temporary).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def write_rows(path: str | Path, rows: Iterable[Any]) -> int:
    """Rows as they come: one JSON array, a row a line, where `path` ends in .json, else JSON Lines. How many.

    Raises DataError where there is none: an empty file would hide that nothing was read.
    """
    if Path(path).suffix not in (".json", ".jsonl"):
        raise UsageError(f"Cannot write {str(path)!r}: only .json and .jsonl files are written.")
    array = Path(path).suffix == ".json"
    count = 0
    with atomic_text(path) as stream:
        if array:
            stream.write("[")
        for count, row in enumerate(rows, 1):
            if array:
                stream.write(",\n" if count > 1 else "\n")
            stream.write(json.dumps(row, ensure_ascii=False))
            if not array:
                stream.write("\n")
        if array:
            stream.write("\n]\n")
        if not count:
            raise DataError(f"no row to write to {str(path)!r}")
    return count


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
