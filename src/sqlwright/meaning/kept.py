"""The meaning.yaml of a database, beside what else it was taught."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..core.meaning import NO_MEANING, Meaning
from ..db.folder import knowledge_folder
from .read import read_meaning

if TYPE_CHECKING:
    from ..db import Database

FILE = "meaning.yaml"


def meaning_path(database: Database) -> Path:
    """Where the file of `database` is, whether or not it is there yet."""
    return knowledge_folder(database) / FILE


def kept_meaning(database: Database) -> Meaning:
    """The meaning of `database`; empty where there is no file. Raises ConfigError for a file that is not valid."""
    path = meaning_path(database)
    return read_meaning(path, database.schema()) if path.is_file() else NO_MEANING
