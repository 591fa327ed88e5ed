"""The profile of an open database: from the cache where it is there, with what the user states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core import Profile
from ..folder import knowledge_folder
from .cache import cache_path, load, save, state_of
from .edits import FILE, read_edits, with_edits

if TYPE_CHECKING:
    from ..database import Database


def kept_profile(database: Database) -> Profile:
    """Read the database once for each state of its catalog and its file; see `cache` for what ends a kept profile.

    Raises ConfigError for a profile.yaml that cannot be read.
    """
    schema = database.schema()
    edits = read_edits(knowledge_folder(database) / FILE, schema)
    path, state = cache_path(database), state_of(database, schema)
    profile = load(path, state) if path else None
    if profile is None:
        from .read import read_profile  # slow import, once for each state

        profile = read_profile(database.engine, schema)
        if path:
            save(path, state, profile)
    return with_edits(profile, edits, schema)
