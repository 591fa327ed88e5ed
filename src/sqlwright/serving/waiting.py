"""Waiting for an answer no longer than its reader does, and no longer than the limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.types import Receive

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
