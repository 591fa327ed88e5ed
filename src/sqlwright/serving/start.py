"""Starting and ending the web server."""

from __future__ import annotations

import logging
import shlex
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import uvicorn

from ..core import UsageError
from .access import AccessOptions
from .app import build_app
from .chat import ChatApi
from .service import Service

GRACE_S = 10  # seconds for questions under way when the server is told to end; then they are stopped


def serve_http(
    service: Service, access: AccessOptions, port: int, started: Callable[[str], object], grace_s: int = GRACE_S
) -> None:
    """Answer until SIGINT or SIGTERM. `started` gets the base URL once the port is open; port 0 takes a free one.

    Raises UsageError where the port is taken or the address is not this machine's.
    """
    logging.getLogger("mcp").setLevel(logging.ERROR)  # what fails there is told to the caller
    with closing(_listen(access.host, port)) as listening:
        config = uvicorn.Config(
            build_app(service, access),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=grace_s,
            h11_max_incomplete_event_size=64 << 10,
        )
        started(base_url(listening))
        with _told_to_end_is_no_error():
            uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def _told_to_end_is_no_error() -> Iterator[None]:
    """Uvicorn sends itself the signal again once it has ended in good order; nothing more should come of that."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def base_url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{host}:{port}"


def start_message(service: Service, url: str, has_token: bool) -> list[str]:
    """How to ask, line by line: with curl, from Python, from an MCP host."""
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
    from ..answering.audit import without_passwords

    chosen: Sequence[str] = ["-m", model] if model else []
    named = [part for name, target in targets.items() for part in ("-d", f"{name}={target}")]
    arguments = ", ".join(f'"{without_passwords(part)}"' for part in ["serve", *named, *chosen, "--mcp", "stdio"])
    return f'mcp     {{"mcpServers": {{"sqlwright": {{"command": "sqlwright", "args": [{arguments}]}}}}}}'


def _listen(host: str, port: int) -> socket.socket:
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
