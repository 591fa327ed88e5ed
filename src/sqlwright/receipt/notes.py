"""What the reader of the rows should know besides the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..core import Attempt, Language, Note, Outcome
from ..core.words import listed, say
from ..db import Database
from ..db.value_index import ValueIndex
from ..prompts import Prompt
from ..sql.describe import Query, constants, cross_joined, shows_weekdays
from .definitions import definition_notes


def notes_for(
    outcome: Outcome,
    query: Query,
    database: Database,
    prompt: Prompt,
    attempts: Sequence[Attempt],
    values: ValueIndex | None,
    why_empty: Callable[[], str],
    language: Language = "en",
    left_out: Sequence[str] = (),
) -> tuple[Note, ...]:
    """Notes on the `outcome` of `query`, which has rows, the most important first. `why_empty` is asked without rows.

    `left_out` are words of the question that the query does not use.
    """
    return (
        *_unused(left_out, language),
        *definition_notes(query, database.dialect, prompt, language),
        *_truncation(outcome, language),
        *_weekdays(query, database, language),
        *_unjoined(query, database, language),
        *_unknown_values(query, database, values, language),
        *_empty(outcome, why_empty),
        *_repaired(attempts, language),
        *_dropped(prompt, language),
    )


def _unused(left_out: Sequence[str], language: Language) -> Iterator[Note]:
    if left_out:
        yield Note("unused", say("unused", language, words=listed(left_out, language)))


def _truncation(outcome: Outcome, language: Language) -> Iterator[Note]:
    if outcome.table and outcome.table.truncated:
        yield Note("truncated", say(f"cut_{outcome.table.truncated}", language, n=len(outcome.table.rows)))


def _weekdays(query: Query, database: Database, language: Language) -> Iterator[Note]:
    if shows_weekdays(query, database.dialect):
        yield Note("weekdays", say("weekdays", language))


def _unjoined(query: Query, database: Database, language: Language) -> Iterator[Note]:
    if names := cross_joined(query, database.dialect):
        yield Note("unjoined", say("unjoined", language, names=listed(names, language)))


def _unknown_values(query: Query, database: Database, values: ValueIndex | None, language: Language) -> Iterator[Note]:
    """Constants that the column they are compared with does not hold."""
    if values is None:
        return
    for table, column, literal, operator in constants(query, database.dialect):
        if operator not in ("=", "in"):
            continue
        near = values.nearest(table, column, literal)
        if near and literal not in near:
            held = say("or_list", language).join(repr(v) for v in near[:3])
            facts = {"value": repr(literal), "column": f"{table}.{column}", "held": held}
            yield Note("unknown_value", say("unknown_value", language, **facts))


def _empty(outcome: Outcome, why_empty: Callable[[], str]) -> Iterator[Note]:
    if outcome.table and not outcome.table.rows:
        yield Note("empty", why_empty())


def _repaired(attempts: Sequence[Attempt], language: Language) -> Iterator[Note]:
    if len(attempts) > 1:
        yield Note("repaired", say("repaired", language, why=attempts[0].outcome.message().rstrip(".")))


def _dropped(prompt: Prompt, language: Language) -> Iterator[Note]:
    if prompt.dropped_tables:
        names = ", ".join(prompt.dropped_tables[:5]) + (", ..." if len(prompt.dropped_tables) > 5 else "")
        yield Note("dropped_tables", say("dropped_tables", language, n=len(prompt.dropped_tables), names=names))
