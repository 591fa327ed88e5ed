"""`POST /v1/chat/completions` and `GET /v1/models`, as OpenAI's clients send and read them."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from ..answering import Entry, Stop
from ..core import Message, closest, quoted
from ..generation import Completion, Generator
from ..generation.registry import BUILT_IN
from ..prompts import Prompt
from .answer_text import answer_text
from .connection import Connection
from .errors import ApiError, as_api_error, invalid
from .json_body import Utf8Json, write_json
from .messages import prompt_of, question_of
from .request import ChatRequest
from .service import Service
from .thread import in_thread, pieces_from_thread
from .waiting import while_connected

OWNER = "sqlwright"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of an answer, and with the last one how it ended and the receipt."""

    text: str = ""
    finish_reason: str | None = None
    metadata: dict[str, Any] | None = None
    tokens: int | None = None


class ChatApi:
    """The endpoints over one Service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.started = int(time.time())
        # The bare models first, then each with the databases it is asked on.
        self.names: dict[str, tuple[Generator, Connection | None]] = {n: (m, None) for n, m in service.models.items()}
        for connection in service.connections.values():
            name = f"{connection.generator.public_name}:{connection.name}"
            self.names[name] = (connection.generator, connection)
        # Clients keep the name of a database that nobody chose a model for, also once a tuned model answers it.
        for connection in service.connections.values():
            if connection.is_default:
                self.names.setdefault(BUILT_IN, (connection.generator, None))
                self.names.setdefault(f"{BUILT_IN}:{connection.name}", (connection.generator, connection))

    async def models(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [self._model(name) for name in self.names]})

    async def model(self, request: Request) -> Response:
        name = request.path_params["name"]
        self._find(name)
        return JSONResponse(self._model(name))

    async def completions(self, request: Request) -> Response:
        asked = ChatRequest.read(await request.body())
        generator, connection = self._find(asked.model)
        if connection is not None and asked.sampling.n > 1:
            raise invalid("n", "1 where the answer comes from a database")
        usage = await in_thread(lambda _: _Usage(generator, asked.messages))
        deadline_s = self.service.options.answer_timeout_s
        if asked.stream:
            pieces = self._pieces(asked, generator, connection)
            # The first piece is waited for, so that what fails before it is an HTTP status.
            first = await while_connected(request.receive, anext(pieces), deadline_s)
            events = _events(asked, _Chunks(asked.model), first, pieces, usage)
            return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-store"})
        if connection is not None:
            piece = await while_connected(request.receive, self._answer(asked, connection), deadline_s)
            choices = [_choice(0, piece)]
            usage.add(piece)
        else:
            work = self._generation(asked, generator)
            completions = await while_connected(request.receive, in_thread(work), deadline_s)
            found = [Piece(c.text, c.finish_reason, tokens=c.tokens) for c in completions]
            choices = [_choice(i, piece) for i, piece in enumerate(found)]
            for piece in found:
                usage.add(piece)
        return Utf8Json(
            {
                "id": _new_id(),
                "object": "chat.completion",
                "created": int(time.time()),
                "model": asked.model,
                "choices": choices,
                "usage": usage.to_dict(),
            }
        )

    def _model(self, name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": self.started, "owned_by": OWNER}

    def _find(self, name: str) -> tuple[Generator, Connection | None]:
        if name not in self.names:
            text = f"No model {quoted(name)}. {closest(name, self.names)}"
            raise ApiError(404, text, code="model_not_found", param="model")
        return self.names[name]

    async def _answer(self, asked: ChatRequest, connection: Connection) -> Piece:
        question, history = question_of(asked.messages)
        answer = await in_thread(
            lambda stop: self.service.ask(
                question, connection, history=history, sampling=asked.sampling, stop=stop, source="api"
            )
        )
        return Piece(answer_text(answer), "stop", answer.to_dict())

    def _generation(self, asked: ChatRequest, generator: Generator) -> Callable[[Stop], tuple[Completion, ...]]:
        def work(stop: Stop) -> tuple[Completion, ...]:
            prompt = prompt_of(asked.messages, in_parts=_reads_parts(generator))
            completions = self.service.generate(prompt, generator, asked.sampling, stop)
            self._note(prompt, generator, completions[0].text)
            return completions

        return work

    async def _pieces(
        self, asked: ChatRequest, generator: Generator, connection: Connection | None
    ) -> AsyncIterator[Piece]:
        if connection is not None:
            whole = await self._answer(asked, connection)
            for text in whole.text.splitlines(keepends=True):
                yield Piece(text)
            yield Piece("", "stop", whole.metadata)
            return

        def work(stop: Stop) -> Iterator[str]:
            prompt = prompt_of(asked.messages, in_parts=_reads_parts(generator))
            said = ""
            for text in self.service.stream(prompt, generator, asked.sampling, stop):
                said += text
                yield text
            self._note(prompt, generator, said)

        async for text in pieces_from_thread(work):
            yield Piece(text)
        yield Piece("", "stop")

    def _note(self, prompt: Prompt, generator: Generator, text: str) -> None:
        if self.service.log:
            self.service.log.record(Entry("api", prompt.question, "generated", model=generator.name, sql=text))


async def _events(
    asked: ChatRequest, chunks: _Chunks, first: Piece, pieces: AsyncIterator[Piece], usage: _Usage
) -> AsyncIterator[bytes]:
    """Server-sent events. An error after the first piece ends them with OpenAI's error object and without [DONE]."""
    yield chunks.event({"role": "assistant", "content": ""}, with_usage=asked.include_usage)
    piece: Piece | None = first
    try:
        while piece is not None:
            usage.add(piece)
            delta: dict[str, Any] = {"content": piece.text} if piece.text else {}
            delta |= {"metadata": piece.metadata} if piece.metadata is not None else {}
            yield chunks.event(delta, piece.finish_reason, with_usage=asked.include_usage)
            piece = await anext(pieces, None)
    except Exception as error:  # noqa: BLE001  the status has been sent; this is the only way to say it
        yield _event(as_api_error(error).to_dict())
        return
    if asked.include_usage:
        yield _event({**chunks.head, "choices": [], "usage": usage.to_dict()})
    yield b"data: [DONE]\n\n"


class _Chunks:
    """The chunks of one answer, which share id, time and model."""

    def __init__(self, model: str) -> None:
        created = int(time.time())
        self.head = {"id": _new_id(), "object": "chat.completion.chunk", "created": created, "model": model}

    def event(self, delta: dict[str, Any], finish_reason: str | None = None, *, with_usage: bool = False) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _event({**self.head, "choices": [choice], **({"usage": None} if with_usage else {})})


class _Usage:
    """Tokens of what the client sent and got, as the model's backend counts or estimates them."""

    def __init__(self, generator: Generator, messages: tuple[Message, ...]) -> None:
        self._count = generator.count_tokens
        self._prompt = sum(self._count(message.content) for message in messages)
        self._completion = 0

    def add(self, piece: Piece) -> None:
        self._completion += self._count(piece.text) if piece.tokens is None else piece.tokens

    def to_dict(self) -> dict[str, int]:
        total = self._prompt + self._completion
        return {"prompt_tokens": self._prompt, "completion_tokens": self._completion, "total_tokens": total}


def _reads_parts(generator: Generator) -> bool:
    """A model that wants stored values, as the built-in one does, reads the parts of a prompt and no messages."""
    return generator.needs.samples > 0


def _choice(index: int, piece: Piece) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": piece.text, "refusal": None}
    if piece.metadata is not None:
        message["metadata"] = piece.metadata
    return {"index": index, "message": message, "logprobs": None, "finish_reason": piece.finish_reason}


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + write_json(data) + b"\n\n"


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"
