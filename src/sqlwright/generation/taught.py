"""How a model's prompts were made when it was tuned: a small file in its folder, so that it is asked as taught."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

from ..core import ConfigError
from ..prompts import PRESETS, PromptOptions, Style
from .generator import Generator

FILE = "prompt.json"
KNOWN = {
    "preset": lambda value: value in PRESETS,
    "style": lambda value: value is None or value in get_args(Style),
    "samples": lambda value: type(value) is int and value >= 0,
    "hints": lambda value: isinstance(value, bool),
}


def write_taught(folder: Path, options: PromptOptions) -> None:
    kept = {name: value for name, value in asdict(options).items() if name in KNOWN}
    (folder / FILE).write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def read_taught(folder: Path) -> PromptOptions | None:
    """None for a model that does not say. Raises ConfigError for a file that says something else."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        wrong = [n for n, v in found.items() if n not in KNOWN or not KNOWN[n](v)]
    except (ValueError, AttributeError, TypeError) as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error}") from error
    if wrong:
        raise ConfigError(
            f"{str(path)!r} says {wrong[0]} is {found[wrong[0]]!r}.",
            "`sqlwright train` writes it; delete it to do without.",
        )
    return PromptOptions(**found)


def prompt_options(generator: Generator, **chosen: Any) -> PromptOptions:
    """How `generator` is to be asked: what is `chosen` and not None, else as it was taught, else the defaults."""
    taught = generator.needs.prompt or PromptOptions()
    return replace(taught, **{name: value for name, value in chosen.items() if value is not None})
