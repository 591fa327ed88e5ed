"""What `-d` takes: a file, a folder or a URL, and which engine reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..core import ConnectError, NotFoundError, UsageError
from .child import run_in_child
from .database import Database
from .engines import ENGINES, EngineKind, engine_of_url

if TYPE_CHECKING:
    from .engine import Engine

KNOWN = (
    "sqlwright opens SQLite and DuckDB files, CSV, TSV, JSON, JSONL, Parquet, Excel and .ods files or a folder of them,"
    " and URLs such as postgresql://user@host/name."
)
_FILE_SCHEMES = frozenset({"file", *(kind.dialect for kind in ENGINES.values() if kind.open_file is not None)})


def open_database(target: str | Path) -> Database:
    """Open `target` read-only and locked.

    Raises NotFoundError (no such file), UsageError (not a database), ConnectError (no answer, or login refused),
    DataError (a table file that cannot be read) and MissingExtraError (the driver is not installed).
    """
    path = _path_of(target)
    return Database(_open_server(str(target))) if path is None else Database(_open_path(path), path)


def reopened(engine: Engine, source: Path | None) -> Engine:
    """The database of `engine`, as it is now at `source`, or on its server (None). Raises as `open_database`."""
    return engine.again() if source is None else _open_path(source)


def _open_path(path: Path) -> Engine:
    if not path.exists():
        raise NotFoundError(f"No database at {str(path)!r}.", KNOWN)
    if path.is_dir():
        return _open_files(path)
    header: bytes = run_in_child("header", path.resolve())
    for kind in ENGINES.values():
        if kind.open_file is not None and kind.owns(header):
            return kind.open_file(path)
    if not header:
        raise ConnectError(f"{str(path)!r} is an empty file (0 bytes), not a database.", KNOWN)
    from .files.database import is_data_file

    if is_data_file(path):
        return _open_files(path)
    raise UsageError(f"{str(path)!r} is not a database.", KNOWN)


def _open_files(path: Path) -> Engine:
    from .files.database import FilesEngine

    return FilesEngine(path)


def _path_of(target: str | Path) -> Path | None:
    """The file or folder that `target` names; None for the URL of a server. Raises UsageError."""
    if isinstance(target, Path) or "://" not in target:
        return Path(target).expanduser().absolute()
    if not names_a_path(target):
        return None
    scheme, rest = _scheme(target)
    # SQLAlchemy's form: three slashes before a relative path, four before an absolute one.
    path = unquote(rest.removeprefix("/") if scheme != "file" else rest)
    if path in ("", ":memory:"):
        raise UsageError(f"{target!r} is an empty database in memory: there is nothing to ask.", KNOWN)
    return Path(path).absolute()


def names_a_path(target: str) -> bool:
    """Whether `target` names a file or folder, not a server."""
    return "://" not in target or _scheme(target)[0] in _FILE_SCHEMES


def _scheme(url: str) -> tuple[str, str]:
    """The scheme without a driver, which is ours to choose, and what follows it."""
    scheme, rest = url.split("://", 1)
    return scheme.lower().split("+")[0], rest


def _open_server(url: str) -> Engine:
    kind = engine_of_server(url)
    assert kind.open_url is not None
    return kind.open_url(url)


def engine_of_server(url: str) -> EngineKind:
    """The engine of the server that `url` names. Raises UsageError."""
    scheme, _ = _scheme(url)
    kind = engine_of_url(scheme)
    if kind is None:
        raise UsageError(f"No engine for {scheme}:// URLs.", KNOWN)
    return kind
