"""Opened databases, loaded models, limits and the log: what the chat page, the API and MCP ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from ..answering import AskOptions, AuditLog, Entry, Stop, ask, confirm, correct, noted
from ..core import (
    Answer,
    Example,
    Language,
    NotFoundError,
    Outcome,
    QueryLimits,
    ResultTable,
    SqlwrightError,
    Turn,
    UsageError,
    closest,
    quoted,
)
from ..core.candidate import Candidate
from ..core.phrase import phrase
from ..db import open_database
from ..generation import Completion, Generator, Sampling, load_generator
from ..generation.registry import BUILT_IN, default_model
from ..inference.route import BuiltInJudge, Known, route
from ..prompts import Prompt
from ..retrieval import RetrievalOptions
from .connection import Connection

Written = Callable[[str], object]

POLL_S = 0.05
MAX_QUESTION_CHARS = 8_000  # linking a question to the values of a database takes about a second for as many


class BusyError(SqlwrightError):
    """More questions wait than the service takes."""


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """`at_once`: questions under way. `waiting`: questions that may wait for their turn before others are refused.

    `answer_timeout_s` is the whole time of one question, waiting included; a remote model gets no more for a try.
    `retrieval` is how what a database was taught is searched.
    """

    limits: QueryLimits = field(default_factory=QueryLimits)
    at_once: int = 4
    waiting: int = 64
    answer_timeout_s: float = 120.0
    retrieval: RetrievalOptions = field(default_factory=RetrievalOptions)


class Service:
    """Answers questions on named connections, from several threads at once; `close` it at the end.

    `models` and `connections` are by name. `log` is the caller's to close, after the service.
    """

    def __init__(
        self,
        connections: Sequence[Connection],
        options: ServiceOptions | None = None,
        log: AuditLog | None = None,
    ) -> None:
        self.options = options or ServiceOptions()
        self.log = log
        self.connections: Mapping[str, Connection] = {c.name: c for c in connections}
        self.models: dict[str, Generator] = {}
        for connection in connections:
            self.models.setdefault(connection.generator.public_name, connection.generator)
        self._running = threading.BoundedSemaphore(self.options.at_once)
        self._turns = {id(connection.generator): _turn_at(connection.generator) for connection in connections}
        self._judge: BuiltInJudge | None = None
        self._lock = threading.Lock()
        self._under_way: set[Stop] = set()
        self._closing = False

    @classmethod
    def open(
        cls,
        targets: Mapping[str, str],
        model: str | None = None,
        options: ServiceOptions | None = None,
        log: AuditLog | None = None,
    ) -> Service:
        """`targets` are names with what `-d` takes. Without `model` each database is asked with the one tuned for it.

        Raises what opening a database and loading a model raise.
        """
        options = options or ServiceOptions()
        loaded: dict[str, Generator] = {}
        connections: list[Connection] = []
        try:
            for name, target in targets.items():
                database = open_database(target)
                try:
                    wanted = model or default_model(database)
                    if wanted not in loaded:
                        loaded[wanted] = load_generator(wanted, timeout_s=options.answer_timeout_s, threads=1)
                    connections.append(
                        Connection(name, database, loaded[wanted], options.retrieval, is_default=model is None)
                    )
                except BaseException:
                    database.close()
                    raise
        except BaseException:
            for connection in connections:
                connection.close()
            raise
        return cls(connections, options, log)

    def connection(self, name: str) -> Connection:
        """Raises NotFoundError, with the closest name; "" is the only connection where there is just one."""
        if not name and len(self.connections) == 1:
            return next(iter(self.connections.values()))
        if name not in self.connections:
            raise NotFoundError(f"No database {quoted(name)} here.", closest(name, self.connections))
        return self.connections[name]

    def ask(
        self,
        question: str,
        connection: Connection,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        max_rows: int | None = None,
        stop: Stop | None = None,
        source: str = "api",
        language: Language | None = None,
        model: Generator | None = None,
        written: Written | None = None,
    ) -> Answer:
        """Answer one question and note it in the log. `stop` ends it from another thread. `max_rows` can only lower.

        The receipt is in `language`, by default the question's. `model` is one of `models` instead of the connection's
        own. `written` is called with the text of a query while it is written, from the first piece on.
        Raises UsageError for a question that is too long, BusyError, StoppedError, ConnectError and GenerationError.
        """
        check_length(question)
        stop = stop or Stop()
        generator = model or connection.generator
        options = AskOptions(limits=self._limits(max_rows), sampling=sampling or Sampling(), language=language)

        def work() -> Answer:
            with self._turn(stop), connection.lease() as database:
                while True:
                    asked = connection.asked
                    answer = ask(
                        question,
                        database,
                        _InTurn(generator, self._turns[id(generator)], stop, written),
                        history=history,
                        options=options,
                        context=asked,
                        knowledge=connection.knowledge,
                        stop=stop,
                    )
                    # Another question may have updated the database while this one was written for the old tables.
                    if answer.table is not None or connection.is_current(asked):
                        return replace(answer, remarks=connection.remarks)

        past = tuple(history)
        draft = Entry(source, question, "error", connection.db_id, connection.dialect, generator.name, history=past)
        return noted(self.log, draft, work)

    def route(self, question: str, connections: Sequence[Connection], stop: Stop) -> tuple[Candidate, ...]:
        """How near the question is to each of several databases, best first. It takes a turn, as a question does.

        The built-in model judges, whichever model answers: nothing is sent anywhere. Tables that changed are read
        again. Raises UsageError for a question that is too long, BusyError and StoppedError.
        """
        check_length(question)
        with self._turn(stop):
            for connection in connections:
                stop.check()
                with suppress(SqlwrightError):  # it is gone: whoever asks it says so
                    connection.update()
            known = [Known(connection.name, connection.asked, connection.knowledge) for connection in connections]
            return route(question, known, self._judging())

    def _judging(self) -> BuiltInJudge:
        """With the built-in model of `models` where that is one of them: it is loaded once."""
        from ..generation.built_in import BuiltInGenerator

        with self._lock:
            if self._judge is None:
                loaded = self.models.get(BUILT_IN)
                self._judge = BuiltInJudge(loaded if isinstance(loaded, BuiltInGenerator) else None)
            return self._judge

    def run(
        self,
        sql: str,
        connection: Connection,
        *,
        max_rows: int | None = None,
        stop: Stop | None = None,
        source: str = "api",
    ) -> Outcome:
        """Run a statement that somebody wrote, through the same guard and limits. Raises BusyError, StoppedError."""
        stop = stop or Stop()
        with self._turn(stop), connection.lease() as database:
            database.update()
            outcome = stop.run(database, sql, self._limits(max_rows))
        if self.log:
            self.log.record(Entry.of_query(outcome, source, connection.db_id, connection.dialect, rows=self.log.rows))
        return outcome

    def confirm(
        self,
        question: str,
        connection: Connection,
        sql: str,
        shown: ResultTable,
        *,
        history: Sequence[Turn] = (),
        max_rows: int | None = None,
    ) -> Example | None:
        """A person found the answer right: `answering.confirm`, with the `max_rows` of the question. Raises as it does,
        and BusyError and ConnectError.
        """
        with self._turn(Stop()), connection.lease() as database:
            database.update()
            pair = confirm(
                database,
                question,
                sql,
                shown,
                history=history,
                limits=self._limits(max_rows),
                log=self.log,
            )
        connection.learn_pairs()
        return pair

    def correct(
        self,
        question: str,
        connection: Connection,
        sql: str,
        *,
        history: Sequence[Turn] = (),
    ) -> Example | None:
        """A person wrote the query that should have been: `answering.correct`. Raises as `confirm`."""
        with self._turn(Stop()), connection.lease() as database:
            database.update()
            pair = correct(database, question, sql, history=history, limits=self._limits(None), log=self.log)
        connection.learn_pairs()
        return pair

    def add_model(self, name: str) -> Generator:
        """The model that `-m` calls `name`, loaded once. Raises what loading a model raises."""
        with self._lock:
            known = {model.name: model for model in self.models.values()} | self.models
        if name in known:
            return known[name]
        model = load_generator(name, timeout_s=self.options.answer_timeout_s, threads=1)
        with self._lock:
            self._turns[id(model)] = _turn_at(model)
            return self.models.setdefault(model.public_name, model)

    def generate(self, prompt: Prompt, model: Generator, sampling: Sampling, stop: Stop) -> tuple[Completion, ...]:
        """The model's text, without a database. Raises BusyError, StoppedError, GenerationError, ConnectError."""
        with self._turn(stop):
            return _InTurn(model, self._turns[id(model)], stop).generate([prompt], sampling)[0]

    def stream(self, prompt: Prompt, model: Generator, sampling: Sampling, stop: Stop) -> Iterator[str]:
        """`generate` piece by piece."""
        with self._turn(stop):
            yield from _InTurn(model, self._turns[id(model)], stop).stream(prompt, sampling)

    @property
    def remote_hosts(self) -> tuple[str, ...]:
        """The hosts that questions, schemas and sample values are sent to, sorted; empty where nothing leaves."""
        hosts = {model.remote_host for model in self.models.values()}
        hosts |= {connection.knowledge.remote_host for connection in self.connections.values()}
        return tuple(sorted(hosts - {""}))

    def close(self) -> None:
        """Stops what is under way and closes the databases."""
        with self._lock:
            self._closing = True
            for stop in self._under_way:
                stop.set()
        for connection in self.connections.values():
            connection.close()

    def _limits(self, max_rows: int | None) -> QueryLimits:
        limits = self.options.limits
        return limits if max_rows is None else replace(limits, max_rows=min(max_rows, limits.max_rows))

    @contextmanager
    def _turn(self, stop: Stop) -> Iterator[None]:
        with self._lock:
            if self._closing:
                raise BusyError(phrase("closing"))
            if len(self._under_way) >= self.options.at_once + self.options.waiting:
                raise BusyError(phrase("busy", count=len(self._under_way)), phrase("again_hint"))
            self._under_way.add(stop)
        try:
            while not self._running.acquire(timeout=POLL_S):
                stop.check()
            try:
                stop.check()
                yield
            finally:
                self._running.release()
        finally:
            with self._lock:
                self._under_way.discard(stop)


def _turn_at(model: Generator) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(model.concurrency)


class _InTurn(Generator):
    """A Generator for one question: waits for its turn at the model, and asks nothing once stopped."""

    def __init__(
        self,
        generator: Generator,
        turn: threading.BoundedSemaphore,
        stop: Stop,
        written: Written | None = None,
    ) -> None:
        self._generator, self._turn, self._stop, self._written = generator, turn, stop, written
        self.name = generator.name
        self.needs, self.concurrency = generator.needs, generator.concurrency

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[tuple[Completion, ...]]:
        if self._written and len(prompts) == sampling.n == 1:
            return [(self._shown(prompts[0], sampling),)]
        with self._at_the_model():
            results = self._generator.generate(prompts, sampling)
        if self._written:
            self._written(results[0][0].text)
        return results

    def _shown(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """One completion, handed on while it is written."""
        text = ""
        for piece in self.stream(prompt, sampling):
            text += piece
            if self._written:
                self._written(text)
        return Completion(text)

    def stream(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        with self._at_the_model():
            for piece in self._generator.stream(prompt, sampling):
                self._stop.check()
                yield piece

    def count_tokens(self, text: str) -> int:
        return self._generator.count_tokens(text)

    @property
    def context_tokens(self) -> int:
        return self._generator.context_tokens

    @property
    def remote_host(self) -> str:
        return self._generator.remote_host

    @property
    def public_name(self) -> str:
        return self._generator.public_name

    @contextmanager
    def _at_the_model(self) -> Iterator[None]:
        while not self._turn.acquire(timeout=POLL_S):
            self._stop.check()
        try:
            self._stop.check()
            yield
        finally:
            self._turn.release()


def check_length(question: str) -> None:
    """Raises UsageError."""
    if len(question) > MAX_QUESTION_CHARS:
        raise UsageError(
            phrase("long_question", chars=len(question), most=MAX_QUESTION_CHARS), phrase("one_thing_hint")
        )
