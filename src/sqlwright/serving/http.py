"""HTTP/1.1 by uvicorn, with a deadline for clients that begin a request and do not end it."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 20.0  # for the head and the body of a request, as in Apache's mod_reqtimeout
BYTES_PER_S = 500  # more time for longer ones: a second for as many bytes


class Http(H11Protocol):
    """Closes a connection whose request is not complete in time; answers may take as long as they need.

    Uvicorn itself has a limit only for connections that wait between two requests.
    """

    request_s = REQUEST_S
    _begun = 0.0
    _bytes = 0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        self._bytes += len(data)
        super().data_received(data)
        if self._is_complete():
            self._end()
        elif self._waiting is None:  # the first bytes of another request
            self._begin(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._end()
        if self.conn.their_state is h11.SEND_BODY:  # of the request just answered, or of one sent right after it
            self._begin()

    def _should_upgrade(self) -> bool:
        return False  # nothing here speaks WebSocket

    def _begin(self, received: int = 0) -> None:
        self._begun, self._bytes = self.loop.time(), received
        self._waiting = self.loop.call_later(self.request_s, self._check)

    def _end(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _check(self) -> None:
        self._waiting = None
        if self._is_complete() or self.transport.is_closing():
            return
        left = self._begun + self.request_s + self._bytes / BYTES_PER_S - self.loop.time()
        if left > 0:
            self._waiting = self.loop.call_later(left, self._check)
        else:
            self.transport.close()

    def _is_complete(self) -> bool:
        """Whether the client has nothing more to send for this request."""
        states: Any = (h11.IDLE, h11.SEND_BODY)
        return self.conn.their_state not in states
