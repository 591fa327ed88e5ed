"""Named connections: a name that a person gave to a database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KEYRING = "keyring"
_NAME = re.compile(r"[^\W\d][\w-]*")


@dataclass(frozen=True, slots=True)
class Connection:
    """`target` is what `open_database` takes, without a password. `in_keyring`: the keyring has the password."""

    target: str
    in_keyring: bool = False


def is_name(text: str) -> bool:
    """Letters, digits, _ and -: never a URL, and never a path with a folder or an ending."""
    return _NAME.fullmatch(text) is not None


def resolve(given: str, connections: Mapping[str, Connection]) -> Connection:
    """The connection called `given`; else what `given` itself names."""
    return connections.get(given) or Connection(given)


def absolute(target: str) -> str:
    """A file or folder by its absolute path, so that it is found from every folder; anything else as it is."""
    if "://" in target or not Path(target).expanduser().exists():
        return target
    return str(Path(target).expanduser().absolute())
