"""`sqlwright config`: show and change settings."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..core.errors import UsageError, closest
from ..core.redact import without_passwords
from .options import echo_json, json_option


@click.command("config", short_help="Show and change settings, such as the default database.")
@click.argument("name", required=False)
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Remove NAME from the file.")
@click.option("--path", "show_path", is_flag=True, help="Print where the file is.")
@json_option
def command(name: str | None, value: str | None, unset: bool, show_path: bool, as_json: bool) -> None:
    """Show all settings and where each comes from; with NAME show one, with NAME and VALUE change it.

    The settings are database, model, language, timeout, max_rows and hub_mirror. An option of a command takes
    precedence, then the environment (SQLWRIGHT_DATABASE ...), then the file.
    """
    from ..settings import settings_path

    if show_path:
        if (path := settings_path()) is None:
            raise UsageError("SQLWRIGHT_CONFIG is off, so no settings file is used.")
        click.echo(str(path))
    elif name is None and not unset:
        _show(as_json)
    elif name is None or (unset and value is not None):
        raise UsageError("Give the name of one setting with --unset.", "Try: sqlwright config database --unset")
    elif value is None and not unset:
        _show_one(name)
    else:
        _change(name, value)


def _found() -> dict[str, tuple[str | int | float | None, str]]:
    """Every setting with its value and where that comes from. Raises ConfigError."""
    from ..settings import DEFAULTS, read_settings, setting
    from ..settings.settings import environment_name

    values = read_settings().values
    found: dict[str, tuple[str | int | float | None, str]] = {}
    for name, default in DEFAULTS.items():
        if os.environ.get(environment_name(name)):
            found[name] = setting(name), environment_name(name)
        elif name in values:
            found[name] = values[name], "config file"
        else:
            found[name] = default, "default"
    return found


def _show(as_json: bool) -> None:
    from .columns import aligned

    found = _found()
    if as_json:
        echo_json({name: {"value": value, "from": source} for name, (value, source) in found.items()})
        return
    rows = [
        (name, "-" if value is None else without_passwords(str(value)), source)
        for name, (value, source) in found.items()
    ]
    click.echo(aligned(("setting", "value", "from"), rows, left=3))


def _show_one(name: str) -> None:
    from ..settings.settings import known

    value, _ = _found()[known(name)]
    click.echo("" if value is None else without_passwords(str(value)))


def _change(name: str, value: str | None) -> None:
    from ..settings import read_settings, write_settings
    from ..settings.connections import absolute
    from ..settings.settings import known, parsed

    settings = read_settings()
    if value is None:
        write_settings(settings.having(known(name), None))
        return
    new = parsed(name, value)
    if name == "database" and value not in settings.connections:
        if without_passwords(value) != value:
            raise UsageError(
                "The settings file does not store passwords.",
                "Name the connection: sqlwright connect NAME URL --ask-password",
            )
        new = absolute(value)
        if "://" not in new and not Path(new).exists():
            raise UsageError(f"No connection or file is named {value!r}.", closest(value, settings.connections))
    write_settings(settings.having(name, new))
