"""Where the demo database lies: made on first use, and again when the generator has changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from .generate import DEMO_DB_ID, GENERATOR_VERSION, write_demo_database


def demo_database_path() -> Path:
    """`<user cache>/sqlwright/demo/outdoor_shop/outdoor_shop.sqlite`, so that `demo` serves as --databases."""
    from platformdirs import user_cache_path

    path = user_cache_path("sqlwright", appauthor=False) / "demo" / DEMO_DB_ID / f"{DEMO_DB_ID}.sqlite"
    if _version(path) != GENERATOR_VERSION:
        write_demo_database(path)
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
