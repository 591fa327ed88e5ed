"""A model's SQL for every question of a data set, into a file that can be continued."""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..core import (
    ConfigError,
    DataError,
    Example,
    GenerationError,
    NotFoundError,
    Outcome,
    Prediction,
    QueryLimits,
    Schema,
    SqlwrightError,
    Turn,
)
from ..data.prompting import Contexts
from ..generation import Generator, PromptError
from ..inference import Decision, InferenceOptions, Question, Run, infer_all
from ..inference.budget import not_checked, only_checked
from ..inference.stopwatch import Stopwatch
from .resumable import JsonRow, ResumableFile

if TYPE_CHECKING:
    from ..data.databases import Databases
    from ..db import Database
    from ..retrieval import Knowledge, RetrievalOptions

MAX_OPEN = 8  # databases: questions come by database, and a few batches mix the remainders of small ones

History = Literal["gold", "predicted"]
Result = Decision | SqlwrightError


@dataclass(frozen=True, slots=True)
class PredictOptions(InferenceOptions):
    """How to ask: as `ask` does, with the same defaults.

    `history`: the SQL of earlier turns is the data set's, or the model's own (where the turn was asked; a row that
    carries its history without a dialogue keeps it). `retrieval`: how what a database was taught is searched; with
    None, the default, a score does not depend on what this machine was taught. `batch_size`: prompts handed over at
    once. Where a database is not available, or without `run`, no query runs.
    """

    history: History = "gold"
    retrieval: RetrievalOptions | None = None
    batch_size: int = 32


@dataclass(frozen=True, slots=True)
class PredictProgress:
    """`done` counts what the file holds, failures too; `kept` is what an earlier run left there."""

    total: int
    kept: int
    done: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class PredictReport:
    """`failed` holds (id, reason); `tokens` and `elapsed_s` are of this run alone."""

    total: int
    asked: int
    failed: tuple[tuple[str, str], ...]
    tokens: int
    elapsed_s: float


def predict(
    generator: Generator,
    examples: Sequence[Example],
    databases: Databases | None,
    out: Path,
    *,
    schemas: Mapping[str, Schema] | None = None,
    options: PredictOptions | None = None,
    run: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    on_progress: Callable[[PredictProgress], None] = lambda progress: None,
) -> PredictReport:
    """Ask `generator` every question and write lines as `Prediction.to_dict` gives them to `out`.

    The schema is the row's own DDL, else the database's in `databases`, else that of `schemas`. Questions about one
    database are asked together; each batch is in the file before the next is asked, and the finished file is in the
    order of `examples`. A question that fails keeps a line with `error` and an empty prediction. Called again with
    the same arguments it goes on where it was stopped and asks the failed ones again; `run` holds what else has to
    be the same for that.

    Raises NotFoundError where a schema is missing, UsageError where `out` belongs to another run, ConnectError and
    GenerationError where the model answers nothing any more. What was finished stays in the file.
    """
    options = options or PredictOptions()
    check_questions(examples, databases, schemas or {})
    options = replace(options, prompt=options.prompt_of(generator))
    contexts = Contexts(databases, schemas, options.context_of(generator))
    file = ResumableFile(out, {**identity(generator.name, examples, options), **(run or {})}, overwrite=overwrite)
    turns = {(e.dialogue_id, e.turn): e.id for e in examples}
    opened = _Opened(databases, generator, options)
    asker = _Asker(generator, contexts, options, file, turns, opened)
    progress = PredictProgress(len(examples), kept=sum("error" not in r for r in file.rows.values()))
    started = time.monotonic()
    on_progress(replace(progress, done=progress.kept))
    with opened:
        for batch in batches(examples, options):
            if not asker.ask(batch):
                continue
            failed = sum("error" in r for r in file.rows.values())
            on_progress(replace(progress, done=len(file.rows), failed=failed))
    file.finish(e.id for e in examples)
    failures = tuple((e.id, file.rows[e.id]["error"]) for e in examples if "error" in file.rows[e.id])
    return PredictReport(len(examples), asker.asked, failures, asker.tokens, time.monotonic() - started)


def identity(model: str, examples: Sequence[Example], options: PredictOptions) -> dict[str, Any]:
    """What has to be the same for a run to be continued. The batch size may change."""
    versions = {}
    for package in ("sqlwright", "transformers", "torch"):
        with suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(asdict(example), ensure_ascii=False).encode("utf-8", "backslashreplace"))
    settings = {k: v for k, v in asdict(options).items() if k != "batch_size"}
    return {"model": model, "n": len(examples), "data_sha256": digest.hexdigest(), **settings, "versions": versions}


def batches(examples: Sequence[Example], options: PredictOptions) -> Iterator[list[Example]]:
    """The same for the same call: questions about one database together, the remainders of small ones at the end.

    With the model's own history a turn comes after the one before it.
    """
    stages = defaultdict(list)
    for example in examples:
        stages[example.turn if options.history == "predicted" else 0].append(example)
    size = options.batch_size
    for _, stage in sorted(stages.items()):
        groups = defaultdict(list)
        for example in stage:
            groups["" if example.ddl else example.db_id].append(example)
        rest: list[Example] = []
        for group in groups.values():
            cut = len(group) - len(group) % size
            if len(group) - cut > size // 4:
                cut = len(group)
            yield from (group[i : min(i + size, cut)] for i in range(0, cut, size))
            rest += group[cut:]
        yield from (rest[i : i + size] for i in range(0, len(rest), size))


class _Asker:
    """Asks batches and records what came back."""

    def __init__(
        self,
        generator: Generator,
        contexts: Contexts,
        options: PredictOptions,
        file: ResumableFile,
        turns: Mapping[tuple[str, int], str],
        opened: _Opened,
    ) -> None:
        self.generator, self.contexts, self.options, self.file, self.turns = generator, contexts, options, file, turns
        self.opened = opened
        self.asked = self.tokens = 0
        if generator.context_tokens <= options.sampling.max_new_tokens:
            raise ConfigError(
                f"An answer of {options.sampling.max_new_tokens} tokens leaves no room for a question in the "
                f"{generator.context_tokens} that {generator.name} reads.",
                "Lower max_new_tokens.",
            )
        self._answers = False  # whether the batch before had an answer

    def ask(self, batch: Sequence[Example]) -> bool:
        """Ask what is missing or failed; False where that is nothing. Raises GenerationError when nothing answers."""
        rows = self.file.rows
        missing = [e for e in batch if e.id not in rows]
        open_ids = {e.id for e in batch if e.id not in rows or "error" in rows[e.id]}
        if not open_ids:
            return False
        # A batch cut short is asked whole, since its padding can sway the last bit of a local model's numbers.
        wanted = batch if missing else [e for e in batch if e.id in open_ids]
        watch = Stopwatch()
        results = self._infer(wanted, watch)
        latency_s = watch.timings().generate_s / len(wanted)
        self.file.append([self._row(e, results[e.id], latency_s) for e in wanted if e.id in open_ids])
        self.asked += len(wanted)
        self._watch(list(results.values()))
        return True

    def _infer(self, examples: Sequence[Example], watch: Stopwatch) -> dict[str, Result]:
        read = {example.id: self._question(example) for example in examples}
        failed = {i: error for i, error in read.items() if isinstance(error, SqlwrightError)}
        questions = {i: question for i, question in read.items() if isinstance(question, Question)}
        found = infer_all(list(questions.values()), self.generator, self.options, watch.lap)
        return {**failed, **dict(zip(questions, found, strict=True))}

    def _question(self, example: Example) -> Question | SqlwrightError:
        try:
            context, run = self.contexts.of(example), self.opened.run(example.db_id)
            knowledge = self.opened.knowledge(example.db_id)
        except SqlwrightError as error:  # a broken database
            return error
        return Question(example.question, context, run, self._history(example), example.evidence, knowledge)

    def _history(self, example: Example) -> tuple[Turn, ...]:
        if self.options.history == "gold" or not example.dialogue_id:
            return example.history
        turns = []
        for number, turn in enumerate(example.history):
            earlier = self.turns.get((example.dialogue_id, number))
            turns.append(Turn(turn.question, self.file.rows[earlier]["predicted_sql"]) if earlier else turn)
        return tuple(turns)

    def _row(self, example: Example, result: Result, latency_s: float) -> JsonRow:
        empty = Prediction(example.id, example.db_id, example.question, "", model=self.generator.name)
        if isinstance(result, SqlwrightError):
            return {**empty.to_dict(), "error": str(result)}
        self.tokens += result.tokens
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

    def _watch(self, results: Sequence[Result]) -> None:
        """An endpoint that answers nothing any more would fail every later question as well, slowly."""
        failures = [r for r in results if isinstance(r, GenerationError) and not isinstance(r, PromptError)]
        if len(failures) == len(results) and not self._answers:
            raise GenerationError(f"The model answers nothing: {failures[-1].message}", failures[-1].hint)
        self._answers = len(failures) < len(results)


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

    def __enter__(self) -> _Opened:
        return self

    def __exit__(self, *_: object) -> None:
        for database, _knowledge in self._open.values():
            database.close()
        self._open.clear()


def check_questions(examples: Sequence[Example], databases: Databases | None, schemas: Mapping[str, Schema]) -> None:
    """What is worth knowing before a model is loaded.

    Raises DataError where there is nothing to ask or an id is there twice, NotFoundError where a schema is missing.
    """
    if not examples:
        raise DataError("there are no questions")
    seen: set[str] = set()
    for example in examples:
        if example.id in seen:
            raise DataError(f"the id {example.id!r} is there twice")
        seen.add(example.id)
    found = {e.db_id for e in examples if e.db_id in schemas or (databases is not None and e.db_id in databases)}
    missing = [e for e in examples if not e.ddl and e.db_id not in found]
    if missing:
        names = sorted({e.db_id for e in missing})
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        raise NotFoundError(
            f"{len(missing)} of {len(examples)} questions have no schema: {shown}.",
            "Pass --databases DIR with <db_id>/<db_id>.sqlite, or --tables tables.json.",
        )
