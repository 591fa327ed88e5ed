"""From a question to an Answer: schema, hints, prompt, model, guard, limited run, at most one repair."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..core import (
    Answer,
    Attempt,
    ConnectError,
    Language,
    Note,
    Outcome,
    QueryLimits,
    Reading,
    ResultTable,
    Retrieved,
    Source,
    Timings,
    Turn,
    language_of,
)
from ..core.answer import AnswerKind
from ..core.phrase import phrase
from ..core.words import say
from ..data.prompting import Context, prompt_for
from ..db import Database
from ..generation import Generator, Sampling
from ..generation.decide import Decision, decide
from ..generation.taught import prompt_options
from ..prompts import Prompt, PromptOptions
from ..retrieval import Knowledge
from ..sql.describe import filters_in_words, tables_of
from .budget import QueryBudget
from .catalogue import catalogue_table
from .follow_up import is_repeated, may_be_new, refers_back
from .readings import readings_of
from .receipt import receipt
from .repair import repair_prompt
from .small_talk import reply, small_talk
from .stop import Stop
from .unsure import unsure_note

MOST_READS = 3  # of a database whose tables change while a question is answered
VALUES_SHARE = 0.5  # of the queries' time limit, on top of it, to read stored values once


@dataclass(frozen=True, slots=True)
class AskOptions:
    """`prompt`: as the model was taught where None. `repairs`: how often it may correct a query that failed.

    `limits.timeout_s` is for all queries of one question together.
    `language` is what the receipt is written in; None is the question's. Without `run` no query of a model or of a
    verified pair runs: the answer has the likeliest query that the guard allows.
    """

    limits: QueryLimits = field(default_factory=QueryLimits)
    sampling: Sampling = field(default_factory=Sampling)
    prompt: PromptOptions | None = None
    repairs: int = 1
    language: Language | None = None
    run: bool = True


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
    passes it. `knowledge` is searched for the pairs, passages and names that the question needs; a pair of this very
    question answers it, without the model. `stop` ends it from another thread, which needs a `database` of its own:
    StoppedError is raised then.

    The tables that the query was written for are the tables that it ran on: where they changed since they were read,
    `database` is updated and asked again, and the receipt says so. Raises ConnectError and GenerationError when the
    database or the model cannot be reached; whatever a query does is in the Answer.
    """
    options = options or AskOptions()
    asking = _Asking(
        question=question,
        database=database,
        generator=generator,
        history=tuple(history),
        evidence=evidence,
        options=options,
        shown=options.prompt or prompt_options(generator),
        language=options.language or language_of(question),
        stop=stop or Stop(),
        watch=_Stopwatch(),
    )
    notes: tuple[Note, ...] = ()
    for _ in range(MOST_READS):
        answer = _answer(asking, context or asking.context(), knowledge)
        if not _updated(answer, database):
            return replace(answer, notes=(*notes, *answer.notes), timings=asking.watch.timings())
        context, notes = None, (Note("reread", say("reread", asking.language)),)
        if knowledge:
            knowledge = Knowledge.of(database, knowledge.options, samples=asking.samples)
    moving = phrase("moving_tables", database=repr(database.name), times=MOST_READS)
    raise ConnectError(moving, phrase("later_hint"))


def _updated(answer: Answer, database: Database) -> bool:
    """Whether the tables are others than those that `answer` is about. Raises ConnectError."""
    try:
        return database.update()
    except ConnectError:
        if answer.table is None and database.source is None:  # a server that is down, as `answer` says
            return False
        raise


@dataclass(frozen=True, slots=True)
class _Asking:
    """One call of `ask`. `shown` is how the prompt shows the database."""

    question: str
    database: Database
    generator: Generator
    history: tuple[Turn, ...]
    evidence: str
    options: AskOptions
    shown: PromptOptions
    language: Language
    stop: Stop
    watch: _Stopwatch

    @property
    def samples(self) -> int:
        """Stored values for a column."""
        return max(self.shown.samples, self.generator.needs.samples)

    def context(self) -> Context:
        timeout_s = self.options.limits.timeout_s * VALUES_SHARE
        return Context.of(self.database, replace(self.shown, samples=self.samples), timeout_s=timeout_s)


def _answer(asking: _Asking, context: Context, knowledge: Knowledge | None) -> Answer:
    """From the tables of `context`: by a verified pair, in a sentence, from the catalogue, or by the model's query."""
    asking.watch.lap("schema_s")
    verified = _verified(asking, context, knowledge)
    if verified is not None:
        return verified
    if kind := small_talk(asking.question):
        return _to_small_talk(asking, kind, context)
    listed = catalogue_table(asking.question, context.schema, asking.language)
    if listed is not None:
        return _from_catalogue(asking, listed)
    if not asking.options.run:
        return _written(asking, context, knowledge)
    tried = _tried(asking, context, knowledge, asking.history)
    notes: tuple[Note, ...] = ()
    if (anew := _asked_anew(asking, context, knowledge, tried)) is not None:
        tried, notes = anew, (Note("new_question", say("new_question", asking.language)),)
    prompt, attempts, decision = tried.prompt, tried.attempts, tried.decision
    name, language = asking.generator.name, asking.language
    answer = receipt(prompt, attempts, asking.database, name, context.values, language, asking.stop, decision.left_out)
    readings = _readings(answer, decision, language)
    notes = (*unsure_note(answer, decision.confidence, language), *answer.notes, *notes)
    return replace(answer, confidence=decision.confidence, readings=readings, notes=notes)


def _verified(asking: _Asking, context: Context, knowledge: Knowledge | None) -> Answer | None:
    """The answer of the verified pair that asks the same; None where there is none, or its query does not run today."""
    database, language = asking.database, asking.language
    if knowledge is None or asking.evidence or (asking.history and refers_back(asking.question)):
        return None
    found = knowledge.verified(asking.question, context.values, database.dialect)
    if found is None:
        return None
    if not asking.options.run:
        prompt = Prompt(asking.question, context.schema, (), "")
        return _not_run(asking, found.sql, prompt, "", "verified") if database.check(found.sql).allowed else None
    outcome = asking.stop.run(database, found.sql, asking.options.limits)
    asking.watch.lap("query_s")
    if not outcome.ok:
        return None
    source = Source("pair", found.pair.place, 1.0, found.pair.text, found.pair.sql)
    prompt = Prompt(asking.question, context.schema, (), "", sources=(source,))
    attempts = (Attempt(found.sql, outcome),)
    answer = receipt(prompt, attempts, database, "", context.values, language, asking.stop)
    changed = [say("verified_value", language, new=repr(new), old=repr(old)) for old, new in found.changed]
    note = Note("verified", say("verified_with" if changed else "verified", language, values=", ".join(changed)))
    return replace(answer, kind="verified", notes=(note, *answer.notes))


def _from_catalogue(asking: _Asking, table: ResultTable) -> Answer:
    database = asking.database
    return Answer(asking.question, "answered", database.name, database.dialect, "", table=table, kind="catalogue")


def _to_small_talk(asking: _Asking, kind: str, context: Context) -> Answer:
    database = asking.database
    said = reply(kind, database.name, context.schema, context.profile, asking.language)
    return Answer(asking.question, "refused", database.name, database.dialect, "", reason=said, kind="small_talk")


@dataclass(frozen=True, slots=True)
class _Tried:
    """What the model wrote for `prompt` and what became of it: `decision` is about the last of `attempts`."""

    prompt: Prompt
    attempts: tuple[Attempt, ...]
    decision: Decision


def _asked_anew(asking: _Asking, context: Context, knowledge: Knowledge | None, tried: _Tried) -> _Tried | None:
    """The question asked without the conversation, where it may be a new one and that answer is the better one.

    Any answer is better than the rows of the question before, also that the tables do not hold one.
    """
    sql, dialect = tried.attempts[-1].outcome.sql, asking.database.dialect
    searches = asking.generator.needs.candidates > 1
    if not may_be_new(asking.question, asking.history, sql, dialect, is_searched=searches):
        return None
    anew = _tried(asking, context, knowledge, ())
    outcome = anew.attempts[-1].outcome
    if is_repeated(asking.history, sql, dialect):
        return None if is_repeated(asking.history, outcome.sql, dialect) else anew
    surer = (anew.decision.confidence or 0.0) >= (tried.decision.confidence or 0.0)
    return anew if outcome.ok and surer else None


def _written(asking: _Asking, context: Context, knowledge: Knowledge | None) -> Answer:
    """The likeliest query that the guard allows, which is not run; where it allows none, the likeliest, refused."""
    generator, database, needs = asking.generator, asking.database, asking.generator.needs
    prompt = _prompt(asking, context, knowledge, asking.history)
    sampling = replace(asking.options.sampling, n=max(asking.options.sampling.n, needs.candidates))
    completions = sorted(generator.generate([prompt], sampling)[0], key=lambda c: -(c.score or 0.0))
    asking.watch.lap("generate_s")
    attempts: list[Attempt] = []
    for completion in completions:
        sql = completion.sql
        checked = database.check(sql)
        if sql.strip() and checked.allowed:
            return _not_run(asking, sql, prompt, generator.name, "query")
        outcome = Outcome("refused", sql, violations=checked.violations)
        attempts.append(Attempt(completion.text, outcome, refused=completion.refused))
    return receipt(prompt, attempts[:1], database, generator.name, context.values, asking.language, asking.stop)


def _not_run(asking: _Asking, sql: str, prompt: Prompt, model: str, kind: AnswerKind) -> Answer:
    database, language = asking.database, asking.language
    return Answer(
        asking.question,
        "not_run",
        database.name,
        database.dialect,
        model,
        sql,
        reason=say("not_run", language),
        tables=tables_of(sql, database.dialect),
        filters=filters_in_words(sql, database.dialect, language),
        dropped_tables=prompt.dropped_tables,
        sources=prompt.sources,
        kind=kind,
    )


def _prompt(asking: _Asking, context: Context, knowledge: Knowledge | None, history: tuple[Turn, ...]) -> Prompt:
    generator, options = asking.generator, asking.options
    prompt = prompt_for(
        asking.question,
        context,
        asking.shown,
        history=history,
        evidence=asking.evidence,
        retrieved=_retrieved(asking, history, knowledge, generator.needs.messages),
        max_tokens=generator.context_tokens - options.sampling.max_new_tokens,
        count_tokens=generator.count_tokens,
    )
    asking.watch.lap("prompt_s")
    return prompt


def _tried(asking: _Asking, context: Context, knowledge: Knowledge | None, history: tuple[Turn, ...]) -> _Tried:
    """Ask the model until a query ran or the repairs are used up. Raises GenerationError, StoppedError."""
    generator, options = asking.generator, asking.options
    needs = generator.needs
    prompt = _prompt(asking, context, knowledge, history)
    sampling = replace(options.sampling, n=max(options.sampling.n, needs.candidates))
    attempts: tuple[Attempt, ...] = ()
    budget = QueryBudget(options.limits, lambda sql, limits: asking.stop.run(asking.database, sql, limits))
    asked = prompt
    for _ in range(options.repairs + 1):
        asking.stop.check()
        completions = generator.generate([asked], sampling)[0]
        asking.watch.lap("generate_s")
        decision = decide(completions, budget.run, needs.calibration)
        asking.watch.lap("query_s")  # the guard's check included
        attempts += (decision.attempt,)
        # A timeout leaves no time for another query, and a model that searches has shown all it found.
        is_final = attempts[-1].refused or attempts[-1].outcome.status in ("rows", "timeout")
        if is_final or needs.candidates > 1:
            break
        asked = repair_prompt(prompt, attempts[-1])
    return _Tried(prompt, attempts, decision)


def _retrieved(asking: _Asking, history: tuple[Turn, ...], knowledge: Knowledge | None, sources: bool) -> Retrieved:
    """A follow-up is looked up with the question before it: "only those of 2024" says nothing alone."""
    if knowledge is None:
        return Retrieved()
    words = [*(turn.question for turn in history[-1:]), asking.question, asking.evidence]
    return knowledge.search(" ".join(w for w in words if w), sources=sources)


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
