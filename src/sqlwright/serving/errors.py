"""What went wrong, in the shape that OpenAI's clients understand."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..answering import StoppedError
from ..core import ConnectError, GenerationError, NotFoundError, SqlwrightError, UsageError
from ..generation import PromptError, SomeFailedError
from .service import BusyError

CLIENT_GONE = 499  # nobody reads it; the number is what other servers write into their logs


class ApiError(Exception):
    """An answer other than 200. `kind` is OpenAI's `type`; `param` names the field of the request that is at fault."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.kind, self.code, self.param = status, message, kind, code, param
        self.headers = headers or {}

    def to_dict(self) -> dict[str, Any]:
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}

    def response(self) -> Response:
        return JSONResponse(self.to_dict(), self.status, self.headers)


def unsupported(param: str, why: str) -> ApiError:
    return ApiError(400, f"{param!r} is not supported: {why}", code="unsupported_parameter", param=param)


def invalid(param: str, expected: str) -> ApiError:
    return ApiError(400, f"{param!r} has to be {expected}.", code="invalid_value", param=param)


def too_late(seconds: float) -> ApiError:
    return ApiError(504, f"No answer within {seconds:g} s.", kind="server_error", code="timeout")


def as_api_error(error: Exception) -> ApiError:
    """Any exception; one that nobody foresaw says nothing of itself."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, SomeFailedError):  # one prompt was asked, so there is one reason
        error = next(r for r in error.results if isinstance(r, GenerationError))
    text = str(error)
    if isinstance(error, BusyError):
        return ApiError(503, text, kind="server_error", code="busy", headers={"retry-after": "1"})
    if isinstance(error, StoppedError):
        return ApiError(CLIENT_GONE, text, code="stopped")
    if isinstance(error, PromptError):
        return ApiError(400, text, code="invalid_prompt", param="messages")
    if isinstance(error, ConnectError):
        return ApiError(502, text, kind="server_error", code="unreachable")
    if isinstance(error, GenerationError):
        return ApiError(502, text, kind="server_error", code="model_error")
    if isinstance(error, NotFoundError):
        return ApiError(404, text, code="not_found")
    if isinstance(error, (UsageError, SqlwrightError)):
        return ApiError(400, text, code="invalid_value")
    if isinstance(error, HTTPException):
        return ApiError(error.status_code, error.detail, code="not_found" if error.status_code == 404 else None)
    return ApiError(500, "The server failed to answer; its own output says why.", kind="server_error", code="internal")


async def respond(_: Request, error: Exception) -> Response:
    """Starlette's exception handler."""
    return as_api_error(error).response()
