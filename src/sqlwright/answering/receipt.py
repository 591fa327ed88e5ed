"""The Answer of a question: what became of the last query, and what the reader of its rows should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core import Answer, Attempt, Language
from ..db import Database
from ..db.value_index import ValueIndex
from ..prompts import Prompt
from ..sql.describe import filters_in_words, tables_of
from .empty import why_empty
from .notes import notes_for
from .reason import why_failed, why_no_query
from .stop import Stop


def receipt(
    prompt: Prompt,
    attempts: Sequence[Attempt],
    database: Database,
    model: str,
    values: ValueIndex | None,
    language: Language,
    stop: Stop,
    left_out: Sequence[str] = (),
) -> Answer:
    """The receipt of the last of `attempts`, without confidence, readings and timings. Raises StoppedError.

    `left_out` are words of the question that the last query does not use.
    """
    last = attempts[-1]
    outcome = last.outcome
    answer = Answer(
        question=prompt.question,
        status="answered" if outcome.ok else "refused" if outcome.status == "refused" else "failed",
        database=database.name,
        dialect=database.dialect,
        model=model,
        sql=outcome.sql,
        dropped_tables=prompt.dropped_tables,
        sources=prompt.sources,
        violations=outcome.violations,
        attempts=tuple(attempts),
    )
    if not outcome.sql.strip():
        return replace(answer, status="refused", violations=(), reason=why_no_query(last, prompt, language))
    if not outcome.ok:
        return replace(answer, reason=why_failed(outcome, language))

    def explain(sql: str) -> str:
        return why_empty(sql, database.dialect, lambda counting, limits: stop.run(database, counting, limits), language)

    return replace(
        answer,
        table=outcome.table,
        tables=tables_of(outcome.sql, database.dialect),
        filters=filters_in_words(outcome.sql, database.dialect, language),
        notes=notes_for(outcome, database, prompt, attempts, values, explain, language, left_out),
    )
