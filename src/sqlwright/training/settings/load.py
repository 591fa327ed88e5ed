"""Read a YAML file of runs, with `key=value` overrides, as the settings of their stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...core import ConfigError, NotFoundError
from ...core.errors import closest
from ..stages import STAGES
from .errors import problems, refuse
from .llama_factory import other_command
from .run_config import RunConfig, Translation

OnNote = Callable[[str], None]


def load_configs(
    path: Path, overrides: Sequence[str] = (), on_note: OnNote = lambda text: None
) -> tuple[RunConfig, ...]:
    """The runs that `path` describes: one, or one for each document of a YAML file with several (`---`).

    `key=value` overrides the last run, `1.key=value` the first of several. `on_note` is told which keys have no effect.
    Raises NotFoundError, and ConfigError for unknown or missing keys and for values that are not accepted.
    """
    import yaml

    if not path.is_file():
        raise NotFoundError(f"No configuration at {str(path)!r}.")
    try:
        runs = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if not all(isinstance(run, dict) for run in runs) or not runs:
        raise ConfigError(f"Expected `key: value` lines in {path}, found none.")
    changes: list[dict[str, Any]] = [{} for _ in runs]
    for override in overrides:
        key, value = _override(override)
        number, dot, rest = key.partition(".")
        run = len(runs)
        if dot and number.isdigit():
            run, key = int(number), rest
        if not 1 <= run <= len(runs):
            raise ConfigError(f"{override!r} is about run {run}; {path} has {len(runs)}.")
        changes[run - 1][key] = value
    return tuple(_checked(given, changed, on_note) for given, changed in zip(runs, changes, strict=True))


def load_config(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """The last run that `path` describes, as its stage's Config; see `load_configs`."""
    return load_configs(path, overrides)[-1]


def config_from(given: Mapping[str, Any], overrides: Sequence[str] = ()) -> RunConfig:
    """The run with these keys, of which `key=value` in `overrides` wins. Raises ConfigError."""
    return _checked(given, dict(map(_override, overrides)), lambda text: None)


def json_schema(stage: str | None = None) -> dict[str, Any]:
    """The JSON schema of one run of `stage`, or of any stage, for editors. Raises ConfigError for an unknown stage."""
    if stage:
        return _schema_of(stage, "#/$defs/{model}")
    schemas = {name: _schema_of(name, f"#/$defs/{name}/$defs/{{model}}") for name in STAGES}
    return {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in schemas], "$defs": schemas}


def _schema_of(stage: str, reference: str) -> dict[str, Any]:
    """A file has to name its stage, which has a default in Python."""
    schema = _stage_config(stage).model_json_schema(ref_template=reference)
    return {**schema, "required": ["stage", *schema.get("required", [])]}


def _override(text: str) -> tuple[str, Any]:
    import yaml

    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"Expected key=value, got {text!r}.")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"The value of {text!r} is not valid YAML: {error}") from error


def _stage_config(stage: str) -> type[RunConfig]:
    if stage not in STAGES:
        raise ConfigError(f"stage is {stage!r}.", closest(stage, STAGES))
    return STAGES[stage].config


def _checked(given: Mapping[str, Any], overrides: Mapping[str, Any], on_note: OnNote) -> RunConfig:
    together = {**given, **overrides}
    if "stage" not in together:
        raise ConfigError("Missing: stage.", other_command(together) or f"Known: {', '.join(STAGES)}.")
    kind = _stage_config(str(together["stage"]))
    read = Translation()
    # Each apart, so that an override also wins over another name of the same setting.
    for part in ({key: value for key, value in given.items() if key not in overrides}, overrides):
        translated = kind.translated(part)
        read.settings |= translated.settings
        read.notes += translated.notes
        read.problems += translated.problems
    elsewhere = _of_other_stages(kind)
    settings = {k: v for k, v in read.settings.items() if k not in elsewhere or v != _default(elsewhere[k][0], k)}
    try:
        config = kind.model_validate(settings)
    except ValidationError as error:
        refuse([*read.problems, *problems(kind, error, elsewhere)])
        raise
    refuse(read.problems)
    for note in read.notes:
        on_note(note)
    return config


def _of_other_stages(kind: type[RunConfig]) -> dict[str, list[str]]:
    """The settings that `kind` lacks, each with the stages that have it."""
    found: dict[str, list[str]] = {}
    for name, stage in STAGES.items():
        for key in stage.config.model_fields.keys() - kind.model_fields.keys():
            found.setdefault(key, []).append(name)
    return found


def _default(stage: str, key: str) -> Any:
    return STAGES[stage].config.model_fields[key].get_default(call_default_factory=True)
