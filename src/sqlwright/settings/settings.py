"""The settings file and the environment variables that take precedence over it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..core.atomic import atomic_text
from ..core.errors import ConfigError, UsageError, closest
from ..core.redact import without_passwords
from .connections import KEYRING, Connection, is_name

FILE = "SQLWRIGHT_CONFIG"
OFF = frozenset({"off", "0", "no", "false", "none"})
WITHOUT = "A password does not belong in this file. Run: sqlwright connect NAME URL --ask-password"
HEADER = "# Written by `sqlwright config` and `sqlwright connect`, which keep no comments.\n"


@dataclass(frozen=True, slots=True)
class Settings:
    """`values` has what the file sets, by the names of DEFAULTS."""

    values: Mapping[str, str | int | float] = field(default_factory=dict)
    connections: Mapping[str, Connection] = field(default_factory=dict)

    def having(self, name: str, value: str | int | float | None) -> Settings:
        """With another value, or without one (None)."""
        values = {k: v for k, v in self.values.items() if k != name}
        return replace(self, values=values if value is None else {**values, name: value})

    def connecting(self, name: str, connection: Connection | None) -> Settings:
        """With another connection, or without one (None)."""
        others = {k: v for k, v in self.connections.items() if k != name}
        return replace(self, connections=others if connection is None else {**others, name: connection})


def _one_of(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return text

    return parse


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 86_400:
        raise ValueError("a number of seconds above 0, at most 86400")
    return int(seconds) if seconds.is_integer() else seconds


def _address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError("an address that begins with https://")
    return text.rstrip("/")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("a whole number above 0")
    return int(text)


# name -> what reads its text; raises ValueError with what is expected
_PARSE: dict[str, Callable[[str], str | int | float]] = {
    "database": str,
    "model": str,
    "language": _one_of("en", "zh"),
    "timeout": _seconds,
    "max_rows": _count,
    "hub_mirror": _address,
}
# What counts where neither the environment nor the file says anything; None is left to the command.
DEFAULTS: dict[str, int | float | None] = {
    "database": None,
    "model": None,
    "language": None,
    "timeout": 10,
    "max_rows": 1000,
    "hub_mirror": None,
}


def environment_name(name: str) -> str:
    return f"SQLWRIGHT_{name.upper()}"


def known(name: str, where: str = "") -> str:
    """`name`. Raises ConfigError where it is not the name of a setting."""
    if name not in _PARSE:
        raise ConfigError(f"{where}Unknown setting {name!r}.", closest(name, _PARSE))
    return name


def parsed(name: str, text: str, where: str = "") -> str | int | float:
    """The value of the setting `name`. Raises ConfigError."""
    try:
        return _PARSE[known(name, where)](text)
    except ValueError as error:
        raise ConfigError(f"{where}{name}: expected {error}, found {text!r}.") from None


def setting(name: str) -> str | int | float | None:
    """What the environment says of `name`, else the file, else None. Raises ConfigError, UsageError."""
    if text := os.environ.get(environment_name(name), ""):
        return parsed(name, text, f"{environment_name(name)}: ")
    return read_settings().values.get(name)


def settings_path() -> Path | None:
    """The file; None where SQLWRIGHT_CONFIG is "off" or the like."""
    chosen = os.environ.get(FILE, "")
    if chosen.casefold() in OFF:
        return None
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_config_dir("sqlwright", appauthor=False)) / "config.yaml"


def read_settings() -> Settings:
    """What the file says; nothing where there is none. Raises ConfigError for a file that cannot be read."""
    path = settings_path()
    if path is None:
        return Settings()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"Cannot read the settings in {str(path)!r}: {reason}.") from None
    return _from_yaml(text, f"{path}: ")


def _from_yaml(text: str, where: str) -> Settings:
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise ConfigError(f"{where}not valid YAML{'' if line is None else f', line {line + 1}'}.") from None
    if data is None:
        return Settings()
    if not isinstance(data, dict):
        raise ConfigError(f"{where}expected lines such as `database: shop`.")
    named = data.pop("connections", None) or {}
    if not isinstance(named, dict):
        raise ConfigError(f"{where}connections: expected lines such as `shop: postgresql://reader@host/shop`.")
    for name, value in (*data.items(), *named.items()):
        if isinstance(value, str) and without_passwords(value) != value:
            raise ConfigError(f"{where}{name}: the URL has a password.", WITHOUT)
    return Settings(
        {str(name): parsed(str(name), str(value), where) for name, value in data.items()},
        {str(name): _connection(str(name), value, where) for name, value in named.items()},
    )


def _connection(name: str, data: Any, where: str) -> Connection:
    if not is_name(name):
        raise ConfigError(f"{where}a connection's name has letters, digits, _ and -, found {name!r}.")
    if isinstance(data, str):
        return Connection(data)
    if (
        isinstance(data, dict)
        and isinstance(url := data.get("url"), str)
        and data.get("password", KEYRING) == KEYRING
        and without_passwords(url) == url
    ):
        return Connection(url, in_keyring="password" in data)
    raise ConfigError(
        f"{where}{name}: expected a file or URL, or `url` with `password: {KEYRING}`.",
        WITHOUT,
    )


def write_settings(settings: Settings) -> Path:
    """Replace the file, which only its owner can read. Raises UsageError; SqlwrightError where the disk is full."""
    import yaml

    path = settings_path()
    if path is None:
        raise UsageError(f"{FILE} is off, so settings cannot be saved.", f"Unset {FILE}, or let it name a file.")
    named = {
        name: {"url": c.target, "password": KEYRING} if c.in_keyring else c.target
        for name, c in sorted(settings.connections.items())
    }
    data = {**settings.values, **({"connections": named} if named else {})}
    with atomic_text(path.resolve(), private=True) as file:  # a link stays a link
        file.write(HEADER + (yaml.safe_dump(data, sort_keys=False, allow_unicode=True) if data else ""))
    return path
