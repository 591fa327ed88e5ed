"""The registry of database engines. A new engine is a folder here and a line in ENGINES."""

from __future__ import annotations

from ...core import Dialect
from . import duckdb, mysql, postgres, sqlite
from .kind import EngineKind, LockedFile

__all__ = ["ENGINES", "EngineKind", "LockedFile", "engine_of_url"]

ENGINES: dict[Dialect, EngineKind] = {
    "sqlite": sqlite.KIND,
    "duckdb": duckdb.KIND,
    "postgres": postgres.KIND,
    "mysql": mysql.KIND,
}


def engine_of_url(scheme: str) -> EngineKind | None:
    """The engine whose servers URLs with `scheme` name; None where there is none."""
    return next((kind for kind in ENGINES.values() if scheme in kind.schemes), None)
