"""SQLite files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..kind import EngineKind, LockedFile

if TYPE_CHECKING:
    from ...engine import Engine


def _open(path: Path) -> Engine:
    from .engine import SqliteEngine

    return SqliteEngine(path)


def _lock(path: Path) -> LockedFile:
    from .locked import LockedSqlite

    return LockedSqlite(path)


def _cell(name: str, declared: str, kind: str, chars: int) -> str:
    """Columns hold values of any type, whatever is declared."""
    if kind not in ("text", "json", "list", ""):
        return name
    return f"CASE typeof({name}) WHEN 'text' THEN substr({name}, 1, {chars}) WHEN 'blob' THEN NULL ELSE {name} END"


KIND = EngineKind(
    "sqlite",
    magic=(0, b"SQLite format 3\0"),
    open_file=_open,
    lock_file=_lock,
    catalog_state="SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name",
    explain="EXPLAIN QUERY PLAN ",
    allows_reads_only=True,
    copies_files=True,
    keeps_types=False,
    sample_cell=_cell,
    compares_mixed=True,
    has_date_types=False,
)
