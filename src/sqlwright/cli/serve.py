"""`sqlwright serve`: an OpenAI-compatible API and MCP over databases."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core import MissingExtraError, UsageError
from .options import (
    answering_model_option,
    answering_options,
    databases_option,
    limits_options,
    log_options,
    open_log,
)

if TYPE_CHECKING:
    from ..core import QueryLimits
    from ..serving import Service
    from ..serving.access import AccessOptions

_NAMED = re.compile(r"(?P<name>\w[\w.-]*)=(?P<target>.+)", re.DOTALL)


@click.command("serve", short_help="Answer over HTTP: an OpenAI-compatible API, and MCP.")
@databases_option
@answering_model_option
@answering_options
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8620, show_default=True, help="Port; 0 chooses a free one."
)
@click.option(
    "--token", envvar="SQLWRIGHT_TOKEN", default="", help="Token that clients have to send; better in SQLWRIGHT_TOKEN."
)
@click.option(
    "--mcp",
    "transport",
    type=click.Choice(["http", "stdio"]),
    default="http",
    show_default=True,
    help="http: the API with MCP at /mcp. stdio: MCP alone, for a host that starts this command.",
)
@click.option("--per-minute", type=click.IntRange(min=1), default=600, show_default=True, help="Requests per address.")
@click.option(
    "--max-bytes", type=click.IntRange(min=1024), default=1 << 20, show_default=True, help="Size of a request."
)
@limits_options
@log_options
def command(
    databases: tuple[str, ...],
    model: str | None,
    host: str,
    port: int,
    token: str,
    transport: str,
    at_once: int,
    answer_timeout: float,
    per_minute: int,
    max_bytes: int,
    limits: QueryLimits,
    no_log: bool,
    log_rows: bool,
) -> None:
    """Let OpenAI clients and MCP hosts ask databases, read-only and inside limits."""
    if any(find_spec(name) is None for name in ("fastapi", "mcp", "uvicorn")):
        raise MissingExtraError("Serving needs fastapi, uvicorn and mcp.", "serve")
    from ..serving import Service, ServiceOptions
    from ..serving.access import AccessOptions

    access = AccessOptions(host, token, per_minute, max_bytes)
    targets = named_targets(databases)
    options = ServiceOptions(limits, at_once, answer_timeout_s=answer_timeout)
    with open_log(no_log, log_rows) as log:
        service = Service.open(targets, model, options, log)
        try:
            if transport == "stdio":
                _serve_stdio(service, targets, model)
            else:
                _serve_http(service, access, port)
        finally:
            service.close()


def named_targets(databases: tuple[str, ...]) -> dict[str, str]:
    """Name to target; a database without a name is called by its file or by the last part of its URL."""
    targets: dict[str, str] = {}
    for given in databases:
        match = None if Path(given).exists() else _NAMED.fullmatch(given)
        target = match["target"] if match else given
        name = match["name"] if match else _name_of(given)
        if name in targets:
            raise UsageError(f"Two databases are called {name!r}.", "Give one another name: -d NAME=DB")
        targets[name] = target
    return targets


def _name_of(target: str) -> str:
    last = target.partition("?")[0].rstrip("/").rpartition("/")[2] if "://" in target else Path(target).resolve().stem
    return re.sub(r"[^\w.-]+", "_", last) or "database"


def _serve_stdio(service: Service, targets: dict[str, str], model: str | None) -> None:
    from ..serving.mcp_server import run_stdio
    from ..serving.server import stdio_message

    click.echo(f"MCP over stdio. To register it with a host:\n{stdio_message(targets, model)}", err=True)
    run_stdio(service)


def _serve_http(service: Service, access: AccessOptions, port: int) -> None:
    from ..serving.server import serve_http, start_message

    hosts = service.remote_hosts

    def started(url: str) -> None:
        click.echo(
            f"Serving {', '.join(service.connections)} at {url} with a page at {url}/docs (Ctrl-C ends it)", err=True
        )
        for line in start_message(service, url, bool(access.token)):
            click.echo(line, err=True)
        what = f"questions, schemas and sample values go to {', '.join(hosts)}" if hosts else "nothing"
        click.echo(f"leaves  {what}", err=True)

    serve_http(service, access, port, started)
