"""What the reader of the rows should know besides the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core import Attempt, Note, Outcome
from ..db import Database
from ..db.value_index import ValueIndex
from ..prompts import Prompt
from ..sql.describe import constants

_CUT = {
    "rows": "Only the first {n} rows are shown; there are more.",
    "cell_bytes": "At least one value was too long and is cut.",
    "result_bytes": "The result was too large; only the first {n} rows are shown.",
}


def notes_for(
    outcome: Outcome, database: Database, prompt: Prompt, attempts: Sequence[Attempt], values: ValueIndex | None
) -> tuple[Note, ...]:
    """Notes on an outcome that has rows, the most important first."""
    return (
        *_truncation(outcome),
        *_unknown_values(outcome, database, values),
        *_empty(outcome),
        *_repaired(attempts),
        *_dropped(prompt),
    )


def _truncation(outcome: Outcome) -> Iterator[Note]:
    if outcome.table and outcome.table.truncated:
        yield Note("truncated", _CUT[outcome.table.truncated].format(n=len(outcome.table.rows)))


def _unknown_values(outcome: Outcome, database: Database, values: ValueIndex | None) -> Iterator[Note]:
    """Constants that the column they are compared with does not hold."""
    if values is None:
        return
    for table, column, literal, operator in constants(outcome.sql, database.dialect):
        if operator not in ("=", "in"):
            continue
        near = values.nearest(table, column, literal)
        if near and literal not in near:
            held = " or ".join(repr(v) for v in near[:3])
            yield Note("unknown_value", f"No value {literal!r} in {table}.{column}; the column holds {held}.")


def _empty(outcome: Outcome) -> Iterator[Note]:
    if outcome.table and not outcome.table.rows:
        yield Note("empty", "No row meets the conditions.")


def _repaired(attempts: Sequence[Attempt]) -> Iterator[Note]:
    if len(attempts) > 1:
        first = attempts[0].outcome.message().rstrip(".")
        yield Note("repaired", f"The first query did not run ({first}); this is the corrected one.")


def _dropped(prompt: Prompt) -> Iterator[Note]:
    if prompt.dropped_tables:
        names = ", ".join(prompt.dropped_tables[:5]) + (", ..." if len(prompt.dropped_tables) > 5 else "")
        count = len(prompt.dropped_tables)
        yield Note("dropped_tables", f"{count} tables were left out of what the model read: {names}.")
