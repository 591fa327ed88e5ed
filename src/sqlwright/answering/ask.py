"""From a question to an Answer: the schema is read, the query is inferred, and the receipt is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..core import Answer, ConnectError, Language, Note, Turn, language_of
from ..core.phrase import phrase
from ..core.words import say
from ..data.prompting import Context
from ..db import Database
from ..generation import Generator
from ..inference import InferenceOptions, Question, infer
from ..inference.budget import only_checked
from ..inference.stopwatch import Lap, Stopwatch
from ..receipt.write import Asking, write_receipt
from ..retrieval import Knowledge
from .cancellation import Stop

MOST_READS = 3  # of a database whose tables change while a question is answered
VALUES_SHARE = 0.5  # of the queries' time limit, on top of it, to read stored values once


@dataclass(frozen=True, slots=True)
class AskOptions(InferenceOptions):
    """`language` is what the receipt is written in; None is the question's."""

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
    passes it. `knowledge` is searched for the pairs, passages and names that the question needs; a pair of this very
    question answers it, without the model. `stop` ends it from another thread, which needs a `database` of its own:
    StoppedError is raised then.

    The tables that the query was written for are the tables that it ran on: where they changed since they were read,
    `database` is updated and asked again, and the receipt says so. Raises ConnectError and GenerationError when the
    database or the model cannot be reached; whatever a query does is in the Answer.
    """
    options, stop = options or AskOptions(), stop or Stop()
    language = options.language or language_of(question)
    read = options.context_of(generator)
    watch = Stopwatch()

    def step(name: Lap) -> None:
        watch.lap(name)
        stop.check()

    def answered(context: Context) -> Answer:
        step("schema_s")
        run = partial(stop.run, database)
        asked = Question(
            question, context, run if options.run else only_checked(database), tuple(history), evidence, knowledge
        )
        decision = infer(asked, generator, options, step)
        return write_receipt(decision, Asking(database, context, run, generator.name, language))

    notes: tuple[Note, ...] = ()
    for _ in range(MOST_READS):
        timeout_s = options.limits.timeout_s * VALUES_SHARE
        answer = answered(context or Context.of(database, read, timeout_s=timeout_s))
        if not _updated(answer, database):
            notes = (*notes, *answer.notes)
            return replace(answer, notes=notes, remarks=database.remarks, timings=watch.timings())
        context, notes = None, (Note("reread", say("reread", language)),)
        if knowledge:
            samples = options.prompt_of(generator).samples
            knowledge = Knowledge.of(database, knowledge.options, samples=samples)
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
