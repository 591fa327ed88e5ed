"""The studio as a web application: static files, a JSON API, uploads and reports, behind the door of the chat page."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message

from ...core import SqlwrightError, UsageError
from ...core.atomic import atomic_file
from ..access import AccessOptions, limited
from ..errors import ApiError, as_api_error
from ..json_body import Utf8Json, read_json
from ..page.auth import Door
from . import api
from .workspace import ENDINGS, Workspace

STATIC = Path(__file__).parent / "static"
MAX_CALL_BYTES = 1 << 20
MAX_UPLOAD_BYTES = 2 << 30
# The studio's own files and nothing else; reports of runs are shown in frames that bring their own policy.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
# A report's own script may run, without the rights of this page: its origin counts as another one.
REPORT_POLICY = "sandbox allow-scripts; frame-ancestors 'self'"

Call = Callable[[Workspace, dict[str, Any]], Any]


def build_app(workspace: Workspace, access: AccessOptions) -> Door:
    """Requests read and change files of `workspace`; commands run as processes of their own."""

    def get(call: Call) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return Utf8Json(await run_in_threadpool(call, workspace, dict(request.query_params)))

        return answer

    def post(call: Call) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return Utf8Json(await run_in_threadpool(call, workspace, await _body(request)))

        return answer

    async def upload(request: Request) -> Response:
        name = await _stored(workspace, request)
        return Utf8Json({"path": name})

    async def report(request: Request) -> Response:
        path = api.page_file(workspace, request.query_params.get("path", ""))
        return FileResponse(path, media_type="text/html", headers={"content-security-policy": REPORT_POLICY})

    async def download(request: Request) -> Response:
        path = api.download_file(workspace, request.query_params.get("path", ""))
        return FileResponse(path, filename=path.name, media_type="application/octet-stream")

    async def index(_: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"cache-control": "no-store"})

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    routes = [
        Route("/", index),
        Route("/health", health),
        Route("/report", report),
        Route("/download", download),
        Route("/api/files/{folder}/{name}", upload, methods=["PUT"]),
        *(Route(f"/api/{name}", get(call)) for name, call in api.GETS.items()),
        *(Route(f"/api/{name}", post(call), methods=["POST"]) for name, call in api.POSTS.items()),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    handlers: dict[Any, Any] = dict.fromkeys((SqlwrightError, ApiError, HTTPException, OSError, Exception), _refused)
    return Door(Starlette(routes=routes, exception_handlers=handlers), access, policy=POLICY)


async def _refused(_: Request, error: Exception) -> Response:
    """One sentence for the page; of an error that nobody foresaw, the terminal says more."""
    found = as_api_error(error)
    return Utf8Json({"error": found.message}, found.status, headers=found.headers)


async def _body(request: Request) -> dict[str, Any]:
    """Raises ApiError. A form of another web page cannot send this type without asking first."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ApiError(415, "Expected a body of type application/json.")
    receive = limited(request.headers, request.receive, MAX_CALL_BYTES)
    data = read_json(await Request(request.scope, receive).body())
    if not isinstance(data, dict):
        raise ApiError(400, "Expected a JSON object.")
    return data


async def _stored(workspace: Workspace, request: Request) -> str:
    """Write the body as a new file of a folder and return its path. Raises ApiError and UsageError."""
    folder, given = request.path_params["folder"], request.path_params["name"]
    name = Path(given.replace("\\", "/")).name
    suffix = Path(name).suffix.lower()
    if folder not in ENDINGS:
        raise ApiError(404, f"Files are uploaded to {', '.join(ENDINGS)}.")
    if suffix not in ENDINGS[folder]:
        raise UsageError(f"{name!r} has another ending than expected.", f"Known here: {', '.join(ENDINGS[folder])}.")
    path = workspace.new_name(name.removesuffix(suffix), folder, suffix)
    receive = limited(Headers(scope=request.scope), request.receive, MAX_UPLOAD_BYTES)
    with atomic_file(workspace.root / path, private=True, fsync=False) as target:
        number = os.open(target, os.O_WRONLY)
        try:
            more = True
            while more:
                message: Message = await receive()
                if message["type"] == "http.disconnect":
                    raise ApiError(400, "The upload was broken off.")
                await run_in_threadpool(_write, number, message.get("body", b""))
                more = message.get("more_body", False)
            if not os.fstat(number).st_size:
                raise UsageError(f"{name!r} is empty.", "Choose a file with content.")
        finally:
            os.close(number)
    return path


def _write(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]
