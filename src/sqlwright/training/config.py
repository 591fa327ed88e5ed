"""One YAML file, one dataclass: read, overridden by `key=value`, checked key by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..core import ConfigError, NotFoundError
from ..core.errors import closest


@dataclass(frozen=True, slots=True)
class ParserConfig:
    """A training run of the built-in parser. Key names are LLaMA-Factory's where it has them.

    `dataset` maps files of questions to how often an epoch shows them (0.15: a random 15 %). `model_name_or_path` is
    `built-in`, a folder with a tuned parser, or a folder with MiniLM's model.safetensors and tokenizer.json, from
    which a new parser begins. `held_out` databases are left out of training; `eval_samples` of their questions choose
    the best checkpoint.
    """

    stage: str
    dataset: dict[str, float]
    databases: str
    output_dir: str
    model_name_or_path: str = "built-in"
    held_out: int = 8
    eval_samples: int = 240
    max_steps: int = 2000
    batch_size: int = 32
    group_size: int = 8
    learning_rate: float = 7e-4
    encoder_learning_rate: float = 2e-4
    warmup_steps: int = 150
    decay_share: float = 0.25
    eval_steps: int = 250
    save_steps: int = 100
    logging_steps: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if self.stage != "parser":
            raise ConfigError(f"stage is {self.stage!r}; the stage that can be trained is 'parser'.")
        if not self.dataset:
            raise ConfigError("dataset names no file.", "Write `dataset: {train.json: 1}`.")


def load_config(path: Path, overrides: Sequence[str] = ()) -> ParserConfig:
    """Raises NotFoundError, and ConfigError for unknown or missing keys and values of another type."""
    import yaml

    if not path.is_file():
        raise NotFoundError(f"No configuration at {str(path)!r}.")
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for override in overrides:
            key, equals, value = override.partition("=")
            if not equals:
                raise ConfigError(f"{override!r} is no key=value.")
            given[key] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {error}") from error
    if not isinstance(given, dict):
        raise ConfigError(f"{path} holds no keys.")
    return _checked(given)


def _checked(given: dict[str, Any]) -> ParserConfig:
    known = {f.name: f for f in fields(ParserConfig)}
    for key, value in given.items():
        if key not in known:
            raise ConfigError(f"Unknown key {key!r}.", closest(key, known))
        kind = {"str": str, "int": int, "float": (int, float)}.get(str(known[key].type), dict)
        if not isinstance(value, kind) or isinstance(value, bool):  # type: ignore[arg-type]
            raise ConfigError(f"{key} has to be of type {known[key].type}; found {value!r}.", "Write 0.0002 for 2e-4.")
    missing = [name for name in ("stage", "dataset", "databases", "output_dir") if name not in given]
    if missing:
        raise ConfigError(f"Missing: {', '.join(missing)}.")
    return ParserConfig(**given)
