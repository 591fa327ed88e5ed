"""Who may open the page: this machine's browser, or one that brings the token. Each browser gets a key of its own."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..access import AccessOptions, check_origin
from ..errors import ApiError

VISITOR = "sqlwright_visitor"
TOKEN = "sqlwright_token"  # noqa: S105 - the name of a cookie
# The page's own scripts and nothing else: whatever a cell may hold, the browser fetches nothing from elsewhere.
# Gradio starts with an inline script, and Vega compiles a chart's expressions.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)


class Door:
    """ASGI middleware. A link with `?token=` is exchanged for a cookie, so that the token stays out of later ones."""

    def __init__(self, app: ASGIApp, options: AccessOptions) -> None:
        self._app, self._options = app, options
        self._pass = hashlib.sha256(options.token.encode()).hexdigest() if options.token else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = SimpleCookie(headers.get("cookie", ""))
        if refusal := self._refusal(scope, headers, cookies):
            await refusal(scope, receive, send)
            return
        known = VISITOR in cookies

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), known)
            await send(message)

        await self._app(scope, receive, told)

    def _refusal(self, scope: Scope, headers: Headers, cookies: SimpleCookie) -> Response | None:
        if not self._pass:
            try:
                check_origin(headers)
            except ApiError as error:
                return PlainTextResponse(str(error), 403)
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if given and hmac.compare_digest(given.encode(), self._options.token.encode()):
            let_in = RedirectResponse("/", 303)
            let_in.set_cookie(TOKEN, self._pass, httponly=True, samesite="strict")
            return let_in
        shown = cookies[TOKEN].value if TOKEN in cookies else ""
        if hmac.compare_digest(shown.encode(), self._pass.encode()):
            return None
        return PlainTextResponse("This page wants its token: open the link that ends in ?token=TOKEN.", 401)


def _add_headers(headers: MutableHeaders, known: bool) -> None:
    headers["content-security-policy"] = POLICY
    headers["referrer-policy"] = "no-referrer"
    headers["x-content-type-options"] = "nosniff"
    if not known and headers.get("content-type", "").startswith("text/html"):
        key = secrets.token_urlsafe(24)
        headers.append("set-cookie", f"{VISITOR}={key}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000")
