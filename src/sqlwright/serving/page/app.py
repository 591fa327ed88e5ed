"""The web application behind the page: Gradio, the downloads, and the door before both."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from types import ModuleType

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ..access import AccessOptions
from ..service import Service
from .door import VISITOR, Door
from .download import as_csv, as_parquet
from .upload import MAX_BYTES
from .visitor import Visitors

FILES = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "parquet": (as_parquet, "application/vnd.apache.parquet"),
}


def build_app(service: Service, access: AccessOptions, visitors: Visitors) -> Door:
    """`service` and `visitors` stay the caller's to close, after the application has ended."""
    gr = load_gradio()
    from .page import build_page, head, style, theme

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/download/{conversation}/{number}.{ending}")
    def download(request: Request, conversation: str, number: int, ending: str) -> Response:
        """A result as a file, for the visitor whose answer it is."""
        found = visitors.of(request.cookies.get(VISITOR, "")).conversations.get(conversation)
        table = found.exchanges[number].table if found and 0 <= number < len(found.exchanges) else None
        if table is None or ending not in FILES:
            return PlainTextResponse("This result is no longer kept. Run its SQL again.", 404)
        write, kind = FILES[ending]
        named = {"content-disposition": f'attachment; filename="answer-{number + 1}.{ending}"'}
        return Response(write(table), media_type=kind, headers=named)

    gr.mount_gradio_app(
        app,
        build_page(service, visitors),
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
    return Door(app, access)


def load_gradio() -> ModuleType:
    """Gradio, without its calls home, and without what nobody here needs of its import.

    It parses the source of every component, to write stubs for editors, and takes MCP's package along where that is
    installed: half of its start. A class without a file, and a package that is not there, are left out.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    known, mcp = inspect.getfile, sys.modules.get("mcp")

    def no_file(_: object) -> str:
        raise OSError

    inspect.getfile = no_file  # type: ignore[assignment]
    if mcp is None:
        sys.modules["mcp"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("gradio")
    finally:
        inspect.getfile = known
        if mcp is None:
            del sys.modules["mcp"]
