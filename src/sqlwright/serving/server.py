"""Web servers: a socket that is open before anybody is told of it, uvicorn on it, and the lines that say how to ask."""

from __future__ import annotations

import logging
import shlex
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from ..core import UsageError
from ..core.redact import without_passwords
from .access import AccessOptions
from .http import Http

if TYPE_CHECKING:
    from .service import Service

GRACE_S = 10  # seconds for requests under way when the server is told to end; then they are stopped


def run_server(app: ASGIApp, host: str, port: int, started: Callable[[str], object], grace_s: int = GRACE_S) -> None:
    """Answer until SIGINT or SIGTERM. `started` gets the base URL once the port is open; port 0 takes a free one.

    Raises UsageError where the port is taken or the address is not this machine's.
    """
    with closing(listen(host, port)) as listening:
        server = uvicorn.Server(server_config(app, grace_s))
        with _ended_by_signals(server):
            started(base_url(listening))
            server.run(sockets=[listening])


def server_config(app: ASGIApp, grace_s: int = GRACE_S) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Http,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=grace_s,
        h11_max_incomplete_event_size=64 << 10,
    )


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """A signal that comes before uvicorn listens to signals ends the server too.

    Uvicorn sends itself the signal again once it has ended in good order; nothing more comes of that.
    """

    def end(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def base_url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it a small answer takes 40 ms more.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"Cannot listen on {host}:{port}: {error.strerror}.", "Choose another --port or --host."
        ) from error
    return listening


def serve_http(
    service: Service, access: AccessOptions, port: int, started: Callable[[str], object], grace_s: int = GRACE_S
) -> None:
    """See `run_server`. Raises UsageError where the port is taken or the address is not this machine's."""
    from .app import build_app

    logging.getLogger("mcp").setLevel(logging.ERROR)  # what fails there is told to the caller
    run_server(build_app(service, access), access.host, port, started, grace_s)


def start_message(service: Service, url: str, has_token: bool) -> list[str]:
    """How to ask, line by line: with curl, from Python, from an MCP host."""
    from .chat import ChatApi

    name = list(ChatApi(service).names)[-1]
    header = ' -H "Authorization: Bearer $SQLWRIGHT_TOKEN"' if has_token else ""
    body = f'{{"model": "{name}", "messages": [{{"role": "user", "content": "QUESTION"}}]}}'
    key = "os.environ['SQLWRIGHT_TOKEN']" if has_token else "'none'"
    asked = f"chat.completions.create(model='{name}', messages=[{{'role': 'user', 'content': 'QUESTION'}}])"
    token = ', "headers": {"Authorization": "Bearer TOKEN"}' if has_token else ""
    return [
        f"curl    curl {url}/v1/chat/completions{header} -H 'Content-Type: application/json' -d {shlex.quote(body)}",
        f"python  OpenAI(base_url='{url}/v1', api_key={key}).{asked}",
        f'mcp     {{"mcpServers": {{"sqlwright": {{"type": "http", "url": "{url}/mcp"{token}}}}}}}',
    ]


def stdio_message(targets: Mapping[str, str], model: str | None) -> str:
    """The line that registers this command with an MCP host. A URL may hold a password: its place is shown instead."""
    chosen: Sequence[str] = ["-m", model] if model else []
    named = [part for name, target in targets.items() for part in ("-d", f"{name}={target}")]
    arguments = ", ".join(f'"{without_passwords(part)}"' for part in ["serve", *named, *chosen, "--mcp", "stdio"])
    return f'mcp     {{"mcpServers": {{"sqlwright": {{"command": "sqlwright", "args": [{arguments}]}}}}}}'
