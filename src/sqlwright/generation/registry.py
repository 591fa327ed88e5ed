"""Which model a database is asked with when none is named: the one tuned for it, else the built-in one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from .load import models_folder, own_model

if TYPE_CHECKING:
    from ..db import Database

FILE = "databases.json"
BUILT_IN = "built-in"


def default_model(database: Database) -> str:
    """The name to load: what `register` noted for a schema equal to this one, where it is still there."""
    name = str(_noted().get(database.schema().fingerprint(), ""))
    return name if own_model(name) else BUILT_IN


def register(database: Database, name: str) -> None:
    """Ask databases of this schema with the model `name` from now on. Whole or not at all."""
    path = models_folder() / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps({**_noted(), database.schema().fingerprint(): name}, indent=2), encoding="utf-8")
    unfinished.replace(path)


def _noted() -> dict[str, str]:
    path: Path = models_folder() / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
