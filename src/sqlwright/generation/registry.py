"""Which model a database is asked with when none is named: the one tuned for it, else the built-in one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .find import models_folder, own_model

if TYPE_CHECKING:
    from ..db import Database

FILE = "databases.json"
BUILT_IN = "built-in"


def default_model(database: Database) -> str:
    """The name to load: what `register` noted for this database, while its tables and the model are still there."""
    noted = _noted().get(place_of(database), {})
    name = str(noted.get("model", ""))
    return name if noted.get("schema") == database.schema().fingerprint() and own_model(name) else BUILT_IN


def register(database: Database, name: str) -> None:
    """Ask this database with the model `name` from now on. Another database of the same tables is not touched."""
    path = models_folder() / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    noted = {**_noted(), place_of(database): {"model": name, "schema": database.schema().fingerprint()}}
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(noted, indent=2, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(path)


def databases_of(name: str) -> tuple[str, ...]:
    """The databases that `register` noted for the model `name`."""
    return tuple(place for place, noted in _noted().items() if noted.get("model") == name)


def place_of(database: Database) -> str:
    """The dialect with the path, or with the server and the name: never a login."""
    return f"{database.dialect} {database.engine.location}"


def _noted() -> dict[str, Mapping[str, str]]:
    """Entries of another form, which noted a schema without its database, are left out."""
    path: Path = models_folder() / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}
