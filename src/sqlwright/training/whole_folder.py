"""A folder that is there whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core import SqlwrightError, UsageError


@contextmanager
def whole_folder(out: Path, mark: str, *, overwrite: bool = False) -> Iterator[Path]:
    """A new folder beside `out` to write to, which takes its place at the end; after an error nothing of it is left.

    An `out` that is there already is replaced with `overwrite`, and only where it holds the file `mark`, as every
    folder written here does. Raises UsageError before anything is written, SqlwrightError where the disk refuses.
    """
    out = Path.cwd() / out.expanduser()
    _refuse_taken(out, mark, overwrite)
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir()
        yield beside
        _open_to_others(beside)
        _take_place(beside, out)
    except OSError as error:
        if error.errno is None:  # libraries that read models raise their own sentences as OSError
            raise
        raise disk_refused(out, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def refuse_full_disk(folder: Path, needed_bytes: int) -> None:
    """Raises SqlwrightError where `needed_bytes` do not fit beside what is there."""
    free = shutil.disk_usage(folder).free
    if needed_bytes > free:
        raise SqlwrightError(
            f"{str(folder.parent)!r} has {free / 1e9:.1f} GB free, and the weights take {needed_bytes / 1e9:.1f} GB.",
            "Make room, name another folder with -o, or choose a smaller --quantize.",
        )


def disk_refused(path: Path, error: OSError) -> SqlwrightError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    hint = "The disk is full: make room." if full else "Check the rights of the folder and its disk."
    return SqlwrightError(f"{str(path)!r} cannot be written: {error.strerror or error}.", hint)


def _refuse_taken(out: Path, mark: str, overwrite: bool) -> None:
    if out.is_file():
        raise UsageError(f"{str(out)!r} is a file.", "Name a folder with -o.")
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not (out / mark).is_file():
        raise UsageError(f"{str(out)!r} holds other files.", "Name a new or an empty folder with -o.")
    if not overwrite:
        raise UsageError(f"{str(out)!r} holds an export already.", "Pass --overwrite, or name another folder with -o.")


def _open_to_others(folder: Path) -> None:
    """Files get the rights that new ones have here: safetensors writes its own readable by nobody else."""
    probe = folder / ".rights"
    probe.touch()
    mode = probe.stat().st_mode
    probe.unlink()
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)


def _take_place(beside: Path, out: Path) -> None:
    """A rename; of a folder that is replaced the old one goes first, and comes back where the new one cannot."""
    if not out.exists():
        beside.rename(out)
        return
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    out.rename(old)
    try:
        beside.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
