"""Authentication, rate limits and the size of requests, checked before a request reaches anything else."""

from __future__ import annotations

import hmac
import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ..core import UsageError
from .errors import ApiError

OPEN_PATHS = frozenset({"/health"})
MAX_CLIENTS = 10_000  # addresses whose rate is remembered
WRONG_TOKENS = 20  # at once and a minute, from one address; after them the right one waits too, or guessing would pay
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[\w.-]+))(?::\d{1,5})?", re.ASCII | re.IGNORECASE)
_ORIGIN = re.compile(r"https?://(?P<host>[^/]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AccessOptions:
    """`token`: what a request has to carry; "" lets everybody on this machine in.

    `per_minute`: requests from one address, with as many at once as come in ten seconds.
    """

    host: str = "127.0.0.1"
    token: str = ""
    per_minute: int = 600
    max_bytes: int = 1 << 20

    def __post_init__(self) -> None:
        """Raises UsageError for an address that others reach where no token is asked of them."""
        if not self.token and not is_loopback(self.host):
            raise UsageError(
                f"{self.host} can be reached by others, so a token is needed.",
                "Set SQLWRIGHT_TOKEN to a long secret, or leave --host at 127.0.0.1.",
            )


class Access:
    """ASGI middleware. WebSockets, which nothing here speaks, are closed.

    Without a token the address alone keeps strangers out, and a page in the user's browser is on this machine too: a
    name that resolves here (DNS rebinding) and a page from elsewhere are refused by their Host and Origin.
    """

    def __init__(self, app: ASGIApp, options: AccessOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._options = app, options
        self._rate = RateLimit(options.per_minute, clock)
        self._token = Token(options.token, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            if not self._options.token:
                check_origin(headers)
            if scope["path"] not in OPEN_PATHS:
                client = client_of(scope)
                self._rate.take(client)
                self._check_token(headers, client)
            receive = limited(headers, receive, self._options.max_bytes)
        except ApiError as error:
            await error.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_token(self, headers: Headers, client: str) -> None:
        if not self._options.token:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._token.is_right(given.strip(), client):
            text = "This server wants its token: send Authorization: Bearer TOKEN (an OpenAI client's api_key)."
            raise ApiError(401, text, code="invalid_api_key", headers={"www-authenticate": "Bearer"})


class Token:
    """Compares tokens in constant time; "" is never right. An address that gave WRONG_TOKENS wrong ones has to wait."""

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token
        self._wrong = RateLimit(WRONG_TOKENS, clock, at_once=WRONG_TOKENS, what="wrong tokens")

    def is_right(self, given: str, client: str) -> bool:
        """Raises ApiError 429 for a `client` that has to wait, whatever it gives."""
        if not given or not self._token:
            return False
        self._wrong.check(client)
        if hmac.compare_digest(given.encode(), self._token.encode()):
            return True
        self._wrong.take(client)
        return False


class RateLimit:
    """A bucket of tokens per client, refilled all the time; `at_once` fit into it, by default those of ten seconds."""

    def __init__(
        self, per_minute: int, clock: Callable[[], float], at_once: float | None = None, what: str = "requests"
    ) -> None:
        self._per_second, self._most = per_minute / 60, max(1.0, per_minute / 6 if at_once is None else at_once)
        self._clock, self._what = clock, what
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when

    def take(self, client: str) -> None:
        """Raises ApiError 429, with the seconds to wait."""
        left = self._now_left(client)
        self._left[client] = (left - 1 if left >= 1 else left, self._clock())
        self._left.move_to_end(client)
        if len(self._left) > MAX_CLIENTS:
            self._left.popitem(last=False)
        self._refuse(left)

    def check(self, client: str) -> None:
        """Raises what `take` would raise now, and takes nothing."""
        self._refuse(self._now_left(client))

    def _now_left(self, client: str) -> float:
        left, when = self._left.get(client, (self._most, self._clock()))
        return min(self._most, left + (self._clock() - when) * self._per_second)

    def _refuse(self, left: float) -> None:
        if left < 1:
            seconds = math.ceil((1 - left) / self._per_second)
            raise ApiError(
                429,
                f"Too many {self._what}: at most {self._per_second * 60:.0f} a minute. Try again in {seconds} s.",
                kind="rate_limit_error",
                code="rate_limit_exceeded",
                headers={"retry-after": str(seconds)},
            )


def check_origin(headers: Headers) -> None:
    """Raises ApiError where Host or Origin is not this machine's."""
    hosts = [headers.get("host", ""), *map(_host_of_origin, headers.getlist("origin"))]
    if not all(is_loopback(_without_port(host)) for host in hosts):
        raise ApiError(403, "Only programs on this machine may ask here.", code="origin_not_allowed")


def is_loopback(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def client_of(scope: Scope) -> str:
    """The address of the other end; "" where the server does not tell it."""
    return scope["client"][0] if scope.get("client") else ""


def limited(headers: Headers, receive: Receive, most: int) -> Receive:
    """`receive` that raises ApiError 413 beyond `most` bytes. Raises it at once where the header promises more."""
    too_large = ApiError(413, f"The request is larger than {most} bytes.", code="request_too_large")
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > most:
        raise too_large
    seen = 0

    async def receive_limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise too_large
        return message

    return receive_limited


def _host_of_origin(origin: str) -> str:
    """HOST[:PORT] of an Origin header; "" for any that is not of the web."""
    found = _ORIGIN.fullmatch(origin)
    return found["host"] if found else ""


def _without_port(text: str) -> str:
    """The host of HOST[:PORT], without brackets; "" for text of any other form."""
    found = _HOST.fullmatch(text)
    return (found["v6"] or found["name"]) if found else ""
