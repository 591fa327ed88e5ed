"""An Answer as plain text: what `print(answer)` shows, and the receipt that the command line prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .language import Language, language_of
from .retrieved import RetrievedSource
from .shown import on_one_line, shown_value
from .text_table import table_text
from .words import say

if TYPE_CHECKING:
    from .answer import Answer, Reading
    from .candidate import Candidate

QUERY_CHARS = 160  # of a reading's difference, on one line
SOURCE_CHARS = 100
PLACE_CHARS = 80
CELL_CHARS = 40
NEAR_SHARE = 0.1  # of the evidence: a database with less was far off
MENTIONS = 3


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
    choice = choice_in_words(answer, language)
    lines = [_line("in", choice[0], language), *(f"        {near}" for near in choice[1:])] if choice else []
    if answer.kind == "catalogue":
        return [*lines, _line("from", say("the_catalogue", language), language)]
    lines += [_line("from", ", ".join(answer.tables), language)] if answer.tables else []
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


def choice_in_words(answer: Answer, language: Language) -> list[str]:
    """Which of several databases was asked and why, then which others came near; [] where there was no choice."""
    if not answer.candidates:
        return []
    asked = next((c for c in answer.candidates if c.database == answer.database), answer.candidates[0])
    text = say("routed", language, database=asked.database, count=len(answer.candidates))
    if asked.mentions:
        text += say("routed_by", language, names=on_one_line(", ".join(asked.mentions[:MENTIONS]), SOURCE_CHARS))
    near = [c for c in answer.candidates if c is not asked and c.share >= NEAR_SHARE]
    return [text, *(_near(candidate, language) for candidate in near[:MENTIONS])]


def _near(candidate: Candidate, language: Language) -> str:
    names = on_one_line(", ".join(candidate.mentions[:MENTIONS]), SOURCE_CHARS)
    code = "near_database_by" if names else "near_database"
    return say(code, language, database=candidate.database, share=candidate.share, names=names)


def _line(label: str, text: str, language: Language) -> str:
    return f"{say(f'label_{label}', language)} {text}"


def _used(source: RetrievedSource, language: Language) -> str:
    what = say("your_pair", language) if source.kind == "pair" else on_one_line(source.place, PLACE_CHARS)
    return say("score", language, what=what, score=source.score, text=on_one_line(source.text, SOURCE_CHARS))


def _reading(reading: Reading, language: Language) -> str:
    """With its result if that is one value, else with the number of rows."""
    rows = reading.table.rows
    alone = len(rows) == len(reading.table.columns) == 1
    result = on_one_line(shown_value(rows[0][0]), CELL_CHARS) if alone else say("n_rows", language, n=len(rows))
    return say("reading", language, share=reading.sure, says=on_one_line(reading.says, QUERY_CHARS), result=result)
