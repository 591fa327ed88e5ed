"""`POST /v1/chat/completions` and `GET /v1/models`, as OpenAI's clients send and read them."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from ..answering import Entry, Stop
from ..core import Message, closest, quoted
from ..generation import Completion, Generator, Sampling
from ..generation.registry import BUILT_IN
from ..prompts import Prompt
from .answer_text import answer_text
from .api_models import (
    AnswerMessage,
    ChatCompletion,
    ChatRequest,
    Choice,
    Chunk,
    Delta,
    ErrorBody,
    Model,
    ModelList,
    Usage,
)
from .async_bridge import in_thread, pieces_from_thread, while_connected
from .connection import Connection
from .errors import ApiError, as_api_error, invalid
from .json_body import Utf8Json, write_json
from .messages import conversation_of, prompt_of, question_of
from .nearest import ask_nearest
from .service import Service

OWNER = "sqlwright"
ANY = "*"  # as in `built-in:*`: the server chooses the database

_Target = tuple[Generator, tuple[Connection, ...]]  # the model of a name, and the databases that it may be asked on


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
        self.names: dict[str, _Target] = {n: (m, ()) for n, m in service.models.items()}
        connections = tuple(service.connections.values())
        for connection in connections:
            name = f"{connection.generator.public_name}:{connection.name}"
            self.names[name] = (connection.generator, (connection,))
        # Clients keep the name of a database that nobody chose a model for, also once a tuned model answers it.
        for connection in connections:
            if connection.is_default:
                self.names.setdefault(BUILT_IN, (connection.generator, ()))
                self.names.setdefault(f"{BUILT_IN}:{connection.name}", (connection.generator, (connection,)))
        if len(connections) > 1:
            first = connections[0].generator
            if all(connection.generator is first for connection in connections):
                self.names[f"{first.public_name}:{ANY}"] = (first, connections)
            if all(connection.is_default for connection in connections):
                self.names.setdefault(f"{BUILT_IN}:{ANY}", (first, connections))

    async def models(self) -> ModelList:
        return {"object": "list", "data": [self._model(name) for name in self.names]}

    async def model(self, name: str) -> Model:
        self._find(name)
        return self._model(name)

    async def completions(self, request: Request, asked: ChatRequest) -> Response:
        """MODEL:DATABASE takes a question and answers it from the database, with the receipt in message.metadata. Where
        there are several databases, MODEL:* answers from the one that the question is about. The bare MODEL takes
        messages and gives its text. With stream, server-sent events of chat.completion.chunk, then [DONE].
        """
        generator, connections = self._find(asked.model)
        question = _Question(asked.model, asked.prompt_messages(), asked.sampling(), generator, connections)
        if connections and question.sampling.n > 1:
            raise invalid("n", "1 where the answer comes from a database")
        usage = await in_thread(lambda _: _Usage(generator, question.messages))
        deadline_s = self.service.options.answer_timeout_s
        if asked.stream:
            pieces = self._pieces(question)
            # The first piece is waited for, so that what fails before it is an HTTP status.
            first = await while_connected(request.receive, anext(pieces), deadline_s)
            events = _events(_Chunks(asked.model, asked.include_usage), first, pieces, usage)
            return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-store"})
        found = await while_connected(request.receive, self._whole(question), deadline_s)
        for piece in found:
            usage.add(piece)
        completion: ChatCompletion = {
            "id": _new_id(),
            "object": "chat.completion",
            "created": int(time.time()),
            "model": asked.model,
            "choices": [_choice(i, piece) for i, piece in enumerate(found)],
            "usage": usage.to_dict(),
        }
        return Utf8Json(completion)

    def _model(self, name: str) -> Model:
        return {"id": name, "object": "model", "created": self.started, "owned_by": OWNER}

    def _find(self, name: str) -> _Target:
        if name not in self.names:
            text = f"No model {quoted(name)}. {closest(name, self.names)}"
            raise ApiError(404, text, code="model_not_found", param="model")
        return self.names[name]

    async def _whole(self, asked: _Question) -> list[Piece]:
        if asked.connections:
            return [await self._answer(asked)]

        def work(stop: Stop) -> tuple[Completion, ...]:
            prompt = asked.prompt()
            completions = self.service.generate(prompt, asked.generator, asked.sampling, stop)
            self._note(prompt, asked.generator, completions[0].text)
            return completions

        return [Piece(c.text, c.finish_reason, tokens=c.tokens) for c in await in_thread(work)]

    async def _answer(self, asked: _Question) -> Piece:
        connections, is_choice = asked.connections, len(asked.connections) > 1
        if is_choice:
            question, history, current = conversation_of(asked.messages)
        else:
            (question, history), current = question_of(asked.messages), connections[0].name
        answer = await in_thread(
            lambda stop: ask_nearest(
                question,
                self.service,
                connections,
                current=current,
                history=history,
                sampling=asked.sampling,
                stop=stop,
                source="api",
            )
        )
        return Piece(answer_text(answer, with_database=is_choice), "stop", answer.to_dict())

    async def _pieces(self, asked: _Question) -> AsyncIterator[Piece]:
        if asked.connections:
            whole = await self._answer(asked)
            for text in whole.text.splitlines(keepends=True):
                yield Piece(text)
            yield Piece("", "stop", whole.metadata)
            return

        def work(stop: Stop) -> Iterator[str]:
            prompt = asked.prompt()
            said = ""
            for text in self.service.stream(prompt, asked.generator, asked.sampling, stop):
                said += text
                yield text
            self._note(prompt, asked.generator, said)

        async for text in pieces_from_thread(work):
            yield Piece(text)
        yield Piece("", "stop")

    def _note(self, prompt: Prompt, generator: Generator, text: str) -> None:
        if self.service.log:
            self.service.log.record(Entry("api", prompt.question, "generated", model=generator.name, sql=text))


@dataclass(frozen=True, slots=True)
class _Question:
    model: str
    messages: tuple[Message, ...]
    sampling: Sampling
    generator: Generator
    connections: tuple[Connection, ...]  # none for the bare model

    def prompt(self) -> Prompt:
        """A model that wants stored values, as the built-in one does, reads the parts of a prompt and no messages."""
        return prompt_of(self.messages, in_parts=self.generator.needs.samples > 0)


async def _events(chunks: _Chunks, first: Piece, pieces: AsyncIterator[Piece], usage: _Usage) -> AsyncIterator[bytes]:
    """Server-sent events. An error after the first piece ends them with OpenAI's error object and without [DONE]."""
    yield chunks.event({"role": "assistant", "content": ""})
    piece: Piece | None = first
    try:
        while piece is not None:
            usage.add(piece)
            delta: Delta = {"content": piece.text} if piece.text else {}
            if piece.metadata is not None:
                delta["metadata"] = piece.metadata
            yield chunks.event(delta, piece.finish_reason)
            piece = await anext(pieces, None)
    except Exception as error:  # noqa: BLE001  the status has been sent; this is the only way to say it
        yield _event(as_api_error(error).to_dict())
        return
    if chunks.with_usage:
        yield _event({**chunks.head, "choices": [], "usage": usage.to_dict()})
    yield b"data: [DONE]\n\n"


class _Chunks:
    """The chunks of one answer, which share id, time and model."""

    def __init__(self, model: str, with_usage: bool) -> None:
        self.with_usage = with_usage
        self.head: Chunk = {
            "id": _new_id(),
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
            "choices": [],
        }
        if with_usage:
            self.head["usage"] = None

    def event(self, delta: Delta, finish_reason: str | None = None) -> bytes:
        chunk = self.head.copy()
        chunk["choices"] = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]
        return _event(chunk)


class _Usage:
    """Tokens of what the client sent and got, as the model's backend counts or estimates them."""

    def __init__(self, generator: Generator, messages: tuple[Message, ...]) -> None:
        self._count = generator.count_tokens
        self._prompt = sum(self._count(message.content) for message in messages)
        self._completion = 0

    def add(self, piece: Piece) -> None:
        self._completion += self._count(piece.text) if piece.tokens is None else piece.tokens

    def to_dict(self) -> Usage:
        total = self._prompt + self._completion
        return {"prompt_tokens": self._prompt, "completion_tokens": self._completion, "total_tokens": total}


def _choice(index: int, piece: Piece) -> Choice:
    message: AnswerMessage = {"role": "assistant", "content": piece.text, "refusal": None}
    if piece.metadata is not None:
        message["metadata"] = piece.metadata
    return {"index": index, "message": message, "logprobs": None, "finish_reason": piece.finish_reason}


def _event(data: Chunk | ErrorBody) -> bytes:
    return b"data: " + write_json(data) + b"\n\n"


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"
