"""Connections of clients that begin a request and never end it, on a real socket."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from sqlwright.serving import http
from sqlwright.serving.server import server_config

WHOLE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"


async def app(scope, receive, send):
    if scope["type"] == "http":
        body = await Request(scope, receive).body()
        await PlainTextResponse(f"read {len(body)}")(scope, receive, send)


@pytest.fixture
def address(monkeypatch):
    monkeypatch.setattr(http.Http, "request_s", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(server_config(app, 2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()
        server.should_exit = True
        thread.join(20)


def received(connection):
    """All that comes until the server closes the connection; a timeout fails the test."""
    text = b""
    while part := connection.recv(4096):
        text += part
    return text


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n", POST + b"half"])
def test_a_request_that_is_never_ended_is_closed(address, begun):
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(begun)
        assert received(connection) == b""


@pytest.mark.parametrize("begun", [b"GET / HT", POST, POST + b"half"])
def test_a_second_request_that_is_never_ended_is_closed_too(address, begun):
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(WHOLE + begun)
        assert received(connection).count(b"HTTP/1.1 200") == 1


def test_a_body_that_keeps_coming_is_waited_for(address, monkeypatch):
    monkeypatch.setattr(http, "BYTES_PER_S", 0.01)  # a byte is worth 100 s
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(POST)
        for _ in range(10):
            time.sleep(0.05)
            connection.sendall(b"x")
        connection.shutdown(socket.SHUT_WR)
        assert b"read 10" in received(connection)


def test_an_upgrade_to_websocket_is_not_taken(address):
    with socket.create_connection(address, timeout=60) as connection:
        upgrade = b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + upgrade + b"\r\n")
        assert received(connection).startswith(b"HTTP/1.1 200")
