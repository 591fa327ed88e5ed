"""What a chat completion request asks for. Fields that change nothing here are ignored, the others refused by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core import ConfigError, Message
from ..generation import Sampling
from .errors import ApiError, invalid, unsupported
from .json_body import read_json
from .messages import read_messages

MAX_CHOICES = 16
MAX_STOPS = 4

# field -> (what it may hold without asking for anything, why nothing else is)
_UNSUPPORTED: dict[str, tuple[tuple[Any, ...], str]] = {
    "tools": ((None, []), "the answer is text; over MCP this server offers tools itself."),
    "functions": ((None, []), "the answer is text; over MCP this server offers tools itself."),
    "logprobs": ((None, False), "no probabilities of tokens are kept."),
    "top_logprobs": ((None, 0), "no probabilities of tokens are kept."),
    "audio": ((None,), "only text is written."),
    "modalities": ((None, ["text"]), "only text is written."),
    "logit_bias": ((None, {}), "tokens cannot be weighted."),
    "frequency_penalty": ((None, 0), "not every model here has penalties."),
    "presence_penalty": ((None, 0), "not every model here has penalties."),
    "response_format": ((None, {"type": "text"}), "the receipt in message.metadata is JSON already."),
}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    model: str
    messages: tuple[Message, ...]
    sampling: Sampling
    stream: bool = False
    include_usage: bool = False

    @classmethod
    def read(cls, body: bytes) -> ChatRequest:
        """Raises ApiError."""
        data = read_json(body)
        if not isinstance(data, dict):
            raise ApiError(400, "The body has to be a JSON object.", code="invalid_json")
        model = data.get("model")
        if not isinstance(model, str) or not model:
            raise invalid("model", "the name of a model, as GET /v1/models lists them")
        messages = read_messages(data.get("messages"))
        for name, (harmless, why) in _UNSUPPORTED.items():
            if data.get(name) not in harmless:
                raise unsupported(name, why)
        stream = _flag(data, "stream")
        sampling = _sampling(data)
        if stream and sampling.n > 1:
            raise invalid("n", "1 in a stream")
        options = data.get("stream_options") or {}
        include_usage = isinstance(options, dict) and options.get("include_usage") is True
        return cls(model, messages, sampling, stream, include_usage)


def _sampling(data: dict[str, Any]) -> Sampling:
    tokens = "max_completion_tokens" if data.get("max_completion_tokens") is not None else "max_tokens"
    default = Sampling()
    n = _whole(data, "n", 1)
    if n > MAX_CHOICES:
        raise invalid("n", f"at most {MAX_CHOICES}")
    try:
        return Sampling(
            temperature=_number(data, "temperature", default.temperature),
            top_k=_whole(data, "top_k", None),
            top_p=_number(data, "top_p", None),
            max_new_tokens=_whole(data, tokens, default.max_new_tokens),
            seed=_whole(data, "seed", None),
            n=n,
            stop=_stops(data.get("stop")),
        )
    except ConfigError as error:
        name = error.message.partition(" ")[0]
        raise ApiError(
            400, str(error), code="invalid_value", param=tokens if name == "max_new_tokens" else name
        ) from None


def _flag(data: dict[str, Any], name: str) -> bool:
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(name, "true or false")
    return bool(value)


def _number(data: dict[str, Any], name: str, default: Any) -> Any:
    value = data.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise invalid(name, "a number")
    return float(value)


def _whole(data: dict[str, Any], name: str, default: Any) -> Any:
    value = data.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(name, "a whole number")
    return value


def _stops(value: Any) -> tuple[str, ...]:
    stops = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(stops, list) or len(stops) > MAX_STOPS or not all(isinstance(s, str) and s for s in stops):
        raise invalid("stop", f"text, or a list of at most {MAX_STOPS}")
    return tuple(stops)
