"""The folder of what a user teaches about one database."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .database import Database


def knowledge_folder(database: Database) -> Path:
    """The folder of `database`, whether or not it is there yet.

    The root is SQLWRIGHT_KNOWLEDGE, else `knowledge` in the user's data folder. The mark comes from the path or the
    server, so that two databases of one name share nothing; one that moves takes its folder along by renaming it.
    """
    import platformdirs

    chosen = os.environ.get("SQLWRIGHT_KNOWLEDGE")
    root = Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("sqlwright")) / "knowledge"
    return root / folder_name(database)


def folder_name(database: Database) -> str:
    """`<name>-<mark>`: readable, and another one for a database of the same name elsewhere."""
    mark = hashlib.sha256(f"{database.dialect} {database.engine.location}".encode()).hexdigest()[:8]
    readable = re.sub(r"[^\w-]+", "-", database.name).strip("-")[:60]
    return f"{readable or 'database'}-{mark}"
