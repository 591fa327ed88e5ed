"""A model's SQL for every question of a data set, into a file that can be continued."""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..core import (
    ConfigError,
    DataError,
    Example,
    GenerationError,
    NotFoundError,
    Prediction,
    QueryLimits,
    Schema,
    SqlwrightError,
    Turn,
)
from ..data.prompting import Contexts, PromptOptions, prompt_for
from ..generation import Completion, Generator, PromptError, Sampling, SomeFailedError
from ..generation.decide import decide
from ..prompts import Prompt, Style
from .resumable import ResumableFile, Row

if TYPE_CHECKING:
    from ..data.databases import Databases
    from ..db import Database
    from ..parser.calibrate import Calibration

LIMITS = QueryLimits()  # of a candidate: those of `ask`, since a cut result can agree with another one

History = Literal["gold", "predicted"]
Outcome = tuple[Completion, ...] | SqlwrightError


@dataclass(frozen=True, slots=True)
class PredictOptions:
    """How to ask.

    `samples`: stored values shown per column. `hints`: whether names and values that the question mentions are
    pointed out. `max_tables`: as in PromptOptions. `history`: the SQL of earlier turns is the data set's, or the
    model's own (where the turn was asked; a row that carries its history without a dialogue keeps it). `execute`: of
    several candidates for one question the one is taken that `ask` would answer with (`generation.decide`), where the
    database is at hand. `batch_size`: prompts handed over at once.
    """

    sampling: Sampling = field(default_factory=Sampling)
    preset: str = "default"
    style: Style | None = None
    samples: int = 3
    hints: bool = True
    max_tables: int | None = None
    history: History = "gold"
    execute: bool = True
    batch_size: int = 32

    def prompt_options(self) -> PromptOptions:
        return PromptOptions(self.preset, self.style, self.samples, self.hints, self.max_tables)


@dataclass(frozen=True, slots=True)
class Progress:
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
    on_progress: Callable[[Progress], None] = lambda progress: None,
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
    needs = generator.needs
    samples = max(options.samples, needs.samples)
    contexts = Contexts(databases, schemas, replace(options.prompt_options(), samples=samples))
    file = ResumableFile(out, {**identity(generator.name, examples, options), **(run or {})}, overwrite=overwrite)
    turns = {(e.dialogue_id, e.turn): e.id for e in examples}
    chooser = _Chooser(databases if options.execute else None, needs.calibration)
    asker = _Asker(generator, contexts, options, file, turns, chooser)
    progress = Progress(len(examples), kept=sum("error" not in r for r in file.rows.values()))
    started = time.monotonic()
    on_progress(replace(progress, done=progress.kept))
    with chooser:
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
        chooser: _Chooser,
    ) -> None:
        self.generator, self.contexts, self.options, self.file, self.turns = generator, contexts, options, file, turns
        self.chooser = chooser
        self.sampling = replace(options.sampling, n=max(options.sampling.n, generator.needs.candidates))
        self.asked = self.tokens = 0
        self._prompt_tokens = generator.context_tokens - options.sampling.max_new_tokens
        if self._prompt_tokens <= 0:
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
        prompts = {e.id: self._prompt(e) for e in wanted}
        started = time.monotonic()
        outcomes = self._generate(prompts)
        latency_s = (time.monotonic() - started) / len(wanted)
        self.file.append([self._row(e, prompts[e.id], outcomes[e.id], latency_s) for e in wanted if e.id in open_ids])
        self.asked += len(wanted)
        self._watch(list(outcomes.values()))
        return True

    def _prompt(self, example: Example) -> Prompt | SqlwrightError:
        try:
            return prompt_for(
                example.question,
                self.contexts.of(example),
                self.contexts.options,
                history=self._history(example),
                evidence=example.evidence,
                max_tokens=self._prompt_tokens,
                count_tokens=self.generator.count_tokens,
            )
        except SqlwrightError as error:  # a broken database, or a schema that fits in no form
            return error

    def _history(self, example: Example) -> tuple[Turn, ...]:
        if self.options.history == "gold" or not example.dialogue_id:
            return example.history
        turns = []
        for number, turn in enumerate(example.history):
            earlier = self.turns.get((example.dialogue_id, number))
            turns.append(Turn(turn.question, self.file.rows[earlier]["predicted_sql"]) if earlier else turn)
        return tuple(turns)

    def _generate(self, prompts: Mapping[str, Prompt | SqlwrightError]) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {i: p for i, p in prompts.items() if isinstance(p, SqlwrightError)}
        ready = {i: p for i, p in prompts.items() if not isinstance(p, SqlwrightError)}
        if not ready:
            return outcomes
        try:
            results: Sequence[Outcome] = self.generator.generate(list(ready.values()), self.sampling)
        except SomeFailedError as error:
            results = error.results
        return {**outcomes, **dict(zip(ready, results, strict=True))}

    def _row(self, example: Example, prompt: Prompt | SqlwrightError, outcome: Outcome, latency_s: float) -> Row:
        empty = Prediction(example.id, example.db_id, example.question, "", model=self.generator.name)
        if isinstance(outcome, SqlwrightError) or isinstance(prompt, SqlwrightError):
            return {**empty.to_dict(), "error": str(outcome)}
        self.tokens += sum(c.tokens or 0 for c in outcome)
        chosen = self.chooser.choose(example.db_id, outcome)
        row = replace(
            empty,
            predicted_sql=chosen.sql,
            raw_output=outcome[0].text,
            latency_s=round(latency_s, 4),
            prompt_hash=prompt.prompt_hash,
        ).to_dict()
        if chosen.confidence is not None:
            row["confidence"] = round(chosen.confidence, 4)
        if chosen.others:
            row["candidates"] = list(chosen.others)
        return row

    def _watch(self, outcomes: Sequence[Outcome]) -> None:
        """An endpoint that answers nothing any more would fail every later question as well, slowly."""
        failures = [o for o in outcomes if isinstance(o, GenerationError) and not isinstance(o, PromptError)]
        if len(failures) == len(outcomes) and not self._answers:
            raise GenerationError(f"The model answers nothing: {failures[-1].message}", failures[-1].hint)
        self._answers = len(failures) < len(outcomes)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The statement that `ask` would answer with; `others` are the queries of the remaining candidates."""

    sql: str
    confidence: float | None = None
    others: tuple[str, ...] = ()


class _Chooser:
    """Runs candidates on their database; the last one stays open, since questions come by database."""

    def __init__(self, databases: Databases | None, calibration: Calibration | None) -> None:
        self.databases, self.calibration = databases, calibration
        self._open: tuple[str, Database] | None = None

    def choose(self, db_id: str, completions: Sequence[Completion]) -> _Chosen:
        """The first candidate where there is no database. A single one is checked and does not run."""
        candidates = [c.sql for c in completions]
        database = self._database(db_id)
        if database is None:
            return _Chosen(candidates[0], None, tuple(candidates[1:]))
        if len(candidates) == 1:  # `ask` answers with the text that the guard passed, without comments
            return _Chosen(database.check(candidates[0]).sql or candidates[0])
        decision = decide(completions, lambda sql: database.run(sql, LIMITS), self.calibration)
        others = list(candidates)
        others.remove(decision.sql)
        return _Chosen(decision.attempt.outcome.sql, decision.confidence, tuple(others))

    def _database(self, db_id: str) -> Database | None:
        if self.databases is None or db_id not in self.databases:
            return None
        if self._open is None or self._open[0] != db_id:
            self.__exit__()
            self._open = (db_id, self.databases.open(db_id))
        return self._open[1]

    def __enter__(self) -> _Chooser:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


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
