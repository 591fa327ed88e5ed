"""Files of another semantic layer as one meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ...core import ConfigError, DataError, Schema
from ...core.meaning import Meaning
from .cube import read_cube
from .dbt import read_dbt
from .draft import Draft
from .ossie import read_ossie

MAX_BYTES = 4 << 20


def import_meaning(paths: Iterable[Path], schema: Schema) -> tuple[Meaning, tuple[str, ...]]:
    """What the files state that `schema` holds, and what was left out with the reason.

    All files are read together, since metrics may be in one file and the models in another. A folder stands for its
    YAML files. Raises DataError for a file that cannot be read, ConfigError where no file is of a known kind.
    """
    merged: dict[str, list[Any]] = {}
    ossie: list[Mapping[str, Any]] = []
    for path in _files(paths):
        for document in _documents(path):
            if "semantic_model" in document or "datasets" in document:
                ossie.append(document)
                continue
            for key in ("semantic_models", "models", "metrics", "cubes"):
                value = document.get(key)
                merged.setdefault(key, []).extend(value if isinstance(value, list) else [])
    draft = Draft(schema)
    if not ossie and not any(merged.values()):
        raise ConfigError(
            "No semantic model found.",
            "Expected dbt's semantic_models, models or metrics, Cube's cubes, or Ossie's semantic_model.",
        )
    for document in ossie:
        read_ossie(document, draft)
    read_cube(merged, draft)
    if merged.get("semantic_models") or merged.get("models") or merged.get("metrics"):
        read_dbt(merged, draft)
    meaning = draft.meaning()
    return meaning, tuple(draft.left_out)


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".yaml") and p.is_file())
        else:
            yield path


def _documents(path: Path) -> list[Mapping[str, Any]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"the file is larger than {MAX_BYTES >> 20} MiB", path=path)
        found = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"cannot be read: {error}", path=path) from error
    return [document for document in found if isinstance(document, Mapping)]
