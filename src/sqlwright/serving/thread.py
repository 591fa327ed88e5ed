"""Blocking work for an event loop: a thread each, stopped when whoever awaits it is cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from ..answering import Stop

T = TypeVar("T")


async def in_thread(work: Callable[[Stop], T]) -> T:
    """What `work` returns or raises.

    A daemon thread rather than an executor's: a model that hangs must keep neither the others waiting nor the
    process alive. The Service bounds how many there are.
    """
    stop = Stop()
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(deliver: Callable[[Any], None], value: object) -> None:
        def once() -> None:
            if not done.done():
                deliver(value)

        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(once)

    def run() -> None:
        try:
            settle(done.set_result, work(stop))
        except BaseException as error:  # noqa: BLE001  raised again where it is awaited
            settle(done.set_exception, error)

    threading.Thread(target=run, name="sqlwright-question", daemon=True).start()
    try:
        return await done
    except asyncio.CancelledError:
        stop.set()
        raise


async def pieces_from_thread(work: Callable[[Stop], Iterator[T]]) -> AsyncIterator[T]:
    """What the iterator of `work` yields, as it comes."""
    pieces: asyncio.Queue[tuple[T] | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def run(stop: Stop) -> None:
        try:
            for piece in work(stop):
                loop.call_soon_threadsafe(pieces.put_nowait, (piece,))
        finally:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(pieces.put_nowait, None)

    task = asyncio.create_task(in_thread(run))
    try:
        while (piece := await pieces.get()) is not None:
            yield piece[0]
        await task
    finally:
        task.cancel()
