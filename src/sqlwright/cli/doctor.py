"""`sqlwright doctor`: what is installed, and what a connection may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .options import database_named, echo_json, json_option, password_options

if TYPE_CHECKING:
    from ..db import Database
    from ..db.rights import Rights
    from ..generation.nearby import NearbyServer
    from .environment import Environment


@click.command("doctor", short_help="Show what is installed and what a connection may do.")
@password_options
@click.option(
    "-d", "--database", default=None, metavar="DB", callback=database_named, help="Also look at this connection."
)
@json_option
def command(database: str | None, as_json: bool) -> None:
    """Print what is installed, which model servers answer on this machine and, with -d, what the connection may do and
    how to give it less.
    """
    from ..generation.nearby import nearby_servers
    from .environment import describe_environment

    environment, servers = describe_environment(), nearby_servers()
    if not as_json:
        _print_environment(environment)
        _print_servers(servers)
    report: dict[str, Any] = {
        "environment": environment.to_dict(),
        "servers": [server.to_dict() for server in servers],
        "connection": None,
    }
    if database:
        from ..db import open_database
        from ..db.rights import describe_rights

        with open_database(database) as opened:
            rights = describe_rights(opened)
            report["connection"] = rights.to_dict() | {
                "name": opened.name,
                "dialect": opened.dialect,
                "tables": len(opened.schema()),
            }
            if not as_json:
                _print_connection(opened, rights)
    if as_json:
        echo_json(report)


def _print_environment(env: Environment) -> None:
    memory = f", {env.memory_gb} GB memory" if env.memory_gb else ""
    click.echo(f"sqlwright  {env.sqlwright} on Python {env.python}, {env.system}")
    click.echo(f"machine    {env.cores} cores{memory}; GPU: {', '.join(env.gpus) or 'none found'}")
    click.echo(f"base       {_versions(env.base.installed)}")
    for extra in env.extras:
        if extra.missing:
            state = f"missing {', '.join(extra.missing)}: pip install 'sqlwright[{extra.name}]'"
        else:
            state = _versions(extra.installed)
        click.echo(f"{extra.name:<10} {state}")
    click.echo(f"cache      {env.cache_folder}")


def _print_servers(servers: tuple[NearbyServer, ...]) -> None:
    """The model servers of this machine, and how to ask one."""
    from ..generation.nearby import HOST, KINDS

    for server in servers:
        models = ", ".join(model.spec for model in server.models) or "no models"
        click.echo(f"server     {server.title} at {server.base_url}: {models}")
    if not servers:
        ports = ", ".join(f"{kind.title} {kind.port}" for kind in KINDS.values())
        click.echo(f"server     none answers on {HOST} ({ports})")


def _versions(installed: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in installed.items())


def _print_connection(database: Database, rights: Rights) -> None:
    click.echo()
    click.echo(f"connection {database.name} ({database.dialect}), {len(database.schema())} tables and views")
    for line in rights.lines():
        click.echo(f"           {line}")
    if rights.fix:
        click.echo("\nTo give it less:\n")
        for line in rights.fix:
            click.echo(f"  {line}")
