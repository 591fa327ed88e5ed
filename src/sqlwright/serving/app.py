"""The web application: the chat API, MCP at /mcp, health and a page that describes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..core import SqlwrightError
from .access import Access, AccessOptions
from .chat import ChatApi
from .errors import ApiError, respond
from .mcp_server import mcp_server
from .openapi import describe, page
from .service import Service
from .waiting import EndsWithItsClient

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # the page fetches nothing, whatever a name may hold


def build_app(service: Service, access: AccessOptions) -> Starlette:
    """`service` stays the caller's to close, after the application has ended."""
    # Without sessions there is nothing to keep for a client that never comes back. Access has checked Host and Origin.
    mcp = StreamableHTTPSessionManager(
        mcp_server(service), json_response=True, stateless=True, max_request_body_size=access.max_bytes
    )
    chat = ChatApi(service)
    document = describe(list(chat.names))

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def openapi(_: Request) -> Response:
        return JSONResponse(document)

    async def docs(_: Request) -> Response:
        return HTMLResponse(page(document), headers={"content-security-policy": PAGE_POLICY})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with mcp.run():
            yield

    routes: list[BaseRoute] = [
        Route("/health", health),
        Route("/v1/models", chat.models),
        Route("/v1/models/{name:path}", chat.model),
        Route("/v1/chat/completions", chat.completions, methods=["POST"]),
        Route("/mcp", EndsWithItsClient(StreamableHTTPASGIApp(mcp), service.options.answer_timeout_s)),
        Route("/openapi.json", openapi),
        Route("/docs", docs),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Access, options=access)],
        exception_handlers={ApiError: respond, SqlwrightError: respond, HTTPException: respond, Exception: respond},
        lifespan=lifespan,
    )
