"""Reads a request's JSON body, and refuses what no JSON writer should send."""

from __future__ import annotations

import json
from typing import Any, NoReturn

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
