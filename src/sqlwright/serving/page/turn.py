"""One question or statement under way, told step by step, and ended when a person or the clock says so."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ...answering import Stop
from ...core import Answer, Outcome, SqlwrightError, Timings
from ...core.language import Language, language_of
from ...generation import Generator
from ...sql.describe import filters_in_words, query_of, tables_of
from ...sql.extract import extract_sql
from ..connection import Connection
from ..service import MAX_QUESTION_CHARS, Service
from .visitor import Conversation, Exchange, Visitor
from .words import word

POLL_S = 0.1
UNRELATED = frozenset({"new_question", "verified"})  # notes of answers that do not change the query before


@dataclass(frozen=True, slots=True)
class Step:
    """`sql` is what is written so far; `exchange` is set with the last step."""

    stage: Literal["waiting", "writing", "done"]
    sql: str = ""
    exchange: Exchange | None = None


Tell = Callable[[Step], None]


def ask(
    question: str,
    service: Service,
    visitor: Visitor,
    conversation: Conversation,
    connection: Connection,
    model: Generator,
    number: int | None = None,
) -> Iterator[Step]:
    """Ask, with the conversation before question `number` as the history, by default all of it.

    The last step's exchange has the answer or the reason.
    """
    history = conversation.history(len(conversation.exchanges) if number is None else number)
    language = spoken(question, visitor.language)
    before = history[-1].sql if history else ""
    draft = Exchange(question[: MAX_QUESTION_CHARS + 1], host=", ".join(connection.remote_hosts(model)), before=before)

    def work(stop: Stop, tell: Tell) -> Exchange:
        answer = service.ask(
            question,
            connection,
            history=history,
            stop=stop,
            source="chat",
            model=model,
            language=language,
            written=lambda text: tell(Step("writing", extract_sql(text))),
        )
        follows = not any(note.code in UNRELATED for note in answer.notes)
        return replace(
            draft,
            answer=replace(answer, model=model.public_name if answer.model else ""),
            before=before if follows else "",
            model_sql=answer.sql,
        )

    return _under_way(work, draft, service, visitor)


def run(sql: str, service: Service, visitor: Visitor, exchange: Exchange, connection: Connection) -> Iterator[Step]:
    """Run the query that a person wrote for the question of `exchange`."""
    language = spoken(exchange.question, visitor.language)
    draft = replace(exchange, answer=None, error="", own=True, written=sql, stored="")

    def work(stop: Stop, tell: Tell) -> Exchange:
        outcome = service.run(sql, connection, stop=stop, source="chat")
        return replace(draft, answer=_own_answer(outcome, exchange.question, connection, language))

    return _under_way(work, draft, service, visitor)


def failed(question: str, why: str) -> Step:
    return Step("done", exchange=Exchange(question[: MAX_QUESTION_CHARS + 1], error=why))


def spoken(question: str, language: Language) -> Language:
    """A question in Chinese is answered in Chinese, any other in the language of the page."""
    return "zh" if language_of(question[:MAX_QUESTION_CHARS]) == "zh" else language


def _under_way(
    work: Callable[[Stop, Tell], Exchange], draft: Exchange, service: Service, visitor: Visitor
) -> Iterator[Step]:
    """`work` in a thread of its own, so that a model which hangs keeps nobody from stopping, and nor does the clock."""
    stop, steps = Stop(), queue.Queue[Step]()
    language = spoken(draft.question, visitor.language)
    seconds = service.options.answer_timeout_s

    def working() -> None:
        try:
            done = work(stop, steps.put)
        except SqlwrightError as error:
            done = replace(draft, error=error.text(language))
        except Exception:
            logging.getLogger("sqlwright").exception("a question failed")
            done = replace(draft, error=word("went_wrong", language))
        steps.put(Step("done", exchange=done))

    ends = time.monotonic() + seconds
    visitor.under_way.add(stop)
    threading.Thread(target=working, name="sqlwright-question", daemon=True).start()
    try:
        yield Step("waiting")
        while True:
            try:
                step = steps.get(timeout=POLL_S)
            except queue.Empty:
                late = time.monotonic() > ends
                if not late and not stop.is_set:
                    continue
                stop.set()
                said = word("too_slow", language, seconds=f"{seconds:.0f}") if late else ""
                step = Step("done", exchange=replace(draft, error=said or word("stopped", language)))
            yield step
            if step.exchange:
                return
    finally:
        visitor.under_way.discard(stop)
        stop.set()  # whoever listened has gone; after the last step it ends nothing


def _own_answer(outcome: Outcome, question: str, connection: Connection, language: Language) -> Answer:
    """The receipt of a query that a person wrote: no model, no confidence."""
    ran, query = outcome.ok, query_of(outcome, connection.dialect)
    return Answer(
        question=question,
        status="answered" if ran else "refused" if outcome.status == "refused" else "failed",
        database=connection.db_id,
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
