"""Authentication of the page: this machine's browser, or one that has the token. Each browser gets its own cookie."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ..access import AccessOptions, Token, check_origin, client_of
from ..errors import ApiError

VISITOR = "sqlwright_visitor"
TOKEN = "sqlwright_token"  # noqa: S105 - the name of a cookie
_KEY = re.compile(r"[\w-]{32}", re.ASCII)
# The page's own scripts and nothing else: whatever a cell may hold, the browser fetches nothing from elsewhere.
# Gradio starts with an inline script, and Vega compiles a chart's expressions.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)


def visitor_key(cookies: Mapping[str, str]) -> str:
    """The key in the visitor's cookie; "" without one, or where it is not of the form that this page gives."""
    key = cookies.get(VISITOR, "")
    return key if _KEY.fullmatch(key) else ""


class Door:
    """ASGI middleware. A link with `?token=` is exchanged for a cookie, so that the token stays out of later ones.

    The cookie's value is random and says nothing about the token; it is valid until the server ends. `policy` is the
    content security policy of responses that bring none.
    """

    def __init__(
        self, app: ASGIApp, options: AccessOptions, clock: Callable[[], float] = time.monotonic, policy: str = POLICY
    ) -> None:
        self._app, self._options, self._policy = app, options, policy
        self._token = Token(options.token, clock)
        self._pass = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            refusal = self._refusal(connection)
        except ApiError as error:
            refusal = PlainTextResponse(str(error), error.status, error.headers)
        if refusal:
            await refusal(scope, receive, send)
            return
        known = bool(visitor_key(connection.cookies))

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), known, self._policy)
            await send(message)

        await self._app(scope, receive, told)

    def _refusal(self, connection: HTTPConnection) -> Response | None:
        """What is answered instead of the page. Raises ApiError."""
        if not self._options.token:
            check_origin(connection.headers)
            return None
        given = connection.query_params.get("token", "")
        if self._token.is_right(given, client_of(connection.scope)):
            let_in = RedirectResponse("/", 303)
            let_in.set_cookie(TOKEN, self._pass, httponly=True, samesite="strict")
            return let_in
        shown = connection.cookies.get(TOKEN, "")
        if hmac.compare_digest(shown.encode(), self._pass.encode()):
            return None
        return PlainTextResponse("This page wants its token: open the link that ends in ?token=TOKEN.", 401)


def _add_headers(headers: MutableHeaders, known: bool, policy: str) -> None:
    headers.setdefault("content-security-policy", policy)
    headers["referrer-policy"] = "no-referrer"
    headers["x-content-type-options"] = "nosniff"
    if not known and headers.get("content-type", "").startswith("text/html"):
        key = secrets.token_urlsafe(24)
        headers.append("set-cookie", f"{VISITOR}={key}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000")
