"""Questions with SQL that a user has verified: one JSON Lines file per database, in the project's training format.

A sideways import of `data`: the file is a data set, and one reader reads them all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core import Example, Outcome, QueryLimits, SqlwrightError, UsageError
from ..core.atomic import atomic_text, cannot_write
from ..core.fold import fold
from .folder import PAIRS, knowledge_folder

if TYPE_CHECKING:
    from ..db import Database

MAX_QUESTION_CHARS = 2_000
MAX_SQL_CHARS = 10_000


def remember(database: Database, question: str, sql: str, limits: QueryLimits | None = None) -> Example:
    """Store the pair after the guard passed it and it ran; what is stored is the text that ran, without comments.

    A question that is known takes the new query. Raises UsageError for a pair without a question or too long, and
    SqlwrightError with the guard's or the engine's words where the query did not run.
    """
    question = " ".join(question.split())
    if not question or not sql.strip():
        raise UsageError("A pair is a question and its SQL; one of them is empty.")
    if len(question) > MAX_QUESTION_CHARS or len(sql) > MAX_SQL_CHARS:
        raise UsageError(f"A question has at most {MAX_QUESTION_CHARS} characters and its SQL {MAX_SQL_CHARS}.")
    outcome = database.run(sql, limits or QueryLimits(max_rows=1))
    if not outcome.ok:
        raise SqlwrightError(f"The query did not run, so nothing was stored: {_why(outcome)}")
    pair = Example(_id(question), database.name, question, outcome.sql)
    path = knowledge_folder(database) / PAIRS
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(pair.to_dict(), ensure_ascii=False) + "\n")
    except OSError as error:
        raise cannot_write(path, error) from error
    return pair


def verified_pairs(database: Database) -> tuple[Example, ...]:
    """The pairs of `database` that its guard passes today, oldest first; the last line of a question counts.

    A table that is gone, or a line edited into something else than a query, leaves its pair out: `stale_pairs`.
    """
    checked = ((pair, database.check(pair.gold_sql)) for pair in stored_pairs(database))
    return tuple(replace(pair, gold_sql=verdict.sql) for pair, verdict in checked if not verdict.violations)


def stale_pairs(database: Database) -> tuple[tuple[Example, Outcome], ...]:
    """The pairs that do not run today, and why: every one of them is run."""
    limits = QueryLimits(max_rows=1)
    outcomes = ((pair, database.run(pair.gold_sql, limits)) for pair in stored_pairs(database))
    return tuple((pair, outcome) for pair, outcome in outcomes if not outcome.ok)


def stored_pairs(database: Database) -> tuple[Example, ...]:
    """Every pair of the file, unchecked; a line that cannot be read is logged and left out."""
    path = knowledge_folder(database) / PAIRS
    if not path.is_file() or not path.stat().st_size:
        return ()
    from ..data.reading import read_examples  # slow import

    known: dict[str, Example] = {}
    for pair in read_examples(path, format="sqlwright"):
        known.pop(fold(pair.question), None)
        known[fold(pair.question)] = pair
    return tuple(known.values())


def forget(database: Database, ids: Collection[str]) -> int:
    """Remove the pairs of these ids; how many there were."""
    pairs = stored_pairs(database)
    kept = [pair for pair in pairs if pair.id not in ids]
    if len(kept) < len(pairs):
        with atomic_text(knowledge_folder(database) / PAIRS) as file:
            file.writelines(json.dumps(pair.to_dict(), ensure_ascii=False) + "\n" for pair in kept)
    return len(pairs) - len(kept)


def _why(outcome: Outcome) -> str:
    return " ".join(v.message for v in outcome.violations) or outcome.message()


def _id(question: str) -> str:
    return hashlib.sha256(fold(question).encode()).hexdigest()[:12]
