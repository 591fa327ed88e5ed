"""Checks of what a user wrote in a YAML file: a mapping with known keys, a list."""

from __future__ import annotations

from typing import Any

from .errors import ConfigError, closest


def mapping(value: Any, what: str, known: tuple[str, ...] = ()) -> dict[Any, Any]:
    """`value`, if it is a mapping whose keys are all in `known`, where that is given. Raises ConfigError."""
    if not isinstance(value, dict):
        raise ConfigError(f"Expected a mapping in {what}, found {type(value).__name__}.")
    for name in value:
        if known and name not in known:
            raise ConfigError(f"Unknown key {name!r} in {what}. Known: {', '.join(known)}.", closest(str(name), known))
    return value


def sequence(value: Any, what: str) -> list[Any]:
    """`value`, if it is a list; nothing is an empty one. Raises ConfigError."""
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise ConfigError(f"Expected a list in {what}, found {type(value).__name__}.")
    return value
