"""Publish a tuned model: its weights, its card and its report, and nothing else of the folder."""

from __future__ import annotations

import shutil
import tempfile
from fnmatch import fnmatch
from pathlib import Path

from ..core import NotFoundError, UsageError
from .hub import Hub

# No training data, no checkpoints, no optimizer, no log.
PUBLISHED = (
    "*.safetensors",
    "*.safetensors.index.json",
    "*.gguf",
    "*.onnx",
    "config.json",
    "adapter_config.json",
    "generation_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "chat_template.jinja",
    "parser.json",
    "sqlwright.json",
    "README.md",
    "MODEL_CARD.md",
    "LICENSE*",
    "report.html",
    "report.json",
    "before_after.html",
    "*.png",
)


def published_files(folder: Path) -> tuple[str, ...]:
    """Names of the files that `publish` sends. Raises NotFoundError for a folder without weights."""
    if not folder.is_dir():
        raise NotFoundError(f"No folder {str(folder)!r}.")
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and any(fnmatch(p.name, n) for n in PUBLISHED))
    if not any(name.endswith((".safetensors", ".gguf", ".onnx")) for name in names):
        raise NotFoundError(f"{str(folder)!r} holds no weights.", "Name the folder of a tuned model.")
    return tuple(names)


def publish(hub: Hub, folder: Path, name: str, *, private: bool = True, license_name: str = "") -> str:
    """Send the files of `published_files` to the repository `name` and return its address.

    A folder without README.md gets a short card. Opens network connections: ask the user first.
    """
    if name.count("/") != 1 or not all(name.split("/")):
        raise UsageError(f"Expected OWNER/NAME, found {name!r}.")
    with tempfile.TemporaryDirectory() as place:
        copies = Path(place)
        for file in published_files(folder):
            shutil.copy2(folder / file, copies / file)
        if not (copies / "README.md").exists():
            (copies / "README.md").write_text(_card(folder, copies, license_name), encoding="utf-8")
        return hub.upload(copies, "model", name, private=private, message="Upload by sqlwright")


def _card(folder: Path, copies: Path, license_name: str) -> str:
    head = ["---", "library_name: sqlwright", "tags: [text-to-sql]"]
    head += [f"license: {license_name}"] if license_name else []
    own = copies / "MODEL_CARD.md"
    body = own.read_text(encoding="utf-8") if own.is_file() else f"# {folder.name}\n\nA text-to-SQL model.\n"
    return "\n".join([*head, "---", "", body])
