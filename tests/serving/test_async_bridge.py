"""Blocking work in threads, awaited from an event loop."""

from __future__ import annotations

import threading
from contextlib import aclosing

import anyio
import pytest

from sqlwright.answering import Stop, StoppedError
from sqlwright.serving.async_bridge import in_thread, pieces_from_thread, told_from_thread, while_connected
from sqlwright.serving.errors import ApiError


def fail(_):
    raise ValueError("no")


async def stays(*_):
    await anyio.sleep_forever()


def test_a_result_and_an_error_come_out_of_the_thread():
    assert anyio.run(in_thread, lambda stop: stop.is_set) is False
    with pytest.raises(ValueError, match="no"):
        anyio.run(in_thread, fail)


def test_what_is_cancelled_is_stopped_and_not_waited_for():
    stopped = threading.Event()

    def work(stop):
        stop.wait(60)
        stopped.set()

    async def give_up():
        with anyio.move_on_after(0.05):
            await in_thread(work)

    anyio.run(give_up)
    assert stopped.wait(60)


def test_pieces_come_before_the_work_has_ended_and_its_error_after_them():
    read = threading.Event()

    def work(_):
        yield "first"
        assert read.wait(60)
        yield "second"
        raise ValueError("no")

    async def collect():
        pieces = pieces_from_thread(work)
        assert await anext(pieces) == "first"
        read.set()
        assert await anext(pieces) == "second"
        with pytest.raises(ValueError, match="no"):
            await anext(pieces)

    anyio.run(collect)


def test_a_reader_that_leaves_stops_the_work():
    stopped = threading.Event()

    def work(stop):
        yield "first"
        stop.wait(60)
        stopped.set()

    async def leave():
        async with aclosing(pieces_from_thread(work)) as pieces:
            assert await anext(pieces) == "first"

    anyio.run(leave)
    assert stopped.wait(60)


def test_a_stop_ends_the_wait_for_work_that_cannot_be_interrupted():
    goes_on, stop = threading.Event(), Stop()

    def work(_, tell):
        tell("first")
        goes_on.wait(60)
        tell("too late")

    async def listen():
        pieces = told_from_thread(work, stop)
        assert await anext(pieces) == "first"
        stop.set()
        with pytest.raises(StoppedError):
            await anext(pieces)

    anyio.run(listen)
    goes_on.set()


def test_a_client_that_leaves_and_a_limit_cancel_what_is_awaited():
    async def leaves():
        return {"type": "http.disconnect"}

    async def both():
        with pytest.raises(StoppedError):
            await while_connected(leaves, stays(), 60)
        with pytest.raises(ApiError) as raised:
            await while_connected(stays, stays(), 0.01)
        assert raised.value.status == 504

    anyio.run(both)


def test_an_error_while_connected_comes_as_it_is():
    async def failing():
        raise ValueError("no")

    async def wait():
        with pytest.raises(ValueError, match="no"):
            await while_connected(stays, failing(), 60)

    anyio.run(wait)
