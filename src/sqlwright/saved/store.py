"""The files of saved questions: one YAML file each, which people can read, edit and keep in version control."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..core import ConfigError, NotFoundError, UsageError, closest
from ..core.atomic import atomic_text
from ..core.redact import without_passwords
from .expect import ReadTable
from .question import SavedQuestion
from .template import Param

FOLDER = "SQLWRIGHT_SAVED"
MAX_BYTES = 1 << 20


def saved_folder() -> Path:
    """SQLWRIGHT_SAVED, else `saved` in the user's data folder."""
    if chosen := os.environ.get(FOLDER):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("sqlwright")) / "saved"


def write_saved(saved: SavedQuestion) -> Path:
    """Raises UsageError for a URL with a password, and where the file cannot be written."""
    import yaml

    if without_passwords(saved.database) != saved.database:
        raise UsageError(
            "A saved question does not store passwords.",
            "Name the connection: sqlwright connect NAME URL --ask-password",
        )
    data: dict[str, Any] = {
        "question": saved.question,
        "database": saved.database,
        "dialect": saved.dialect,
        "sql": saved.sql,
        "params": {p.name: {"default": p.default, "kind": p.kind} for p in saved.params},
        "columns": list(saved.columns),
        "reads": {
            table.name: {"columns": dict(table.columns), "primary_key": list(table.primary_key)}
            for table in saved.reads
        },
    }
    path = _path(saved.name)
    with atomic_text(path, private=True) as file:
        yaml.safe_dump(data, file, sort_keys=False, allow_unicode=True, width=100)
    return path


def read_saved(name: str) -> SavedQuestion:
    """Raises NotFoundError with the nearest name, ConfigError for a file that cannot be read."""
    path = _path(name)
    if not path.is_file():
        names = [p.stem for p in saved_folder().glob("*.yaml")]
        raise NotFoundError(
            f"No question is saved as {name!r}.", closest(name, names) or "Save one: sqlwright save NAME QUESTION -d DB"
        )
    return _read(path)


def read_all() -> tuple[SavedQuestion, ...]:
    """By name. Raises ConfigError."""
    return tuple(_read(path) for path in sorted(saved_folder().glob("*.yaml")))


def remove_saved(name: str) -> None:
    """Raises NotFoundError."""
    read_saved(name)
    _path(name).unlink()


def _path(name: str) -> Path:
    return saved_folder() / f"{name}.yaml"


def _read(path: Path) -> SavedQuestion:
    import yaml

    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("the file is too large")
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        params = tuple(
            Param(str(n), str(p["default"]), "number" if p["kind"] == "number" else "text")
            for n, p in (data["params"] or {}).items()
        )
        reads = tuple(
            ReadTable(
                str(n),
                tuple((str(c), str(kind)) for c, kind in t["columns"].items()),
                tuple(map(str, t["primary_key"])),
            )
            for n, t in (data["reads"] or {}).items()
        )
        return SavedQuestion(
            path.stem,
            str(data["database"]),
            data["dialect"],
            str(data["sql"]),
            str(data.get("question") or ""),
            params,
            reads,
            tuple(map(str, data["columns"])),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        what = " ".join(str(error).split())[:200]
        raise ConfigError(
            f"Cannot read the saved question {str(path)!r}: {what}.", "Correct the file, or save it anew."
        ) from None
