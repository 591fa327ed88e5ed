"""What `-d` takes: a file, a folder or a URL, and which engine reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..core import ConnectError, NotFoundError, UsageError
from .database import Database

if TYPE_CHECKING:
    from .engine import Engine

KNOWN = "Known: a SQLite or DuckDB file, a CSV, TSV, JSONL or Parquet file or a folder of them, or a URL such as postgresql://user@host/name."


def open_database(target: str | Path) -> Database:
    """Open `target` read-only and locked.

    Raises NotFoundError (no such file), UsageError (not a database), ConnectError (no answer, or login refused)
    and MissingExtraError (the driver is not installed).
    """
    text = str(target)
    if isinstance(target, str) and "://" in target:
        return Database(_open_url(text))
    return Database(_open_path(Path(target).expanduser()))


def _open_path(path: Path) -> Engine:
    if not path.exists():
        raise NotFoundError(f"No database at {str(path)!r}.", KNOWN)
    with path.open("rb") as file:
        header = file.read(16)
    if not header:
        raise ConnectError(f"{str(path)!r} is an empty file (0 bytes), not a database.", KNOWN)
    if header == b"SQLite format 3\0":
        from .sqlite import SqliteEngine

        return SqliteEngine(path)
    raise UsageError(f"{str(path)!r} is not a SQLite or DuckDB file.", KNOWN)


def _open_url(url: str) -> Engine:
    scheme, rest = url.split("://", 1)
    if scheme == "sqlite":
        return _open_path(Path(rest[1:]))
    raise UsageError(f"No engine for {scheme}:// URLs.", KNOWN)
