"""An Answer as the plain text of a chat message: the rows, what to know of them, the query."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Answer, Note, ResultTable, language_of, to_json_value
from ..core.receipt_text import choice_in_words

SHOWN_ROWS = 50
CELL_CHARS = 200
DATABASE = "Database: "


def answer_text(answer: Answer, *, with_database: bool = False) -> str:
    """Markdown that also reads well unrendered. The query stands last, where a follow-up finds it again.

    `with_database`: the line before the query begins with the name of the database, and says why it was chosen.
    """
    rows = [answer.reason or _table_text(answer.table)] if answer.table is None else [_table_text(answer.table)]
    first, others = answer.notes_around_rows()
    parts = [*_notes(first), *rows, *_notes(others)]
    if with_database and answer.database and answer.kind != "small_talk":
        chosen = choice_in_words(answer, language_of(answer.question))
        parts.append(f"{DATABASE}{_inline(chosen[0] if chosen else answer.database)}")
    parts += [f"```sql\n{answer.sql}\n```"] if answer.sql else []
    return "\n\n".join(parts)


def _notes(notes: Sequence[Note]) -> list[str]:
    return ["\n".join(f"Note: {note.message}" for note in notes)] if notes else []


def _table_text(table: ResultTable | None) -> str:
    if table is None:
        return ""
    lines = [_row(table.columns), _row(["---"] * len(table.columns))]
    lines += [_row([_cell(value) for value in row]) for row in table.rows[:SHOWN_ROWS]]
    count = len(table.rows)
    more = f", the first {SHOWN_ROWS} shown" if count > SHOWN_ROWS else ""
    return "\n".join([*lines, "", f"{count} row{'' if count == 1 else 's'}{more}"])


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(_inline(cell) for cell in cells)} |"


def _cell(value: object) -> str:
    return "NULL" if value is None else str(to_json_value(value))  # type: ignore[arg-type]


def _inline(text: str) -> str:
    """On one line, and no cell can end the table or open a block of code."""
    line = " ".join(text.split()).replace("|", "\\|").replace("```", "'''")
    return line if len(line) <= CELL_CHARS else line[: CELL_CHARS - 1] + "…"
