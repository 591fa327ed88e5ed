"""What `-d` takes: a file, a folder or a URL, and which engine reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..core import ConnectError, NotFoundError, UsageError
from .child import run_in_child
from .database import Database

if TYPE_CHECKING:
    from .engine import Engine

KNOWN = (
    "Read are SQLite and DuckDB files, CSV, TSV, JSONL and Parquet files or a folder of them, "
    "and URLs such as postgresql://user@host/name."
)
_DATA_SUFFIXES = frozenset({".csv", ".tsv", ".parquet", ".jsonl", ".ndjson"})


def open_database(target: str | Path) -> Database:
    """Open `target` read-only and locked.

    Raises NotFoundError (no such file), UsageError (not a database), ConnectError (no answer, or login refused),
    DataError (a table file that cannot be read) and MissingExtraError (the driver is not installed).
    """
    if isinstance(target, str) and "://" in target:
        return Database(_open_url(target))
    return Database(_open_path(Path(target).expanduser()))


def _open_path(path: Path) -> Engine:
    if not path.exists():
        raise NotFoundError(f"No database at {str(path)!r}.", KNOWN)
    if path.is_dir():
        return _open_files(path)
    header: bytes = run_in_child("header", path.resolve())
    if header == b"SQLite format 3\0":
        from .sqlite import SqliteEngine

        return SqliteEngine(path)
    if header[8:12] == b"DUCK":
        from .duckdb import DuckdbEngine

        return DuckdbEngine(path)
    if not header:
        raise ConnectError(f"{str(path)!r} is an empty file (0 bytes), not a database.", KNOWN)
    if path.suffix.lower() in _DATA_SUFFIXES:
        return _open_files(path)
    raise UsageError(f"{str(path)!r} is not a database.", KNOWN)


def _open_files(path: Path) -> Engine:
    from .files import FilesEngine

    return FilesEngine(path)


def _open_url(url: str) -> Engine:
    scheme, rest = url.split("://", 1)
    scheme = scheme.lower().split("+")[0]  # the driver is ours to choose
    if scheme in ("sqlite", "duckdb", "file"):
        # SQLAlchemy's form: three slashes before a relative path, four before an absolute one.
        path = unquote(rest.removeprefix("/") if scheme != "file" else rest)
        if path in ("", ":memory:"):
            raise UsageError(f"{url!r} is an empty database in memory: there is nothing to ask.", KNOWN)
        return _open_path(Path(path))
    if scheme in ("postgresql", "postgres"):
        from .postgres import PostgresEngine

        return PostgresEngine(url)
    if scheme in ("mysql", "mariadb"):
        from .mysql import MysqlEngine

        return MysqlEngine(url)
    raise UsageError(f"No engine for {scheme}:// URLs.", KNOWN)
