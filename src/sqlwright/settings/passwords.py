"""Passwords in the keyring of the operating system, through the package `keyring` where it is installed.

A password is stored under the URL that it belongs to, so an edited URL never receives the password of another server.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from ..core.errors import UsageError

SERVICE = "sqlwright"
ELSEWHERE = "Other places: ~/.pgpass, SQLWRIGHT_PASSWORD, SQLWRIGHT_PASSWORD_FILE. See: docs/safety.md, passwords."


def has_keyring() -> bool:
    try:
        return find_spec("keyring") is not None
    except ValueError:  # a module that is blocked or half imported
        return False


def keep_password(url: str, password: str) -> None:
    """Store the password of `url`, which has none in it. Raises UsageError where there is no safe place for it."""
    keyring = _keyring()
    plain = [name for name in map(_class_name, _backends(keyring)) if "plaintext" in name.casefold()]
    if plain:
        raise UsageError(f"The password was not stored: the keyring {plain[0]} does not encrypt it.", ELSEWHERE)
    _call(keyring, "set_password", url, password)


def kept_password(url: str) -> str | None:
    """The stored password of `url`. Raises UsageError where the keyring cannot be read."""
    found = _call(_keyring(), "get_password", url)
    return None if found is None else str(found)


def forget_password(url: str) -> None:
    """Does nothing where there is none. Raises UsageError."""
    if kept_password(url) is not None:
        _call(_keyring(), "delete_password", url)


def need_keyring() -> None:
    """Raises UsageError where the package is not installed."""
    if not has_keyring():
        raise UsageError("Passwords are only stored in a keyring. Run: pip install keyring", ELSEWHERE)


def _keyring() -> Any:
    need_keyring()
    return importlib.import_module("keyring")


def _call(keyring: Any, action: str, *arguments: str) -> Any:
    errors = importlib.import_module("keyring.errors")
    try:
        return getattr(keyring, action)(SERVICE, *arguments)
    except errors.KeyringError as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"The keyring of this machine cannot be used: {reason}", ELSEWHERE) from None


def _backends(keyring: Any) -> list[Any]:
    """The one that is used, or the ones that it passes on to."""
    used = keyring.get_keyring()
    return [*getattr(used, "backends", ()), used]


def _class_name(backend: Any) -> str:
    return type(backend).__name__
