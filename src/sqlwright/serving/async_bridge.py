"""Blocking work for an event loop: in threads, with a time limit, stopped when whoever asked goes away."""

from __future__ import annotations

import math
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import aclosing, suppress
from typing import TypeVar

import anyio
from anyio import from_thread
from anyio.lowlevel import current_token
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..answering import Stop, StoppedError
from .errors import too_late

T = TypeVar("T")
Tell = Callable[[T], object]


async def in_thread(work: Callable[[Stop], T]) -> T:
    """What `work` returns or raises. It is stopped when this is cancelled."""
    ended, stop = anyio.Event(), Stop()
    done = _start(work, stop, ended.set)
    try:
        await ended.wait()
    finally:
        if not done.done():
            stop.set()
    return done.result()


def told_from_thread(work: Callable[[Stop, Tell[T]], object], stop: Stop) -> AsyncGenerator[T, None]:
    """What `work` tells, as it comes, and then what it raises. `work` has begun when this returns.

    It is stopped when this ends earlier. StoppedError is raised as soon as `stop` is set, also where `work` goes on.
    """
    send, receive = anyio.create_memory_object_stream[T](math.inf)  # a slow reader must not keep the model
    token = current_token()

    def tell(piece: T) -> None:
        with suppress(RuntimeError, anyio.ClosedResourceError, anyio.BrokenResourceError):  # nobody listens any more
            from_thread.run_sync(send.send_nowait, piece, token=token)

    def end() -> None:
        with suppress(RuntimeError):
            from_thread.run_sync(send.close, token=token)

    stop.on_set = end
    done = _start(lambda stop: work(stop, tell), stop, send.close)
    return _received(receive, done, stop)


async def _received(receive: MemoryObjectReceiveStream[T], done: Future[object], stop: Stop) -> AsyncGenerator[T, None]:
    try:
        with receive:
            async for piece in receive:
                yield piece
        if not done.done():
            raise StoppedError
        done.result()
    finally:
        if not done.done():
            stop.set()


async def pieces_from_thread(work: Callable[[Stop], Iterator[T]]) -> AsyncGenerator[T, None]:
    """What the iterator of `work` yields, as `told_from_thread`."""

    def run(stop: Stop, tell: Tell[T]) -> None:
        for piece in work(stop):
            tell(piece)

    async with aclosing(told_from_thread(run, Stop())) as pieces:
        async for piece in pieces:
            yield piece


def _start(work: Callable[[Stop], T], stop: Stop, ended: Callable[[], object]) -> Future[T]:
    """Begin `work` in a thread; `ended` is called in the event loop once the result is set.

    A daemon thread rather than one of `anyio.to_thread`: a model that hangs must keep neither the others waiting nor
    the process alive. The Service bounds how many there are.
    """
    done, token = Future[T](), current_token()

    def run() -> None:
        try:
            done.set_result(work(stop))
        except BaseException as error:  # noqa: BLE001  raised again where it is awaited
            done.set_exception(error)
        with suppress(RuntimeError):  # the loop has ended
            from_thread.run_sync(ended, token=token)

    threading.Thread(target=run, name="sqlwright-question", daemon=True).start()
    return done


async def while_connected(receive: Receive, work: Awaitable[T], timeout_s: float) -> T:
    """What `work` gives; it is cancelled when the client goes away (StoppedError) or the time is over (ApiError).

    The request's body has to be read before.
    """
    done = Future[T]()
    with anyio.move_on_after(timeout_s) as limit:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_cancel_on_disconnect, receive, tasks.cancel_scope)
            try:
                done.set_result(await work)
            except Exception as error:  # noqa: BLE001  a task group would raise a group of it
                done.set_exception(error)
            tasks.cancel_scope.cancel()
    if done.done():
        return done.result()
    if limit.cancelled_caught:
        raise too_late(timeout_s)
    raise StoppedError


async def _cancel_on_disconnect(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


class EndsWithItsClient:
    """An ASGI application that is cancelled when its client goes away, which most only notice as they answer."""

    def __init__(self, app: ASGIApp, timeout_s: float) -> None:
        self._app, self._timeout_s = app, timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        unread: list[Message] = [{"type": "http.request", "body": await Request(scope, receive).body()}]

        async def again() -> Message:
            if not unread:
                await anyio.sleep_forever()  # a client that goes away is noticed outside
            return unread.pop()

        with suppress(StoppedError):  # nobody is there to read an answer
            await while_connected(receive, self._app(scope, again, send), self._timeout_s)
