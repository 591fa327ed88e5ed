"""Who may ask, how often and how much: before a request reaches anything else."""

from __future__ import annotations

import hmac
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..core import UsageError
from .errors import ApiError

OPEN_PATHS = frozenset({"/health"})
MAX_CLIENTS = 10_000  # addresses whose rate is remembered


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
    """ASGI middleware.

    Without a token the address alone keeps strangers out, and a page in the user's browser is on this machine too: a
    name that resolves here (DNS rebinding) and a page from elsewhere are refused by their Host and Origin.
    """

    def __init__(self, app: ASGIApp, options: AccessOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._options = app, options
        self._rate = RateLimit(options.per_minute, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            if not self._options.token:
                check_origin(headers)
            if scope["path"] not in OPEN_PATHS:
                self._check_token(headers)
                self._rate.take(scope["client"][0] if scope.get("client") else "")
            receive = self._limited(headers, receive)
        except ApiError as error:
            await error.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_token(self, headers: Headers) -> None:
        if not self._options.token:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), self._options.token.encode())
        if scheme.lower() != "bearer" or not right:
            text = "This server wants its token: send Authorization: Bearer TOKEN (an OpenAI client's api_key)."
            raise ApiError(401, text, code="invalid_api_key", headers={"www-authenticate": "Bearer"})

    def _limited(self, headers: Headers, receive: Receive) -> Receive:
        """`receive` that ends at `max_bytes`, whatever the header promised."""
        most = self._options.max_bytes
        too_large = ApiError(413, f"The request is larger than {most} bytes.", code="request_too_large")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > most:
            raise too_large
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise too_large
            return message

        return limited


class RateLimit:
    """A bucket of tokens per client, refilled all the time."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._per_second, self._most = per_minute / 60, max(1.0, per_minute / 6)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when

    def take(self, client: str) -> None:
        """Raises ApiError 429, with the seconds to wait."""
        now = self._clock()
        left, when = self._left.pop(client, (self._most, now))
        left = min(self._most, left + (now - when) * self._per_second)
        self._left[client] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MAX_CLIENTS:
            self._left.popitem(last=False)
        if left < 1:
            seconds = math.ceil((1 - left) / self._per_second)
            raise ApiError(
                429,
                f"Too many requests: at most {self._per_second * 60:.0f} a minute. Try again in {seconds} s.",
                kind="rate_limit_error",
                code="rate_limit_exceeded",
                headers={"retry-after": str(seconds)},
            )


def check_origin(headers: Headers) -> None:
    """Raises ApiError where Host or Origin is not this machine's."""
    origin = headers.get("origin")
    if not is_loopback(_host_of(headers.get("host", ""))) or (origin and not is_loopback(_host_of(origin))):
        raise ApiError(403, "Only programs on this machine may ask here.", code="origin_not_allowed")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(text: str) -> str:
    """The host of a Host header or an Origin, without port and brackets."""
    text = text.rpartition("://")[2]
    return text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]
