"""SQLite files: statements run in a child process, on a locked connection."""

from __future__ import annotations

from ....core import Dialect
from ...file_engine import FileEngine


class SqliteEngine(FileEngine):
    """One SQLite file. `LockedSqlite` is what the child holds."""

    dialect: Dialect = "sqlite"
