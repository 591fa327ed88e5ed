"""From a question to an Answer: schema, hints, prompt, model, guard, limited run, at most one repair."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..core import (
    Answer,
    Attempt,
    Language,
    QueryLimits,
    Reading,
    ResultTable,
    Retrieved,
    Timings,
    Turn,
    language_of,
)
from ..data.prompting import Context, prompt_for
from ..db import Database
from ..db.value_index import ValueIndex
from ..generation import Generator, Sampling
from ..generation.decide import Decision, decide
from ..generation.generator import needs_of
from ..generation.taught import prompt_options
from ..prompts import Prompt, PromptOptions
from ..retrieval import Knowledge
from ..sql.describe import filters_in_words, tables_of
from .catalogue import catalogue_table
from .empty import why_empty
from .notes import notes_for
from .readings import readings_of
from .reason import why_failed, why_no_query
from .repair import repair_prompt
from .stop import Stop


@dataclass(frozen=True, slots=True)
class AskOptions:
    """`prompt`: as the model was taught where None. `repairs`: how often it may correct a query that failed.

    `language` is what the receipt is written in; None is the question's.
    """

    limits: QueryLimits = field(default_factory=QueryLimits)
    sampling: Sampling = field(default_factory=Sampling)
    prompt: PromptOptions | None = None
    repairs: int = 1
    language: Language | None = None


def ask(
    question: str,
    database: Database,
    generator: Generator,
    *,
    history: Sequence[Turn] = (),
    evidence: str = "",
    options: AskOptions | None = None,
    context: Context | None = None,
    knowledge: Knowledge | None = None,
    stop: Stop | None = None,
) -> Answer:
    """Answer `question` from `database` with one read-only query that `generator` writes.

    `context` is the database's schema and value index, read here where it is None; a caller with many questions
    passes it. `knowledge` is searched for the pairs, passages and names that the question needs. `stop` ends it from
    another thread, which needs a `database` of its own: StoppedError is raised then. Raises ConnectError and
    GenerationError when the database or the model cannot be reached; whatever a query does is in the Answer.
    """
    options, stop = options or AskOptions(), stop or Stop()
    watch = _Stopwatch()
    asked = options.prompt or prompt_options(generator)
    wanted = replace(asked, samples=max(asked.samples, needs_of(generator).samples))
    context = context or Context.of(database, wanted)
    watch.lap("schema_s")
    language = options.language or language_of(question)
    listed = catalogue_table(question, context.schema, language)
    if listed is not None:
        return _from_catalogue(question, database, listed, watch)
    prompt = prompt_for(
        question,
        context,
        asked,
        history=history,
        evidence=evidence,
        retrieved=_retrieved(question, evidence, history, knowledge, needs_of(generator).messages),
        max_tokens=generator.context_tokens - options.sampling.max_new_tokens,
        count_tokens=generator.count_tokens,
    )
    watch.lap("prompt_s")
    tried = _attempts(prompt, database, generator, options, watch, stop)
    answer = _answer(question, database, generator.name, prompt, tried.attempts, context.values, language, stop)
    readings = _readings(answer, tried.decision, language)
    return replace(answer, confidence=tried.decision.confidence, readings=readings, timings=watch.timings())


def _readings(answer: Answer, decision: Decision, language: Language) -> tuple[Reading, ...]:
    if answer.table is None:
        return ()
    return readings_of(
        answer.sql,
        answer.table,
        decision.others,
        answer.dialect,
        language,
        confidence=decision.confidence,
        agreement=decision.agreement,
    )


def _retrieved(
    question: str, evidence: str, history: Sequence[Turn], knowledge: Knowledge | None, sources: bool
) -> Retrieved:
    """A follow-up is looked up with the question before it: "only those of 2024" says nothing alone."""
    if knowledge is None:
        return Retrieved()
    words = [*(turn.question for turn in history[-1:]), question, evidence]
    return knowledge.search(" ".join(w for w in words if w), sources=sources)


@dataclass(frozen=True, slots=True)
class _Tried:
    """What the model wrote and what became of it: `decision` is about the last of `attempts`."""

    attempts: tuple[Attempt, ...]
    decision: Decision


def _attempts(
    prompt: Prompt, database: Database, generator: Generator, options: AskOptions, watch: _Stopwatch, stop: Stop
) -> _Tried:
    """Until a query ran or the repairs are used up."""
    needs = needs_of(generator)
    sampling = replace(options.sampling, n=max(options.sampling.n, needs.candidates))
    attempts: tuple[Attempt, ...] = ()
    asked = prompt
    for _ in range(options.repairs + 1):
        stop.check()
        completions = generator.generate([asked], sampling)[0]
        watch.lap("generate_s")
        decision = decide(completions, lambda sql: stop.run(database, sql, options.limits), needs.calibration)
        watch.lap("query_s")  # the guard's check included
        attempts += (decision.attempt,)
        # A second query after a timeout would double the wait, and a model that searches has shown all it found.
        if attempts[-1].outcome.status in ("rows", "timeout") or needs.candidates > 1:
            break
        asked = repair_prompt(prompt, attempts[-1])
    return _Tried(attempts, decision)


def _from_catalogue(question: str, database: Database, table: ResultTable, watch: _Stopwatch) -> Answer:
    return Answer(
        question,
        "answered",
        database.name,
        database.dialect,
        "",
        table=table,
        kind="catalogue",
        timings=watch.timings(),
    )


def _answer(
    question: str,
    database: Database,
    model: str,
    prompt: Prompt,
    attempts: tuple[Attempt, ...],
    values: ValueIndex | None,
    language: Language,
    stop: Stop,
) -> Answer:
    last = attempts[-1]
    outcome = last.outcome
    answer = Answer(
        question=question,
        status="answered" if outcome.ok else "refused" if outcome.status == "refused" else "failed",
        database=database.name,
        dialect=database.dialect,
        model=model,
        sql=outcome.sql,
        dropped_tables=prompt.dropped_tables,
        sources=prompt.sources,
        violations=outcome.violations,
        attempts=attempts,
    )
    if not outcome.sql.strip():
        return replace(answer, status="refused", violations=(), reason=why_no_query(last.raw_output, prompt, language))
    if not outcome.ok:
        return replace(answer, reason=why_failed(outcome, language))

    def explain(sql: str) -> str:
        return why_empty(sql, database.dialect, lambda counting, limits: stop.run(database, counting, limits), language)

    return replace(
        answer,
        table=outcome.table,
        tables=tables_of(outcome.sql, database.dialect),
        filters=filters_in_words(outcome.sql, database.dialect, language),
        notes=notes_for(outcome, database, prompt, attempts, values, explain, language),
    )


class _Stopwatch:
    """Adds up the seconds between laps by name."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._start = self._last = clock()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = self._clock()
        self._laps[name] = self._laps.get(name, 0.0) + now - self._last
        self._last = now

    def timings(self) -> Timings:
        return Timings(**self._laps, total_s=self._clock() - self._start)
