"""Atomic file writes: a file takes its name only when it is complete."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from .errors import SqlwrightError, UsageError

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


@contextmanager
def atomic_file(path: str | Path, *, private: bool = False, fsync: bool = True) -> Iterator[Path]:
    """An empty file beside `path` to write to. It replaces `path` when the block ends; if the block raises, it is
    deleted and `path` is unchanged.

    Missing folders are created. The file has the rights of any new file, or with `private` only its owner can read it.
    With `fsync` the data is on the disk before the file is renamed, so that a power loss leaves the old file or the
    new one; a cache, which can be made again, does not need it.

    Raises UsageError if the place cannot be written to, SqlwrightError if the disk is full or fails. Other errors of
    the block pass.
    """
    target = Path(path)
    beside = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600 if private else 0o666))
    except OSError as error:
        raise cannot_write(target, error) from error
    try:
        try:
            yield beside
        except OSError as error:
            if error.errno in _DISK:
                raise cannot_write(target, error) from error
            raise
        try:
            if fsync:
                _flush(beside)
            beside.replace(target)
        except OSError as error:
            raise cannot_write(target, error) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)  # nothing is there after the rename


@contextmanager
def atomic_text(path: str | Path, *, private: bool = False, fsync: bool = True) -> Iterator[TextIO]:
    """`atomic_file` as a stream of UTF-8 text with the line break "\\n"."""
    with (
        atomic_file(path, private=private, fsync=fsync) as beside,
        beside.open("w", encoding="utf-8", newline="\n") as file,
    ):
        yield file


def cannot_write(path: str | Path, error: OSError) -> SqlwrightError:
    """The error for a file or folder that the system refuses to write: UsageError, unless the disk is the cause."""
    # mkdir finds a file where a folder has to be, and calls that "File exists".
    reason = os.strerror(errno.ENOTDIR) if isinstance(error, FileExistsError) else error.strerror or error
    message = f"Cannot write {str(path)!r}: {reason}."
    if error.errno in _DISK:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return SqlwrightError(message, "The disk is full. Make room." if full else "Check the disk and its limits.")
    return UsageError(message, "Check the name and the rights of its folder.")


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
