"""DuckDB files: statements run in a child process, on a locked connection."""

from __future__ import annotations

from ....core import Dialect
from ...file_engine import FileEngine


class DuckdbEngine(FileEngine):
    """One DuckDB file. `LockedDuckdb` is what the child holds."""

    dialect: Dialect = "duckdb"
