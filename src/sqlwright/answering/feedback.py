"""What a person says of an answer: a pair becomes knowledge only after it ran again and gave what that person saw."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Example, Language, QueryLimits, ResultTable, SqlwrightError, Turn
from ..core.words import say
from ..db import Database
from ..parser.choose import fingerprint
from ..retrieval import remember
from .audit import AuditLog


class ChangedResultError(SqlwrightError):
    """The query does not give any more what the person saw."""


def confirm(
    database: Database,
    question: str,
    sql: str,
    shown: ResultTable,
    *,
    history: Sequence[Turn] = (),
    limits: QueryLimits | None = None,
    log: AuditLog | None = None,
    language: Language = "en",
) -> Example | None:
    """Remember the pair and mark its line in the log, after `sql` gave `shown` again under the same `limits`.

    A follow-up, which says nothing without its `history`, is marked in the log only: None. Raises ChangedResultError
    with what differs, and what `remember` raises.
    """
    outcome = database.run(sql, limits or QueryLimits())
    if outcome.table is None:
        raise SqlwrightError(say("confirm_failed", language, why=outcome.message()))
    if fingerprint(outcome.table) != fingerprint(shown):
        raise ChangedResultError(_difference(shown, outcome.table, language))
    pair = None if history else remember(database, question, sql, limits)
    if log:
        log.confirm(database.name, question, sql)
    return pair


def correct(
    database: Database,
    question: str,
    sql: str,
    *,
    history: Sequence[Turn] = (),
    limits: QueryLimits | None = None,
    log: AuditLog | None = None,
    language: Language = "en",
) -> Example | None:
    """Remember the query that a person wrote instead, after the guard passed it and it ran; as `confirm` otherwise."""
    outcome = database.run(sql, limits or QueryLimits())
    if outcome.table is None:
        raise SqlwrightError(say("correct_failed", language, why=outcome.message()))
    pair = None if history else remember(database, question, sql, limits)
    if log:
        log.confirm(database.name, question, corrected_sql=outcome.sql)
    return pair


def _difference(shown: ResultTable, now: ResultTable, language: Language) -> str:
    """The first of: columns, number of rows, a row that was not shown."""
    if len(shown.columns) != len(now.columns):
        return say("other_columns", language, before=len(shown.columns), after=len(now.columns))
    if len(shown.rows) != len(now.rows):
        return say("other_count", language, before=len(shown.rows), after=len(now.rows))
    seen = set(map(repr, shown.rows))
    row = next((r for r in now.rows if repr(r) not in seen), now.rows[0] if now.rows else ())
    return say("other_row", language, row=", ".join("NULL" if v is None else str(v)[:40] for v in row)[:200])
