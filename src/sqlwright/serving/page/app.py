"""The web application behind the page: Gradio, uploads and downloads, behind the door and the gate."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ...results import FORMATS
from ..access import AccessOptions
from ..errors import ApiError
from ..service import Service
from .auth import Door, visitor_key
from .gate import UPLOAD, Gate
from .sessions import Visitors
from .upload import MAX_BYTES
from .uploads import Uploads

FILES = {name: FORMATS[name] for name in ("csv", "parquet")}


def build_app(service: Service, access: AccessOptions, visitors: Visitors, uploads: Uploads) -> Door:
    """The other objects stay the caller's to close, after the application has ended.

    One at a time in a process: Gradio reads its folder, which is that of `uploads`, from the environment.
    """
    gr = load_gradio(uploads)
    from .page import build_page, head, style, theme

    page = build_page(service, visitors)
    page.has_launched = True  # else Gradio opens any file that a call names; only `launch` sets it, not mounting
    app = gr.mount_gradio_app(
        _own_routes(visitors, uploads),
        page,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=MAX_BYTES,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=theme(),
        css=style(),
        head=head(),
    )
    uploading = [i for i, fn in page.fns.items() if any(isinstance(box, gr.UploadButton) for box in fn.inputs)]
    return Door(Gate(app, uploads, frozenset(uploading)), access)


def _own_routes(visitors: Visitors, uploads: Uploads) -> Any:
    """A FastAPI application, which is what Gradio can be mounted on; its routes come before Gradio's."""
    from fastapi import FastAPI

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/download/{conversation}/{number}.{ending}")
    def download(request: Request, conversation: str, number: int, ending: str) -> Response:
        """A result as a file, for the visitor whose answer it is."""
        visitor = visitors.known(visitor_key(request.cookies))
        found = visitor.conversations.get(conversation) if visitor else None
        table = found.exchanges[number].table if found and 0 <= number < len(found.exchanges) else None
        if table is None or ending not in FILES:
            return PlainTextResponse("This result is no longer kept. Run its SQL again.", 404)
        file = FILES[ending]
        named = {"content-disposition": f'attachment; filename="answer-{number + 1}.{ending}"'}
        return Response(file.for_people(table), media_type=file.media_type, headers=named)

    @app.post(UPLOAD)
    async def upload(request: Request) -> Response:
        """Takes the place of Gradio's route, which tells where the file is and forgets whose it is."""
        try:
            async with request.form(max_files=1, max_fields=0) as form:
                file = form.get("files")
                if not isinstance(file, UploadFile):
                    return PlainTextResponse("One file is expected.", 400)
                name = await run_in_threadpool(
                    uploads.add, visitor_key(request.cookies), file.filename or "", file.file
                )
        except ApiError as error:
            return PlainTextResponse(error.message, error.status)
        except ClientDisconnect:
            return PlainTextResponse("", 400)  # nobody reads it
        return JSONResponse([name])

    return app


def load_gradio(uploads: Uploads | None = None) -> ModuleType:
    """Gradio, without its calls home, with the folder of `uploads` as its own for what it stores.

    The import is quick where no other thread runs, which is all that `_without_stubs` may be used for.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    if uploads:
        os.environ["GRADIO_TEMP_DIR"] = str(uploads.folder)
    if "gradio" in sys.modules or threading.active_count() > 1:
        return importlib.import_module("gradio")
    with _without_stubs():
        return importlib.import_module("gradio")


@contextmanager
def _without_stubs() -> Iterator[None]:
    """Halves the time of Gradio's import: it finds no source files, and no package `mcp`.

    Gradio parses the source of every component, to write stubs for editors, and imports `mcp` where that is installed.
    Both are changed for the whole process, so no other thread may run: torch, for one, reads its own sources.
    """
    getfile, mcp = inspect.getfile, sys.modules.get("mcp")

    def no_file(_: object) -> str:
        raise OSError

    inspect.getfile = no_file  # type: ignore[assignment]
    if mcp is None:
        sys.modules["mcp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = getfile
        if mcp is None:
            del sys.modules["mcp"]
