"""The web application: the chat API, MCP at /mcp, health and a page that describes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request

from ..core import SqlwrightError
from .access import Access, AccessOptions
from .api_models import ChatCompletion, ErrorBody, Health
from .async_bridge import EndsWithItsClient
from .chat import ChatApi
from .docs_page import POLICY, docs_page
from .errors import respond, respond_invalid
from .json_body import JsonRequest
from .mcp_server import mcp_server
from .service import Service

ABOUT = "Ask a database in plain language, with any OpenAI client. Streamable-HTTP MCP is at /mcp."
ERRORS = {
    400: "The request is wrong; param names the field.",
    401: "The token is missing or wrong.",
    404: "No such model.",
    413: "The request is too large.",
    429: "Too many requests from this address.",
    502: "The model's or the database's server does not answer.",
    503: "Too many questions wait.",
    504: "No answer within the time limit.",
}
# FastAPI gives spans, and the bodies of requests, to OpenTelemetry where that is configured; a body is a question.
NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False}


def build_app(service: Service, access: AccessOptions) -> FastAPI:
    """`service` stays the caller's to close, after the application has ended."""
    from .. import __version__

    # Without sessions there is nothing to keep for a client that never comes back. Access has checked Host and Origin.
    mcp = StreamableHTTPSessionManager(
        mcp_server(service), json_response=True, stateless=True, max_request_body_size=access.max_bytes
    )
    chat = ChatApi(service)

    async def health() -> Health:
        return {"status": "ok"}

    async def docs(_: Request) -> Response:
        return HTMLResponse(docs_page(app.openapi()), headers={"content-security-policy": POLICY})

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with mcp.run():
            yield

    app = FastAPI(
        title="sqlwright",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(Access, options=access)],
        exception_handlers={
            RequestValidationError: respond_invalid,
            SqlwrightError: respond,
            HTTPException: respond,
            Exception: respond,
        },
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    app.router.route_class = _JsonRoute
    # Access checks the token, also of what is not described here.
    token: dict[str, Any] = {"dependencies": [Security(HTTPBearer(auto_error=False))]} if access.token else {}
    _get(app, "/health", health, "Whether the server answers.")
    _get(app, "/v1/models", chat.models, "The names to ask.", **token)
    _get(app, "/v1/models/{name:path}", chat.model, "One of them.", responses=_errors(404), **token)
    app.add_api_route(
        "/v1/chat/completions",
        chat.completions,
        methods=["POST"],
        summary="Ask a question, or a model.",
        response_model=ChatCompletion,
        responses=_errors(*ERRORS),
        **token,
    )
    app.add_route("/mcp", EndsWithItsClient(StreamableHTTPASGIApp(mcp), service.options.answer_timeout_s))  # type: ignore[arg-type]
    app.add_route("/docs", docs, include_in_schema=False)
    names = app.openapi()["components"]["schemas"]["ChatRequest"]["properties"]["model"]
    names["enum"] = list(chat.names)  # the document is made once
    return app


def _get(app: FastAPI, path: str, endpoint: Callable[..., Awaitable[Any]], summary: str, **about: Any) -> None:
    """A route for GET, and as FastAPI adds none itself, for HEAD."""
    app.add_api_route(path, endpoint, methods=["GET"], summary=summary, **about)
    app.add_api_route(path, endpoint, methods=["HEAD"], include_in_schema=False)


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    texts: dict[int | str, str] = {status: ERRORS[status] for status in statuses}
    texts["default"] = "Any other error."
    return {status: {"model": ErrorBody, "description": text} for status, text in texts.items()}


class _JsonRoute(APIRoute):
    """Reads bodies as `JsonRequest` does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            return await handle(JsonRequest.of(request))

        return handler
