"""Requests and responses of the OpenAI-compatible API, as pydantic validates them and OpenAPI describes them.

Fields of a request that change nothing here are ignored. The others that are not supported are refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    field_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from typing_extensions import NotRequired, TypedDict

from ..core import Message
from ..generation import Sampling
from .errors import EXPECTED, UNSUPPORTED

MAX_CHOICES = 16
MAX_STOPS = 4
_DEFAULT = Sampling()
_TEXT_PARTS = ("text", "input_text")
_NO_TOOLS = "the answer is text; over MCP this server offers tools itself."
_NO_PENALTIES = "not every model here has penalties."
_NO_PROBABILITIES = "no probabilities of tokens are kept."


@dataclass(frozen=True, slots=True, eq=False)  # else `typing` takes (None, 0) for (None, False)
class Only:
    """Marks a field as not supported: `values` ask for nothing and are accepted, others are refused with `why`."""

    values: tuple[Any, ...]
    why: str

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"enum": list(self.values), "description": f"Not supported: {self.why}"}

    def check(self, value: Any) -> Any:
        if value not in self.values:
            raise _unsupported(self.why)
        return value


class _Pydantic(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


def _unsupported(why: str) -> PydanticCustomError:
    return PydanticCustomError(UNSUPPORTED, "{why}", {"why": why})


def _expected(what: str) -> PydanticCustomError:
    return PydanticCustomError(EXPECTED, "{what}", {"what": what})


def _only_text(part: Any) -> Any:
    if isinstance(part, dict) and part.get("type") in _TEXT_PARTS and isinstance(part.get("text"), str):
        return part
    raise _unsupported("only text can be read.")


def _no_tool(role: Any) -> Any:
    if role in ("tool", "function"):
        raise _unsupported(f"there are no tools here, so no message can be from a {role}.")
    return role


def _as_list(one: Any) -> Any:
    if not isinstance(one, (str, list)):
        raise _expected(f"text, or a list of at most {MAX_STOPS}")
    return [one] if isinstance(one, str) else one


def _as_parts(content: Any) -> Any:
    if not isinstance(content, (str, list)):
        raise _expected("text, or a list of text parts")
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class TextPart(_Pydantic):
    type: Literal["text", "input_text"]
    text: str


Parts = Annotated[
    list[Annotated[TextPart, BeforeValidator(_only_text)]],
    BeforeValidator(_as_parts, json_schema_input_type=str | list[TextPart]),
]
Stops = Annotated[
    list[Annotated[str, Field(min_length=1)]],
    Field(max_length=MAX_STOPS),
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
]


class ChatMessage(_Pydantic):
    """`developer` counts as `system`. Of content in parts only text can be read."""

    role: Annotated[Literal["system", "developer", "user", "assistant"], BeforeValidator(_no_tool)]
    content: Parts

    def to_message(self) -> Message:
        text = "".join(part.text for part in self.content)
        return Message("system" if self.role == "developer" else self.role, text)


class StreamOptions(_Pydantic):
    include_usage: bool | None = None


class ChatRequest(_Pydantic):
    model: str = Field(min_length=1, description="A name of GET /v1/models.")
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, allow_inf_nan=False)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=1)
    n: int | None = Field(None, ge=1, le=MAX_CHOICES, description="1 for a stream, and for MODEL:DATABASE and MODEL:*.")
    seed: int | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1, description="Takes precedence over max_tokens.")
    stop: Stops | None = None
    tools: Annotated[Any, Only((None, []), _NO_TOOLS)] = None
    functions: Annotated[Any, Only((None, []), _NO_TOOLS)] = None
    logprobs: Annotated[Any, Only((None, False), _NO_PROBABILITIES)] = None
    top_logprobs: Annotated[Any, Only((None, 0), _NO_PROBABILITIES)] = None
    audio: Annotated[Any, Only((None,), "only text is written.")] = None
    modalities: Annotated[Any, Only((None, ["text"]), "only text is written.")] = None
    logit_bias: Annotated[Any, Only((None, {}), "tokens cannot be weighted.")] = None
    frequency_penalty: Annotated[Any, Only((None, 0), _NO_PENALTIES)] = None
    presence_penalty: Annotated[Any, Only((None, 0), _NO_PENALTIES)] = None
    response_format: Annotated[
        Any, Only((None, {"type": "text"}), "the receipt in message.metadata is JSON already.")
    ] = None

    @field_validator("n")
    @classmethod
    def _one_in_a_stream(cls, n: int | None, info: Any) -> int | None:
        if n and n > 1 and info.data.get("stream"):
            raise _expected("1 in a stream")
        return n

    @property
    def include_usage(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage is True

    def prompt_messages(self) -> tuple[Message, ...]:
        return tuple(message.to_message() for message in self.messages)

    def sampling(self) -> Sampling:
        tokens = self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens
        return Sampling(
            temperature=_DEFAULT.temperature if self.temperature is None else self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            max_new_tokens=_DEFAULT.max_new_tokens if tokens is None else tokens,
            seed=self.seed,
            n=self.n or 1,
            stop=tuple(self.stop or ()),
        )


class Usage(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerMessage(TypedDict):
    role: Literal["assistant"]
    content: str
    refusal: None
    metadata: NotRequired[
        Annotated[
            dict[str, Any],
            Field(
                description="The receipt, where the model's name ends in a database or in *: status, sql, result, "
                "notes, confidence, database, candidates, timings and more."
            ),
        ]
    ]


class Choice(TypedDict):
    index: int
    message: AnswerMessage
    logprobs: None
    finish_reason: str | None


class ChatCompletion(TypedDict):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class Delta(TypedDict, total=False):
    """Some text, and with the last chunk of an answer from a database its receipt."""

    role: Literal["assistant"]
    content: str
    metadata: dict[str, Any]


class ChunkChoice(TypedDict):
    index: int
    delta: Delta
    logprobs: None
    finish_reason: str | None


class Chunk(TypedDict):
    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: NotRequired[Usage | None]


class Model(TypedDict):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(TypedDict):
    object: Literal["list"]
    data: list[Model]


class Health(TypedDict):
    status: Literal["ok"]


class Error(TypedDict):
    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(TypedDict):
    error: Error
