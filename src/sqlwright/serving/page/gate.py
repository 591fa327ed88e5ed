"""Filters what reaches Gradio: the requests that the page itself makes, in the form in which it makes them.

Gradio has more routes than the page needs (it fetches URLs, serves files and runs components' own functions), and in
any value it takes an object marked `gradio.FileData` for a file to open. Neither is reachable from outside.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..access import limited
from ..errors import ApiError
from ..json_body import read_json
from .auth import visitor_key
from .upload import MAX_BYTES
from .uploads import Uploads

UPLOAD = "/gradio_api/upload"
EVENTS = "/gradio_api/queue/data"
HEARTBEAT = "/gradio_api/heartbeat/"
CALLS = frozenset({"/gradio_api/queue/join", "/gradio_api/run/predict"})
PAGES = frozenset({"/", "/health", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/gradio_api/app_id"})
FOLDERS = ("/assets/", "/static/", "/download/")
MAX_CALL_BYTES = 1 << 20
MULTIPART_BYTES = 64 << 10  # around the file of an upload


class Gate:
    """ASGI middleware. Whatever is not listed above is answered with 404.

    `uploading` are the numbers of the functions that the upload control calls.
    """

    def __init__(self, app: ASGIApp, uploads: Uploads, uploading: frozenset[int]) -> None:
        self._app, self._uploads, self._uploading = app, uploads, uploading
        self._secret = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                scope, receive = await self._passed(scope, receive)
            except ApiError as error:
                await JSONResponse({"detail": error.message}, error.status)(scope, receive, send)
                return
            except ClientDisconnect:
                return
        await self._app(scope, receive, send)

    async def _passed(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """The request as Gradio may see it. Raises ApiError."""
        method, path = scope["method"], scope["path"]
        if method in ("GET", "HEAD") and (path in PAGES or path.startswith(FOLDERS)):
            return {**scope, "query_string": b""}, receive
        if method == "GET" and path == EVENTS:
            given = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]
            return {**scope, "query_string": urlencode({"session_hash": self._session(scope, given)}).encode()}, receive
        if method == "GET" and path.startswith(HEARTBEAT):
            path = HEARTBEAT + self._session(scope, path.removeprefix(HEARTBEAT))
            return {**scope, "path": path, "raw_path": path.encode(), "query_string": b""}, receive
        if method == "POST" and path == UPLOAD:
            _visitor(scope)
            received = limited(Headers(scope=scope), receive, MAX_BYTES + MULTIPART_BYTES)
            return {**scope, "query_string": b""}, received
        if method == "POST" and path in CALLS:
            return {**scope, "query_string": b""}, await self._call(scope, receive)
        raise ApiError(404, "Not found.")

    async def _call(self, scope: Scope, receive: Receive) -> Receive:
        """The body of a call, written again from the fields that the page sends."""
        body = await Request(scope, limited(Headers(scope=scope), receive, MAX_CALL_BYTES)).body()
        data = read_json(body)
        if not isinstance(data, dict) or not _is_whole(data.get("fn_index")) or not isinstance(data.get("data"), list):
            raise ApiError(400, "A call has a fn_index and a list of data.")
        event = data.get("event_data")
        parts = event.values() if isinstance(event, dict) else [event]
        others = [value for name, value in data.items() if name not in ("data", "event_data")]
        if any(isinstance(value, (dict, list)) for value in (*parts, *others)):
            raise ApiError(400, "A call holds text and numbers.")
        call = {
            "fn_index": data["fn_index"],
            "trigger_id": data["trigger_id"] if _is_whole(data.get("trigger_id")) else None,
            "session_hash": self._session(scope, data.get("session_hash")),
            "data": self._values(data["data"], scope, uploading=data["fn_index"] in self._uploading),
            "event_data": event,
        }
        return _again(json.dumps(call).encode(), receive)

    def _values(self, values: list[Any], scope: Scope, *, uploading: bool) -> list[Any]:
        """Text, numbers or nothing; for the upload control a file that this visitor uploaded, or nothing."""
        if uploading:
            return [None if value is None else self._file(value, scope) for value in values]
        if any(isinstance(value, (dict, list)) for value in values):
            raise ApiError(400, "A call holds text and numbers.")
        return values

    def _file(self, value: Any, scope: Scope) -> dict[str, Any]:
        told = value.get("path") if isinstance(value, dict) else None
        path = self._uploads.take(_visitor(scope), told) if isinstance(told, str) else None
        if path is None:
            raise ApiError(400, "Only a file that was just uploaded here can be opened. Upload it again.")
        return {"path": str(path), "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}

    def _session(self, scope: Scope, given: Any) -> str:
        """Gradio's name for a window, of which each visitor has their own: knowing another's is of no use."""
        if not isinstance(given, str) or not given:
            raise ApiError(400, "A call has a session_hash.")
        named = f"{_visitor(scope)}/{given}".encode("utf-8", "replace")
        return hmac.new(self._secret, named, hashlib.sha256).hexdigest()


def _visitor(scope: Scope) -> str:
    key = visitor_key(Request(scope).cookies)
    if not key:
        raise ApiError(403, "Open the page first: it gives the browser a cookie, without which nobody can ask.")
    return key


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _again(body: bytes, receive: Receive) -> Receive:
    """`receive` whose first message is `body`; what comes after it is the client's."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return unread.pop() if unread else await receive()

    return received
