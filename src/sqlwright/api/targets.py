"""What a person may name as a database: a path, a URL, or a named connection of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import NotFoundError, UsageError, closest

if TYPE_CHECKING:
    from ..db import Database


@contextmanager
def opened(database: str | Path | Database | None) -> Iterator[Database]:
    """An open database: the given one, which stays open, or the named one, which is closed at the end.

    None is the default database of the settings. Raises UsageError without one, and what `open_database` raises.
    """
    from ..db import Database, open_database

    if isinstance(database, Database):
        yield database
        return
    with open_database(target_or_default(database)) as found:
        yield found


def target_or_default(database: str | Path | None) -> str | Path:
    """What `open_database` takes. Raises UsageError if `database` is None and no default database is set."""
    if isinstance(database, Path):
        return database
    target = default_database() if database is None else target_of(database)
    if target is None:
        raise UsageError(
            "Which database?",
            'Pass a path or a URL, such as "shop.sqlite". For a default: sqlwright config database DB, or '
            "SQLWRIGHT_DATABASE.",
        )
    return target


def target_of(given: str, *, labelled: bool = False) -> str:
    """What `given` names, for `open_database`: the target of the connection of that name, else `given`.

    With `labelled` a connection keeps its name, as NAME=TARGET, and `given` may be LABEL=NAME. Raises NotFoundError
    for a name like that of a connection.
    """
    from ..settings import is_name, read_settings

    label, separator, rest = given.partition("=")
    has_label = labelled and bool(separator) and is_name(label)
    name = rest if has_label else given
    if not is_name(name) and "://" not in name:
        return given
    connections = read_settings().connections
    if "://" in name:  # the URL of a connection, as `serve` prints it for other programs
        if any(c.in_keyring and c.target == name for c in connections.values()):
            _use_keyring(name)
        return given
    if (found := connections.get(name)) is None:
        if not Path(name).exists() and (near := closest(name, connections, listing=False)):
            raise NotFoundError(f"No connection or database is named {name!r}.", near)
        return given
    if found.in_keyring:
        _use_keyring(found.target)
    return f"{label if has_label else name}={found.target}" if labelled else found.target


def default_database() -> str | None:
    """The target of the default database; None if none is set."""
    from ..settings import setting

    name = setting("database")
    return None if name is None else target_of(str(name))


def _use_keyring(url: str) -> None:
    from ..db.password import use_kept_password
    from ..settings.passwords import kept_password

    use_kept_password(url, lambda: kept_password(url))
