"""One YAML file, one dataclass a run: read, overridden by `key=value`, checked key by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from ..core import ConfigError, NotFoundError
from ..core.errors import closest
from .language_model_config import LanguageModelConfig
from .parser_config import ParserConfig

Config = ParserConfig | LanguageModelConfig
STAGES: dict[str, type[Config]] = {"parser": ParserConfig, "pt": LanguageModelConfig, "sft": LanguageModelConfig}
KINDS: dict[str, Any] = {"str": str, "int": int, "float": (int, float), "bool": bool, "tuple[str, ...]": (str, list)}


def load_configs(path: Path, overrides: Sequence[str] = ()) -> tuple[Config, ...]:
    """The runs that `path` describes: one, or one for each document of a YAML file with several (`---`).

    `key=value` overrides the last run, `1.key=value` the first of several. Raises NotFoundError, and ConfigError for
    unknown or missing keys and values of another type.
    """
    import yaml

    if not path.is_file():
        raise NotFoundError(f"No configuration at {str(path)!r}.")
    try:
        runs = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        if not all(isinstance(run, dict) for run in runs) or not runs:
            raise ConfigError(f"{path} holds no keys.")
        for override in overrides:
            key, value = _override(override)
            number, dot, rest = key.partition(".")
            run = len(runs)
            if dot and number.isdigit():
                run, key = int(number), rest
            if not 1 <= run <= len(runs):
                raise ConfigError(f"{override!r} is about run {run}; {path} has {len(runs)}.")
            runs[run - 1][key] = value
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is no YAML: {error}") from error
    return tuple(_checked(run) for run in runs)


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The last run that `path` describes; see `load_configs`."""
    return load_configs(path, overrides)[-1]


def config_from(given: Mapping[str, Any], overrides: Sequence[str] = ()) -> Config:
    """The run with these keys, of which `key=value` in `overrides` wins. Raises ConfigError."""
    return _checked({**given, **dict(map(_override, overrides))})


def _override(text: str) -> tuple[str, Any]:
    import yaml

    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"{text!r} is no key=value.")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"{text!r} is no YAML: {error}") from error


def _checked(given: dict[str, Any]) -> Config:
    if "stage" not in given:
        raise ConfigError("Missing: stage.", f"Known: {', '.join(STAGES)}.")
    if given["stage"] not in STAGES:
        raise ConfigError(f"stage is {given['stage']!r}.", closest(str(given["stage"]), STAGES))
    made = STAGES[given["stage"]]
    known = {f.name: f for f in fields(made)}
    for key, value in given.items():
        if key not in known:
            raise ConfigError(f"Unknown key {key!r}.", closest(key, known))
        kind = str(known[key].type)
        if not isinstance(value, KINDS.get(kind, dict)) or (isinstance(value, bool) and kind != "bool"):
            raise ConfigError(f"{key} has to be of type {_said(kind)}; found {value!r}.", _number_hint(value))
    needed = (n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING)
    if missing := [name for name in needed if name not in given]:
        raise ConfigError(f"Missing: {', '.join(missing)}.")
    return made(**{key: _value(value, str(known[key].type)) for key, value in given.items()})


def _value(value: Any, kind: str) -> Any:
    if kind != "tuple[str, ...]":
        return value
    # LLaMA-Factory writes several data sets as one text with commas.
    return (
        tuple(map(str, value)) if isinstance(value, list) else tuple(p.strip() for p in value.split(",") if p.strip())
    )


def _said(kind: str) -> str:
    return "list of str" if kind.startswith("tuple") else kind


def _number_hint(value: Any) -> str:
    """YAML reads 2e-4 as a text."""
    if not isinstance(value, str):
        return ""
    try:
        return f"Write {float(value):f}".rstrip("0") + f" for {value}."
    except ValueError:
        return ""
