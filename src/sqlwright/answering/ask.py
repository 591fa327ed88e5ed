"""From a question to an Answer: schema, hints, prompt, model, guard, limited run, at most one repair."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..core import Answer, Attempt, Language, Outcome, QueryLimits, Retrieved, Timings, Turn, language_of
from ..data.prompting import Context, PromptOptions, prompt_for
from ..db import Database
from ..db.value_index import ValueIndex
from ..generation import Completion, Generator, Sampling
from ..generation.generator import needs_of
from ..parser.calibrate import Calibration
from ..parser.choose import Scored, choose
from ..prompts import Prompt
from ..retrieval import Knowledge
from ..sql.describe import filters_in_words, tables_of
from ..sql.extract import extract_sql
from .notes import notes_for
from .repair import repair_prompt
from .stop import Stop


@dataclass(frozen=True, slots=True)
class AskOptions:
    """`repairs`: how often the model may correct a query that failed.

    `language` is what the receipt is written in; None is the question's.
    """

    limits: QueryLimits = field(default_factory=QueryLimits)
    sampling: Sampling = field(default_factory=Sampling)
    prompt: PromptOptions = field(default_factory=PromptOptions)
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
    wanted = replace(options.prompt, samples=max(options.prompt.samples, needs_of(generator).samples))
    context = context or Context.of(database, wanted)
    watch.lap("schema_s")
    prompt = prompt_for(
        question,
        context,
        options.prompt,
        history=history,
        evidence=evidence,
        retrieved=_retrieved(question, evidence, history, knowledge, needs_of(generator).messages),
        max_tokens=generator.context_tokens - options.sampling.max_new_tokens,
        count_tokens=generator.count_tokens,
    )
    watch.lap("prompt_s")
    attempts, confidence = _attempts(prompt, database, generator, options, watch, stop)
    language = options.language or language_of(question)
    answer = _answer(question, database, generator.name, prompt, attempts, context.values, language)
    return replace(answer, confidence=confidence, timings=watch.timings())


def _retrieved(
    question: str, evidence: str, history: Sequence[Turn], knowledge: Knowledge | None, sources: bool
) -> Retrieved:
    """A follow-up is looked up with the question before it: "only those of 2024" says nothing alone."""
    if knowledge is None:
        return Retrieved()
    words = [*(turn.question for turn in history[-1:]), question, evidence]
    return knowledge.search(" ".join(w for w in words if w), sources=sources)


def _attempts(
    prompt: Prompt, database: Database, generator: Generator, options: AskOptions, watch: _Stopwatch, stop: Stop
) -> tuple[tuple[Attempt, ...], float | None]:
    """What the model wrote and what became of it, until a query ran or the repairs are used up; the confidence."""
    needs = needs_of(generator)
    sampling = replace(options.sampling, n=max(options.sampling.n, needs.candidates))
    attempts: list[Attempt] = []
    asked = prompt
    for _ in range(options.repairs + 1):
        stop.check()
        completions = generator.generate([asked], sampling)[0]
        watch.lap("generate_s")
        attempt, confidence = _attempt(
            completions, lambda sql: stop.run(database, sql, options.limits), needs.calibration
        )
        watch.lap("query_s")  # the guard's check included
        attempts.append(attempt)
        # A second query after a timeout would double the wait, and a model that searches has shown all it found.
        if attempt.outcome.status in ("rows", "timeout") or needs.candidates > 1:
            break
        asked = repair_prompt(prompt, attempts[-1])
    return tuple(attempts), confidence


def _attempt(
    completions: Sequence[Completion], run: Callable[[str], Outcome], calibration: Calibration | None
) -> tuple[Attempt, float | None]:
    """The one candidate run, or of several the one to answer with and the confidence in it."""
    first = completions[0]
    if len(completions) > 1:
        scored = [Scored(extract_sql(c.text), c.score or 0.0) for c in completions]
        choice = choose(scored, run, calibration)
        if choice is not None:
            return Attempt(choice.sql, choice.outcome), choice.confidence
    return Attempt(first.text, run(extract_sql(first.text))), None


def _answer(
    question: str,
    database: Database,
    model: str,
    prompt: Prompt,
    attempts: tuple[Attempt, ...],
    values: ValueIndex | None,
    language: Language,
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
        return replace(answer, status="refused", violations=(), reason=_no_query(last.raw_output))
    if not outcome.ok:
        return replace(answer, reason=outcome.message())
    return replace(
        answer,
        table=outcome.table,
        tables=tables_of(outcome.sql, database.dialect),
        filters=filters_in_words(outcome.sql, database.dialect, language),
        notes=notes_for(outcome, database, prompt, attempts, values),
    )


def _no_query(raw: str) -> str:
    """The model's own words, shortened: data, shown as a quotation."""
    said = " ".join(raw.split())
    return f'The model wrote no query. It said: "{said[:200]}"' if said else "The model wrote nothing."


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
