"""Where the password of a database server comes from, if it is not in the URL."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from ..core import UsageError

if TYPE_CHECKING:
    from sqlalchemy import URL

ENVIRONMENT = "SQLWRIGHT_PASSWORD"
FILE_ENVIRONMENT = "SQLWRIGHT_PASSWORD_FILE"
HOW = (
    f"Give the password in {ENVIRONMENT}, in a file that {FILE_ENVIRONMENT} or --password-file names, "
    "or with --ask-password."
)
_given: list[str] = []  # what a person typed at the prompt of this process
_kept: dict[URL, Callable[[], str | None]] = {}  # of servers whose password is kept in a keyring


def use_password(password: str) -> None:
    """For every server that this process connects to from now on, unless the URL has another."""
    _given[:] = [password]


def use_kept_password(url: str, find: Callable[[], str | None]) -> None:
    """For the server of `url` alone, unless there is another one; `find` is called when the server is connected to."""
    from sqlalchemy import make_url

    _kept[make_url(url)] = find


def password_of(url: URL) -> str | None:
    """The URL's, the one given by `use_password`, the environment's, that of a file that it names, or the kept one.

    The first that is set counts.

    None leaves it to the driver. libpq then looks at PGPASSWORD, `passfile` and ~/.pgpass; for MySQL it is MYSQL_PWD.
    Raises UsageError for a file that cannot be read or that others may read.
    """
    if url.password is not None:
        return str(url.password)
    if _given:
        return _given[0]
    if ENVIRONMENT in os.environ:
        return os.environ[ENVIRONMENT]
    if path := os.environ.get(FILE_ENVIRONMENT):
        return read_password_file(Path(path))
    return find() if (find := _kept.get(url)) else None


def read_password_file(path: Path) -> str:
    """The first line. Raises UsageError."""
    try:
        with path.expanduser().open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            password = file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"Cannot read the password file {str(path)!r}: {reason}.") from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"Other users may read the password file {str(path)!r}.", f"Run: chmod 600 {path}")
    return password


def without_password(text: str, password: str | None) -> str:
    """A driver's message, which may repeat the password as it is or as a URL spells it."""
    if not password:
        return text
    for spelled in sorted({password, quote(password, safe=""), quote_plus(password)}, key=len, reverse=True):
        text = text.replace(spelled, "***")
    return text
