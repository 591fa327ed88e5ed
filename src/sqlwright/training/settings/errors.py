"""Problems that pydantic finds in a run's settings, as sentences: what was found, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ...core import ConfigError, closest
from .run_config import Problem, RunConfig

TYPES = {"string": "str", "float": "float", "int": "int", "bool": "bool", "tuple": "list of str", "dict": "mapping"}
BOUNDS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
ADVICE = {
    "template": "Leave it out to use the tokenizer's own template.",
    "learning_rate": "0.0002 suits LoRA.",
}


def problems(kind: type[RunConfig], found: ValidationError, elsewhere: Mapping[str, Sequence[str]]) -> list[Problem]:
    """`elsewhere` names the stages of a key that only other stages have. Missing keys are one problem together."""
    errors, schema = found.errors(include_url=False), kind.model_json_schema()["properties"]
    missing = [str(error["loc"][0]) for error in errors if error["type"] == "missing"]
    listed = [Problem(f"Missing: {', '.join(missing)}.")] if missing else []
    for error in errors:
        name = str(error["loc"][0])
        if error["type"] == "extra_forbidden":
            listed.append(_unknown(name, schema, kind.model_fields, elsewhere.get(name, ())))
        elif error["type"] != "missing":
            listed.append(_problem(error, schema[name]))
    return listed


def refuse(found: Sequence[Problem]) -> None:
    """Raise ConfigError with all of `found`, if there are any."""
    if not found:
        return
    if len(found) == 1:
        raise ConfigError(*found[0])
    lines = [f"\n- {message} {hint}".rstrip() for message, hint in found]
    raise ConfigError(f"{len(found)} settings are not accepted:{''.join(lines)}")


def _unknown(name: str, aliases: Iterable[str], known: Iterable[str], stages: Sequence[str]) -> Problem:
    if stages:
        return Problem(f"{name} has no effect here: it needs stage: {' or '.join(stages)}.", "Take it out.")
    return Problem(f"Unknown key {name!r}.", closest(name, aliases, listing=False) or closest(name, known))


def _problem(error: Mapping[str, Any], schema: Mapping[str, Any]) -> Problem:
    name, value, kind = str(error["loc"][0]), error["input"], error["type"]
    key = ".".join(map(str, error["loc"]))
    if kind == "literal_error":
        return Problem(f"{key} is {value!r}.", _advised(name, closest(str(value), _choices(schema))))
    if kind.endswith("_type"):
        wanted = TYPES.get(kind.removesuffix("_type"), kind)
        return Problem(f"{key} has to be of type {wanted}; found {value!r}.", _number_hint(value))
    return Problem(f"{key} is {value!r}.", _advised(name, _range(schema) or error["msg"]))


def _choices(schema: Mapping[str, Any]) -> Iterable[str]:
    return filter(None, schema.get("enum", [schema.get("const")]))


def _range(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"It has to be between {low:g} and {high:g}."
    bounds = [f"{words} {schema[key]:g}" for key, words in BOUNDS.items() if key in schema]
    return f"It has to be {' and '.join(bounds)}." if bounds else ""


def _advised(name: str, hint: str) -> str:
    return " ".join(filter(None, (hint, ADVICE.get(name))))


def _number_hint(value: Any) -> str:
    """YAML reads 2e-4 as a text."""
    if not isinstance(value, str):
        return ""
    try:
        return f"Write {float(value):f}".rstrip("0") + f" for {value}."
    except ValueError:
        return ""
