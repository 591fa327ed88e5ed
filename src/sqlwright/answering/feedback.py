"""What a person says of an answer: a pair becomes knowledge only after it ran again and gave what that person saw."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Example, QueryLimits, ResultTable, SqlwrightError, Turn
from ..core.phrase import Phrase, phrase
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
) -> Example | None:
    """Remember the pair and mark its line in the log, after `sql` gave `shown` again under the same `limits`.

    A follow-up, which says nothing without its `history`, is marked in the log only: None. Raises ChangedResultError
    with what differs, and what `remember` raises.
    """
    outcome = database.run(sql, limits or QueryLimits())
    if outcome.table is None:
        raise SqlwrightError(phrase("confirm_failed", why=outcome.message()))
    if fingerprint(outcome.table) != fingerprint(shown):
        raise ChangedResultError(_difference(shown, outcome.table))
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
) -> Example | None:
    """Remember the query that a person wrote instead, after the guard passed it and it ran; as `confirm` otherwise."""
    outcome = database.run(sql, limits or QueryLimits())
    if outcome.table is None:
        raise SqlwrightError(phrase("correct_failed", why=outcome.message()))
    pair = None if history else remember(database, question, sql, limits)
    if log:
        log.confirm(database.name, question, corrected_sql=outcome.sql)
    return pair


def _difference(shown: ResultTable, now: ResultTable) -> Phrase:
    """The first of: columns, number of rows, a row that was not shown."""
    if len(shown.columns) != len(now.columns):
        return phrase("other_columns", before=len(shown.columns), after=len(now.columns))
    if len(shown.rows) != len(now.rows):
        return phrase("other_count", before=len(shown.rows), after=len(now.rows))
    seen = set(map(repr, shown.rows))
    row = next((r for r in now.rows if repr(r) not in seen), now.rows[0] if now.rows else ())
    return phrase("other_row", row=", ".join("NULL" if v is None else str(v)[:40] for v in row)[:200])
