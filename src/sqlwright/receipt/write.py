"""From a Decision to the Answer: what became of the query, and what the reader of its rows should know."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..core import Answer, Language, Note, Reading
from ..core.words import say
from ..data.prompting import Context
from ..db import Database
from ..inference import Decision, Run
from ..inference.catalogue import catalogue_table
from ..inference.small_talk import small_talk
from ..sql.describe import filters_in_words, query_of, tables_of
from .empty import why_empty
from .notes import notes_for
from .readings import readings_of
from .reason import why_failed, why_no_query
from .reply import reply
from .unsure import unsure_note


@dataclass(frozen=True, slots=True)
class Asking:
    """Who was asked about what: `context` is what is known of `database`, and `run` is how its queries run."""

    database: Database
    context: Context
    run: Run
    model: str
    language: Language


def write_receipt(decision: Decision, asking: Asking) -> Answer:
    """The receipt of `decision`, without timings. Raises what `asking.run` raises."""
    if decision.kind in ("small_talk", "catalogue"):
        return _without_query(decision, asking)
    answer, language = _of_query(decision, asking), asking.language
    notes = (*_verified_note(decision, language), *unsure_note(answer, decision.confidence, language), *answer.notes)
    if decision.is_new:
        notes = (*notes, Note("new_question", say("new_question", language)))
    readings = _readings(answer, decision, language)
    return replace(answer, confidence=decision.confidence, readings=readings, notes=notes)


def _without_query(decision: Decision, asking: Asking) -> Answer:
    """A table made from the schema, or a reply to small talk."""
    database, context, language = asking.database, asking.context, asking.language
    question = decision.prompt.question
    answer = Answer(question, "answered", database.name, database.dialect, "", kind=decision.kind)
    if decision.kind == "catalogue":
        return replace(answer, table=catalogue_table(question, context.schema, language))
    said = reply(small_talk(question), database.name, context.schema, context.profile, language)
    return replace(answer, status="refused", reason=said)


def _of_query(decision: Decision, asking: Asking) -> Answer:
    """The last attempt in words, without confidence and readings."""
    database, language, prompt = asking.database, asking.language, decision.prompt
    last = decision.attempts[-1]
    outcome = last.outcome
    answer = Answer(
        question=prompt.question,
        status="answered" if outcome.ok else "refused" if outcome.status == "refused" else "failed",
        database=database.name,
        dialect=database.dialect,
        model="" if decision.kind == "verified" else asking.model,
        sql=outcome.sql,
        dropped_tables=prompt.dropped_tables,
        sources=prompt.sources,
        violations=outcome.violations,
        kind=decision.kind,
        attempts=decision.attempts,
    )
    if not outcome.sql.strip():
        return replace(answer, status="refused", violations=(), reason=why_no_query(last, prompt, language))
    if not outcome.ok and outcome.status != "not_run":
        return replace(answer, reason=why_failed(outcome, language))
    dialect = database.dialect
    query = query_of(outcome, dialect)
    tables, filters = tables_of(query, dialect), filters_in_words(query, dialect, language)
    answer = replace(answer, tables=tables, filters=filters)
    if outcome.status == "not_run":
        return replace(answer, status="not_run", reason=say("not_run", language), attempts=())

    def explain() -> str:
        return why_empty(query, dialect, asking.run, language)

    values, left_out = asking.context.values, decision.left_out
    notes = notes_for(outcome, query, database, prompt, decision.attempts, values, explain, language, left_out)
    return replace(answer, table=outcome.table, notes=notes)


def _readings(answer: Answer, decision: Decision, language: Language) -> tuple[Reading, ...]:
    if answer.table is None:
        return ()
    return readings_of(
        query_of(decision.attempts[-1].outcome, answer.dialect),
        answer.table,
        decision.others,
        answer.dialect,
        language,
        confidence=decision.confidence,
        agreement=decision.agreement,
    )


def _verified_note(decision: Decision, language: Language) -> tuple[Note, ...]:
    """That a person verified the query, and the values of this question in it."""
    if decision.verified is None:
        return ()
    changed = [say("verified_value", language, new=repr(new), old=repr(old)) for old, new in decision.verified.changed]
    return (Note("verified", say("verified_with" if changed else "verified", language, values=", ".join(changed))),)
