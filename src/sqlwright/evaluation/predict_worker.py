"""The questions of `predict`, asked by one process: a model, and the databases of the last few questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..core import (
    ConfigError,
    Example,
    GenerationError,
    Outcome,
    Prediction,
    QueryLimits,
    Schema,
    SqlwrightError,
)
from ..data.prompting import Contexts
from ..generation import Generator, PromptError
from ..inference import Decision, Question, Run, infer_all
from ..inference.budget import not_checked, only_checked
from ..inference.stopwatch import Stopwatch
from .predict_options import PredictOptions
from .resumable import JsonRow

if TYPE_CHECKING:
    from ..data.databases import Databases
    from ..db import Database
    from ..retrieval import Knowledge

MAX_OPEN = 8  # databases: questions come by database, and a few batches mix the remainders of small ones

Result = Decision | SqlwrightError


@dataclass(frozen=True, slots=True)
class AnsweredBatch:
    """A line for each question of a batch. `failure` is there where the model answered none of them."""

    rows: tuple[JsonRow, ...]
    tokens: int = 0
    failure: GenerationError | None = None


class PredictWorker:
    """Asks batches of questions. `options` are the given ones, with the prompt settings that the model was tuned with.

    Raises ConfigError where an answer leaves no room for a question.
    """

    def __init__(
        self,
        generator: Generator,
        databases: Databases | None,
        schemas: Mapping[str, Schema] | None,
        options: PredictOptions,
    ) -> None:
        self.generator, self.name = generator, generator.name
        self.options = replace(options, prompt=options.prompt_of(generator))
        self._contexts = Contexts(databases, schemas, self.options.context_of(generator))
        self._opened = _Opened(databases, generator, self.options)
        room = self.options.sampling.max_new_tokens
        if generator.context_tokens <= room:
            raise ConfigError(
                f"An answer of {room} tokens leaves no room for a question in the {generator.context_tokens} that "
                f"{generator.name} reads.",
                "Lower max_new_tokens.",
            )

    def run(self, batches: Iterable[Sequence[Example]]) -> Iterator[AnsweredBatch]:
        """One batch after the other."""
        for batch in batches:
            yield self.answer(batch)

    def answer(self, examples: Sequence[Example]) -> AnsweredBatch:
        watch = Stopwatch()
        results = self._infer(examples, watch)
        latency_s = watch.timings().generate_s / len(examples)
        failures = [r for r in results.values() if isinstance(r, GenerationError) and not isinstance(r, PromptError)]
        return AnsweredBatch(
            tuple(self._row(e, results[e.id], latency_s) for e in examples),
            sum(r.tokens for r in results.values() if isinstance(r, Decision)),
            failures[-1] if len(failures) == len(results) else None,
        )

    def close(self) -> None:
        self._opened.close()

    def __enter__(self) -> PredictWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _infer(self, examples: Sequence[Example], watch: Stopwatch) -> dict[str, Result]:
        read = {example.id: self._question(example) for example in examples}
        failed = {i: error for i, error in read.items() if isinstance(error, SqlwrightError)}
        questions = {i: question for i, question in read.items() if isinstance(question, Question)}
        found = infer_all(list(questions.values()), self.generator, self.options, watch.lap)
        return {**failed, **dict(zip(questions, found, strict=True))}

    def _question(self, example: Example) -> Question | SqlwrightError:
        try:
            context, run = self._contexts.of(example), self._opened.run(example.db_id)
            knowledge = self._opened.knowledge(example.db_id)
        except SqlwrightError as error:  # a broken database
            return error
        return Question(example.question, context, run, example.history, example.evidence, knowledge)

    def _row(self, example: Example, result: Result, latency_s: float) -> JsonRow:
        empty = Prediction(example.id, example.db_id, example.question, "", model=self.name)
        if isinstance(result, SqlwrightError):
            return {**empty.to_dict(), "error": str(result)}
        row = replace(
            empty,
            predicted_sql=result.sql,
            raw_output=result.attempts[-1].raw_output if result.attempts else "",
            latency_s=round(latency_s, 4),
            prompt_hash=result.prompt.prompt_hash if result.kind == "query" else "",
        ).to_dict()
        if result.kind != "query":
            row["kind"] = result.kind
        if result.confidence is not None:
            row["confidence"] = round(result.confidence, 4)
        if len(result.attempts) > 1:
            row["repairs"] = len(result.attempts) - 1
        if result.candidates:
            row["candidates"] = list(result.candidates)
        return row


class _Opened:
    """The databases of the last few questions: how their queries run, and what they were taught."""

    def __init__(self, databases: Databases | None, generator: Generator, options: PredictOptions) -> None:
        self.databases, self.options = databases, options
        self.samples = options.prompt_of(generator).samples
        # Without a choice or a repair the rows of a query decide nothing: it is checked and does not run.
        candidates = max(options.sampling.n, generator.needs.candidates)
        self.runs = options.run and (candidates > 1 or options.repairs > 0)
        self._open: dict[str, tuple[Database, Knowledge | None]] = {}

    def run(self, db_id: str) -> Run:
        """How the queries of a question about `db_id` run; the database is opened for each of them, if it is not."""
        if self.databases is None or db_id not in self.databases:
            return not_checked

        def run(sql: str, limits: QueryLimits) -> Outcome:
            database = self._opened(db_id)[0]
            return (database.run if self.runs else only_checked(database))(sql, limits)

        return run

    def knowledge(self, db_id: str) -> Knowledge | None:
        """Raises what `Knowledge.of` raises."""
        if self.options.retrieval is None or self.databases is None or db_id not in self.databases:
            return None
        return self._opened(db_id)[1]

    def _opened(self, db_id: str) -> tuple[Database, Knowledge | None]:
        if db_id not in self._open:
            assert self.databases is not None
            while len(self._open) >= MAX_OPEN:
                self._open.pop(next(iter(self._open)))[0].close()
            database = self.databases.open(db_id)
            self._open[db_id] = database, self._knowledge(database)
        return self._open[db_id]

    def _knowledge(self, database: Database) -> Knowledge | None:
        if self.options.retrieval is None:
            return None
        from ..retrieval import Knowledge

        return Knowledge.of(database, self.options.retrieval, samples=self.samples)

    def close(self) -> None:
        for database, _knowledge in self._open.values():
            database.close()
        self._open.clear()
