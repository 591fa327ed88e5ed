"""Where the demo database lies: made on first use, and again when the generator has changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ...core import UsageError
from .generate import DEMO_DB_ID, GENERATOR_VERSION, write_demo_database


def demo_folder() -> Path:
    """`<user cache>/sqlwright/demo`, which serves as --databases; it may not exist yet."""
    from platformdirs import user_cache_path

    return user_cache_path("sqlwright", appauthor=False) / "demo"


def demo_database_path() -> Path:
    """`outdoor_shop/outdoor_shop.sqlite` in the demo folder. Raises UsageError where it cannot be written."""
    path = demo_folder() / DEMO_DB_ID / f"{DEMO_DB_ID}.sqlite"
    if _version(path) != GENERATOR_VERSION:
        try:
            write_demo_database(path)
        except UsageError as error:
            raise UsageError(error.message, "Set XDG_CACHE_HOME to a folder that you may write to.") from None
    return path


def _version(path: Path) -> int | None:
    """None where there is no such file or it is no SQLite database."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            return version
    except sqlite3.DatabaseError:
        return None
