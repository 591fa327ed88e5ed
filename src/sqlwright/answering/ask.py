"""From a question to an Answer: schema, hints, prompt, model, guard, limited run, at most one repair."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..core import Answer, Attempt, QueryLimits, Timings, Turn
from ..data.prompting import Context, PromptOptions, prompt_for
from ..db import Database
from ..db.value_index import ValueIndex
from ..generation import Generator, Sampling
from ..prompts import Prompt
from ..sql.describe import filters_in_words, tables_of
from ..sql.extract import extract_sql
from .notes import notes_for
from .repair import repair_prompt


@dataclass(frozen=True, slots=True)
class AskOptions:
    """`repairs`: how often the model may correct a query that failed."""

    limits: QueryLimits = field(default_factory=QueryLimits)
    sampling: Sampling = field(default_factory=Sampling)
    prompt: PromptOptions = field(default_factory=PromptOptions)
    repairs: int = 1


def ask(
    question: str,
    database: Database,
    generator: Generator,
    *,
    history: Sequence[Turn] = (),
    evidence: str = "",
    options: AskOptions | None = None,
    context: Context | None = None,
) -> Answer:
    """Answer `question` from `database` with one read-only query that `generator` writes.

    `context` is the database's schema and value index, read here where it is None; a caller with many questions
    passes it. Raises ConnectError and GenerationError when the database or the model cannot be
    reached; whatever a query does is in the Answer.
    """
    options = options or AskOptions()
    watch = _Stopwatch()
    context = context or Context.of(database, options.prompt)
    watch.lap("schema_s")
    prompt = prompt_for(
        question,
        context,
        options.prompt,
        history=history,
        evidence=evidence,
        max_tokens=generator.context_tokens - options.sampling.max_new_tokens,
        count_tokens=generator.count_tokens,
    )
    watch.lap("prompt_s")
    attempts = _attempts(prompt, database, generator, options, watch)
    answer = _answer(question, database, generator.name, prompt, attempts, context.values)
    return replace(answer, timings=watch.timings())


def _attempts(
    prompt: Prompt, database: Database, generator: Generator, options: AskOptions, watch: _Stopwatch
) -> tuple[Attempt, ...]:
    """What the model wrote and what became of it, until a query ran or the repairs are used up."""
    attempts: list[Attempt] = []
    asked = prompt
    for _ in range(options.repairs + 1):
        raw = generator.generate([asked], options.sampling)[0][0].text
        watch.lap("generate_s")
        outcome = database.run(extract_sql(raw), options.limits)
        watch.lap("query_s")  # the guard's check included
        attempts.append(Attempt(raw, outcome))
        if outcome.status in ("rows", "timeout"):  # a second query after a timeout would double the wait
            break
        asked = repair_prompt(prompt, attempts[-1])
    return tuple(attempts)


def _answer(
    question: str,
    database: Database,
    model: str,
    prompt: Prompt,
    attempts: tuple[Attempt, ...],
    values: ValueIndex | None,
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
        filters=filters_in_words(outcome.sql, database.dialect),
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
