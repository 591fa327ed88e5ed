"""An Answer as plain text: what `print(answer)` shows, and the receipt that the command line prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .language import Language, language_of
from .retrieved import Source
from .shown import on_one_line, shown_value
from .text_table import table_text
from .words import say

if TYPE_CHECKING:
    from .answer import Answer, Reading

QUERY_CHARS = 160  # of a reading's difference, on one line
SOURCE_CHARS = 100
PLACE_CHARS = 80
CELL_CHARS = 40


def answer_text(answer: Answer) -> str:
    """The query, the first rows and the receipt, in the language of the question."""
    language = language_of(answer.question)
    above, _ = answer.notes_around_rows()
    parts = [note.message for note in above]
    if answer.sql:
        parts.append(answer.sql)
    if answer.table is None:
        return "\n\n".join([*parts, f"{answer.status}: {answer.reason}"])
    return "\n\n".join([*parts, table_text(answer.table), "\n".join(receipt_lines(answer, language))])


def receipt_lines(answer: Answer, language: Language = "en") -> list[str]:
    """The receipt in words."""
    if answer.kind == "catalogue":
        return [_line("from", say("the_catalogue", language), language)]
    lines = [_line("from", ", ".join(answer.tables), language)] if answer.tables else []
    lines += [_line("with", answer.filters[0], language)] if answer.filters else []
    lines += [f"        {text}" for text in answer.filters[1:]]
    lines += [_line("note", note.message, language) for note in answer.notes_around_rows()[1]]
    lines += [_line("used", _used(source, language), language) for source in answer.sources]
    if answer.confidence is not None:
        lines.append(_line("sure", say("sure", language, share=answer.confidence), language))
    lines += [_line("or", _reading(reading, language), language) for reading in answer.readings]
    times = answer.timings
    model = answer.model or say("no_model", language)
    facts = {"model": model, "generate": times.generate_s, "query": times.query_s, "total": times.total_s}
    return [*lines, _line("model", say("times", language, **facts), language)]


def _line(label: str, text: str, language: Language) -> str:
    return f"{say(f'label_{label}', language)} {text}"


def _used(source: Source, language: Language) -> str:
    what = say("your_pair", language) if source.kind == "pair" else on_one_line(source.place, PLACE_CHARS)
    return say("score", language, what=what, score=source.score, text=on_one_line(source.text, SOURCE_CHARS))


def _reading(reading: Reading, language: Language) -> str:
    """With its result if that is one value, else with the number of rows."""
    rows = reading.table.rows
    alone = len(rows) == len(reading.table.columns) == 1
    result = on_one_line(shown_value(rows[0][0]), CELL_CHARS) if alone else say("n_rows", language, n=len(rows))
    return say("reading", language, share=reading.sure, says=on_one_line(reading.says, QUERY_CHARS), result=result)
