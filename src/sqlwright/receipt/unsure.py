"""The first note of an answer that is probably wrong: what was understood, and a request to say it in other words."""

from __future__ import annotations

from ..core import Answer, Language, Note
from ..core.words import listed, say

UNSURE = 0.2  # confidence; below it an answer is wrong at least four times in five
MOST_COLUMNS = 4


def unsure_note(answer: Answer, confidence: float | None, language: Language) -> tuple[Note, ...]:
    """One note where `confidence` in [0, 1] is below UNSURE, else none."""
    if confidence is None or confidence >= UNSURE or answer.table is None:
        return ()
    return (Note("unsure", say("unsure", language, understood=understood(answer, language))),)


def understood(answer: Answer, language: Language) -> str:
    """What is shown, from which tables, and the conditions: "name from customer, city is 'Oslo'"."""
    columns = answer.table.columns if answer.table else ()
    shown = listed(columns[:MOST_COLUMNS], language) + (", ..." if len(columns) > MOST_COLUMNS else "")
    read = say("rows_of", language, shown=shown, tables=listed(answer.tables, language)) if answer.tables else shown
    return listed((read, *answer.filters), language)
