"""Take a finished model into the folder of the user's own models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ..core import UsageError
from ..core.atomic import atomic_text
from .find import find_model, models_folder, parser_folder

ADAPTER = "adapter_config.json"


def take_in(spec: str, name: str = "") -> str:
    """Copy the model `spec` there as `name`, by default its folder's, and return the name; one that is there stays.

    Checkpoints and other folders are left behind. A base model that an adapter names by a relative path is named by
    its whole path, so that it is found from everywhere. Raises NotFoundError where `spec` is no model here, UsageError
    for a hub name, and where another model has the name.
    """
    folder = parser_folder(spec) or Path(find_model(spec))
    if not folder.is_dir():
        raise UsageError(f"{spec!r} is on a hub.", "Fetch it first, for example with: hf download " + spec)
    own = models_folder()
    if folder.resolve().parent == own.resolve():
        return folder.name
    name = name or folder.resolve().name
    target = own / name
    if target.exists():
        raise UsageError(f"You have a model named {name!r} already.", "Choose another --name, or delete that folder.")
    unfinished = own / f".{name}.part"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for path in folder.iterdir():
        if path.is_file():
            shutil.copy2(path, unfinished / path.name)
    _name_whole_base(unfinished / ADAPTER)
    unfinished.replace(target)
    return name


def _name_whole_base(path: Path) -> None:
    if not path.is_file():
        return
    config = json.loads(path.read_text(encoding="utf-8"))
    base = Path(str(config.get("base_model_name_or_path") or ""))
    if base.parts and not base.is_absolute() and base.is_dir():
        with atomic_text(path) as file:
            json.dump({**config, "base_model_name_or_path": str(base.resolve())}, file, indent=2)
