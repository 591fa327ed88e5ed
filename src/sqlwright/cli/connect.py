"""`sqlwright connect`: name a database, so that -d takes the name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ..api.targets import target_of
from ..core import NAMING
from ..core.errors import NotFoundError, UsageError, closest
from ..core.redact import without_passwords
from .options import SHOWN_WARNING, echo_json, json_option

if TYPE_CHECKING:
    from ..settings import Connection, Settings


@click.command("connect", short_help="Give a database a name.")
@click.argument("name", required=False)
@click.argument("database", required=False, metavar="[DB]")
@click.option("--ask-password", is_flag=True, help="Ask for the server's password and keep it in the keyring.")
@click.option("--default", "as_default", is_flag=True, help="Commands without -d use it from now on.")
@click.option("--no-check", is_flag=True, help="Save it without opening it.")
@click.option("--remove", is_flag=True, help="Forget NAME, and its password in the keyring.")
@json_option
def command(
    name: str | None,
    database: str | None,
    ask_password: bool,
    as_default: bool,
    no_check: bool,
    remove: bool,
    as_json: bool,
) -> None:
    """Save DB under NAME, for `-d NAME`. Without NAME, list the connections.

    With the package keyring, a password is stored in the keyring of the operating system, never in a file.
    """
    from ..settings import read_settings, write_settings

    settings = read_settings()
    if name is None:
        _list(settings, as_json)
    elif remove:
        _remove(name, settings)
    elif database is not None:
        _save(name, database, ask_password=ask_password, as_default=as_default, check=not no_check)
    else:
        _known(name, settings)
        if ask_password:
            _save(name, settings.connections[name].target, ask_password=True, as_default=as_default, check=not no_check)
        elif as_default:
            write_settings(settings.having("database", name))
        else:
            click.echo(f"{name}: {_opened(target_of(name), '')}")


def _list(settings: Settings, as_json: bool) -> None:
    from .columns import aligned

    default = settings.values.get("database")
    if as_json:
        echo_json(
            [
                {"name": name, "database": without_passwords(c.target), "in_keyring": c.in_keyring}
                for name, c in settings.connections.items()
            ]
        )
    elif settings.connections:
        rows = [
            (name, without_passwords(c.target), "default" if name == default else "")
            for name, c in settings.connections.items()
        ]
        click.echo(aligned(("name", "database", ""), rows, left=3))
    else:
        click.echo("No connections are saved. Try: sqlwright connect shop shop.sqlite", err=True)


def _known(name: str, settings: Settings) -> None:
    if name not in settings.connections:
        hint = closest(name, settings.connections) or "To make one: sqlwright connect NAME DB"
        raise NotFoundError(f"Unknown connection {name!r}.", hint)


def _remove(name: str, settings: Settings) -> None:
    from ..settings import write_settings
    from ..settings.passwords import forget_password, has_keyring

    _known(name, settings)
    gone = settings.connections[name]
    rest = settings.connecting(name, None)
    if settings.values.get("database") == name:
        rest = rest.having("database", None)
    write_settings(rest)
    if gone.in_keyring and has_keyring() and not any(c.target == gone.target for c in rest.connections.values()):
        forget_password(gone.target)


def _save(name: str, database: str, *, ask_password: bool, as_default: bool, check: bool) -> None:
    """The settings are written after the database was opened. Raises UsageError, ConnectError."""
    from ..settings import is_name, read_settings, write_settings

    if not is_name(name):
        raise UsageError(f"A name has letters, digits, _ and -; found {name!r}.", "Try: sqlwright connect shop DB")
    connection, password = _without_password(database)
    if password:
        click.echo(SHOWN_WARNING, err=True)
    if ask_password:
        if "://" not in connection.target:
            raise UsageError("A file has no password.")
        from ..settings.passwords import need_keyring

        need_keyring()
        password = click.prompt(f"Password of {connection.target}", hide_input=True, err=True)
    opened = _opened(connection.target, password) if check else ""
    connection = _kept(connection, password, must=ask_password)
    settings = read_settings().connecting(name, connection)
    write_settings(settings.having("database", name) if as_default else settings)
    click.echo(f"{name}: {opened or 'saved, not opened'}. Ask it: sqlwright ask QUESTION -d {name}")


def _without_password(database: str) -> tuple[Connection, str]:
    """What to save, and the password that was in the URL. Raises UsageError where that cannot be taken out."""
    from ..db.open import engine_of_server, names_a_path
    from ..db.server import parse_url
    from ..settings import Connection
    from ..settings.connections import absolute

    if names_a_path(database):
        return Connection(absolute(database)), ""
    url = parse_url(database, engine_of_server(database).extra)
    target = url._replace(password=None).render_as_string(hide_password=False)
    if without_passwords(target) != target or "@" in (url.host or ""):
        raise UsageError(
            "The password in this URL cannot be told from the rest of it.",
            "Leave it out and add --ask-password. In a URL, @ / : of a password are written %40 %2F %3A.",
        )
    return Connection(target), str(url.password or "")


def _opened(target: str, password: str) -> str:
    """The engine and how much it holds, after opening it. Raises ConnectError and the like."""
    from ..db import open_database

    if password:
        from ..db.password import use_password

        use_password(password)
    with open_database(target) as opened:
        count = len(opened.schema())
        for remark in opened.remarks:
            click.echo(f"note: {remark}", err=True)
    return f"{NAMING[opened.dialect].title}, {count} table{'' if count == 1 else 's'} and views"


def _kept(connection: Connection, password: str, *, must: bool) -> Connection:
    """With its password in the keyring. Raises UsageError where `must` and there is none."""
    from ..settings.passwords import keep_password

    if not password:
        return connection
    try:
        keep_password(connection.target, password)
    except UsageError as error:
        if must:
            raise
        click.echo(f"warning: {error}", err=True)
        return connection
    return replace(connection, in_keyring=True)
