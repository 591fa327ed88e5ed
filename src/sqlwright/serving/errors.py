"""What went wrong, in the shape that OpenAI's clients understand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..answering import StoppedError
from ..core import ConnectError, GenerationError, NotFoundError, SqlwrightError, UsageError
from ..generation import PromptError, SomeFailedError
from .service import BusyError

if TYPE_CHECKING:
    from fastapi.exceptions import RequestValidationError

    from .api_models import ErrorBody

UNSUPPORTED = "unsupported_parameter"  # type of an error whose text says why
EXPECTED = "expected"  # type of an error whose text is what was expected
CLIENT_GONE = 499  # nobody reads it; the number is what other servers write into their logs


# What pydantic expected of a field, by the type of its error.
_EXPECTED = {
    EXPECTED: "{what}",
    "missing": "given",
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "literal_error": "one of {expected}",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "string_too_short": "text that is not empty",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


class ApiError(HTTPException):
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
        super().__init__(status, message, headers or {})
        self.status, self.message, self.kind, self.code, self.param = status, message, kind, code, param

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> ErrorBody:
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}

    def response(self) -> Response:
        return JSONResponse(self.to_dict(), self.status, self.headers)


def unsupported(param: str, why: str) -> ApiError:
    return ApiError(400, f"{param!r} is not supported: {why}", code=UNSUPPORTED, param=param)


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


def of_validation(found: Sequence[Mapping[str, Any]]) -> ApiError:
    """The first of pydantic's errors, which are in the order of the fields."""
    error = found[0]
    param = _path(error["loc"][1:])  # the first part says that it is the body
    if not param:
        return ApiError(400, "The body has to be a JSON object.", code="invalid_json")
    if error["type"] == UNSUPPORTED:
        return unsupported(param, error["msg"])
    if error["type"] in _EXPECTED:
        return invalid(param, _EXPECTED[error["type"]].format_map(error.get("ctx", {})))
    return ApiError(400, f"{param!r}: {error['msg']}", code="invalid_value", param=param)


def _path(parts: Sequence[str | int]) -> str:
    """("messages", 0, "role") as messages[0].role."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


async def respond_invalid(_: Request, error: RequestValidationError) -> Response:
    """FastAPI's handler of requests that do not fit their model."""
    return of_validation(error.errors()).response()


async def respond(_: Request, error: Exception) -> Response:
    """Starlette's exception handler."""
    return as_api_error(error).response()
