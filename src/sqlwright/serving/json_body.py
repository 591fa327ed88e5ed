"""Reads JSON bodies, refusing what no JSON writer should send, and writes JSON that is always valid UTF-8."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import JSONResponse

from .errors import ApiError


def read_json(body: bytes) -> Any:
    """The value in `body`.

    Raises ApiError 400 for text that is not JSON, and for half of a surrogate pair: Python reads it, but can neither
    store it nor send it on as UTF-8.
    """
    try:
        data = json.loads(body, parse_constant=_refuse)
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        text = "The body holds half of a surrogate pair, which is not a character. Send whole ones."
        raise ApiError(400, text, code="invalid_json") from None
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not JSON.", code="invalid_json") from None
    return data


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def write_json(data: Any) -> bytes:
    """UTF-8 on one line. Half of a surrogate pair, as a remote model may send one, becomes a question mark."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class JsonRequest(Request):
    """A request whose body FastAPI reads with `read_json`, whatever content type the client names."""

    @classmethod
    def of(cls, request: Request) -> JsonRequest:
        headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
        headers.append((b"content-type", b"application/json"))
        return cls({**request.scope, "headers": headers}, request.receive)

    async def json(self) -> Any:
        return read_json(await self.body())


class Utf8Json(JSONResponse):
    def render(self, content: Any) -> bytes:
        return write_json(content)
