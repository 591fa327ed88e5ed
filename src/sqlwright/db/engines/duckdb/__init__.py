"""DuckDB files, and the user's table files, which are read into one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..kind import EngineKind, LockedFile

if TYPE_CHECKING:
    from ...engine import Engine


def _open(path: Path) -> Engine:
    from .engine import DuckdbEngine

    return DuckdbEngine(path)


def _lock(path: Path) -> LockedFile:
    from .locked import LockedDuckdb

    return LockedDuckdb(path)


def _cell(name: str, declared: str, kind: str, chars: int) -> str:
    return f"left(CAST({name} AS varchar), {chars})" if kind in ("text", "json") else name


# The catalog of a file cannot change while it is open here.
KIND = EngineKind(
    "duckdb",
    magic=(8, b"DUCK"),
    open_file=_open,
    lock_file=_lock,
    one_per_child=True,
    sample_cell=_cell,
)
