"""Waiting for an answer no longer than its reader does, and no longer than the limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..answering import StoppedError
from .errors import too_late

T = TypeVar("T")


async def while_connected(receive: Receive, work: Awaitable[T], timeout_s: float) -> T:
    """What `work` gives; it is cancelled when the client goes away (StoppedError) or the time is over (ApiError).

    The request's body has to be read before.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnect(receive))
    try:
        done, _ = await asyncio.wait({working, leaving}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if working in done:
            return working.result()
        if leaving in done:
            raise StoppedError
        raise too_late(timeout_s)
    finally:
        working.cancel()
        leaving.cancel()


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class EndsWithItsClient:
    """An ASGI application that is cancelled when its client goes away, which most only notice as they answer."""

    def __init__(self, app: ASGIApp, timeout_s: float) -> None:
        self._app, self._timeout_s = app, timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        unread: list[Message] = [{"type": "http.request", "body": await Request(scope, receive).body()}]

        async def again() -> Message:
            if unread:
                return unread.pop()
            never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
            return await never  # a client that goes away is noticed outside

        with suppress(StoppedError):  # nobody is there to read an answer
            await while_connected(receive, self._app(scope, again, send), self._timeout_s)
