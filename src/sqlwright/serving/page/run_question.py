"""One question or statement under way, told step by step, and ended when a person or the clock says so."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Literal

import anyio

from ...answering import Stop, StoppedError
from ...core import Answer, Outcome, SqlwrightError, Timings
from ...core.language import Language, language_of
from ...generation import Generator
from ...sql.describe import filters_in_words, query_of, tables_of
from ...sql.extract import extract_sql
from ..async_bridge import Tell, told_from_thread
from ..connection import Connection
from ..nearest import ask_nearest
from ..service import MAX_QUESTION_CHARS, Service
from .labels import word
from .sessions import Conversation, Exchange, Visitor

UNRELATED = frozenset({"new_question", "verified"})  # notes of answers that do not change the query before


@dataclass(frozen=True, slots=True)
class Step:
    """`sql` is what is written so far; `exchange` is set with the last step."""

    stage: Literal["waiting", "writing", "done"]
    sql: str = ""
    exchange: Exchange | None = None


def ask(
    question: str,
    service: Service,
    visitor: Visitor,
    conversation: Conversation,
    connections: Sequence[Connection],
    model: Generator | None = None,
    number: int | None = None,
) -> AsyncGenerator[Step, None]:
    """Ask the one of `connections` that the question is about, with the conversation before question `number` as the
    history, by default all of it. Without `model` the connection's own answers.

    The last step's exchange has the answer or the reason.
    """
    number = len(conversation.exchanges) if number is None else number
    current = conversation.current(number)
    history = conversation.history(number, current)
    language = spoken(question, visitor.language)
    before = history[-1].sql if history else ""
    hosts = {c.name: ", ".join(sorted(c.remote_hosts(model or c.generator))) for c in connections}
    # Before it is known which one is asked, and after an error, all of them may have been.
    host = ", ".join(sorted({*hosts.values()} - {""}))
    draft = Exchange(question[: MAX_QUESTION_CHARS + 1], host=host, before=before)
    models = {c.name: (model or c.generator).public_name for c in connections}

    def work(stop: Stop, tell: Tell[Step]) -> Exchange:
        asked: list[str] = []
        answer = ask_nearest(
            question,
            service,
            connections,
            current=current,
            history=history,
            stop=stop,
            source="chat",
            model=model,
            language=language,
            written=lambda text: tell(Step("writing", extract_sql(text))),
            on_asked=asked.append,
        )
        name = answer.database
        follows = name == current and not any(note.code in UNRELATED for note in answer.notes)
        return replace(
            draft,
            answer=replace(answer, model=models[name] if answer.model else ""),
            before=before if follows else "",
            model_sql=answer.sql,
            host=", ".join(sorted({hosts[name] for name in asked} - {""})),
            database="" if conversation.database else name,
        )

    return _under_way(work, draft, service, visitor)


def run(
    sql: str, service: Service, visitor: Visitor, exchange: Exchange, connection: Connection
) -> AsyncGenerator[Step, None]:
    """Run the query that a person wrote for the question of `exchange`."""
    language = spoken(exchange.question, visitor.language)
    draft = replace(exchange, answer=None, error="", own=True, written=sql, stored="")

    def work(stop: Stop, tell: Tell[Step]) -> Exchange:
        outcome = service.run(sql, connection, stop=stop, source="chat")
        answer = _own_answer(outcome, exchange.question, connection, language)
        if exchange.answer:
            answer = replace(answer, candidates=exchange.answer.candidates)
        return replace(draft, answer=answer)

    return _under_way(work, draft, service, visitor)


def failed(question: str, why: str) -> Exchange:
    return Exchange(question[: MAX_QUESTION_CHARS + 1], error=why)


def spoken(question: str, language: Language) -> Language:
    """A question in Chinese is answered in Chinese, any other in the language of the page."""
    return "zh" if language_of(question[:MAX_QUESTION_CHARS]) == "zh" else language


async def _under_way(
    work: Callable[[Stop, Tell[Step]], Exchange], draft: Exchange, service: Service, visitor: Visitor
) -> AsyncGenerator[Step, None]:
    """`work` in a thread of its own: a model that hangs keeps neither a person nor the time limit from stopping it."""
    stop, language = Stop(), spoken(draft.question, visitor.language)
    seconds = service.options.answer_timeout_s

    def working(stop: Stop, tell: Tell[Step]) -> None:
        try:
            done = work(stop, tell)
        except StoppedError:
            raise
        except SqlwrightError as error:
            done = replace(draft, error=error.text(language))
        except Exception:
            logging.getLogger("sqlwright").exception("a question failed")
            done = replace(draft, error=word("went_wrong", language))
        tell(Step("done", exchange=done))

    step, ends = Step("waiting"), anyio.current_time() + seconds
    visitor.under_way.add(stop)
    try:
        async with aclosing(told_from_thread(working, stop)) as steps:
            while True:
                yield step
                if step.exchange:
                    return
                step = Step("done", exchange=replace(draft, error=word("stopped", language)))
                with anyio.CancelScope(deadline=ends) as limit, suppress(StoppedError):
                    step = await anext(steps)
                if limit.cancelled_caught:
                    late = word("too_slow", language, seconds=f"{seconds:.0f}")
                    step = Step("done", exchange=replace(draft, error=late))
    finally:
        visitor.under_way.discard(stop)
        if not step.exchange:  # whoever listened has gone
            stop.set()


def _own_answer(outcome: Outcome, question: str, connection: Connection, language: Language) -> Answer:
    """The receipt of a query that a person wrote: no model, no confidence."""
    ran, query = outcome.ok, query_of(outcome, connection.dialect)
    return Answer(
        question=question,
        status="answered" if ran else "refused" if outcome.status == "refused" else "failed",
        database=connection.name,
        dialect=connection.dialect,
        model="",
        sql=outcome.sql,
        table=outcome.table,
        reason=outcome.message(),
        tables=tables_of(query, connection.dialect) if ran else (),
        filters=filters_in_words(query, connection.dialect, language) if ran else (),
        violations=outcome.violations,
        timings=Timings(query_s=outcome.elapsed_s, total_s=outcome.elapsed_s),
    )
