"""Starting the API's server, and the lines that say how to ask it."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Mapping, Sequence

from .access import AccessOptions
from .app import build_app
from .chat import ChatApi
from .listen import GRACE_S, run_server
from .service import Service


def serve_http(
    service: Service, access: AccessOptions, port: int, started: Callable[[str], object], grace_s: int = GRACE_S
) -> None:
    """See `run_server`. Raises UsageError where the port is taken or the address is not this machine's."""
    logging.getLogger("mcp").setLevel(logging.ERROR)  # what fails there is told to the caller
    run_server(build_app(service, access), access.host, port, started, grace_s)


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
    from ..core.redact import without_passwords

    chosen: Sequence[str] = ["-m", model] if model else []
    named = [part for name, target in targets.items() for part in ("-d", f"{name}={target}")]
    arguments = ", ".join(f'"{without_passwords(part)}"' for part in ["serve", *named, *chosen, "--mcp", "stdio"])
    return f'mcp     {{"mcpServers": {{"sqlwright": {{"command": "sqlwright", "args": [{arguments}]}}}}}}'
