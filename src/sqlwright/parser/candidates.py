"""The constants a query may use: stored values the question mentions, numbers, quoted and capitalised spans."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core import Column, ValueMatch

MAX_CANDIDATES = 40
MAX_CODE_CHARS = 14
MAX_CODES = 4  # a column with more distinct values holds no codes

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)")
_QUOTED = re.compile(r"\"([^\"]{1,80})\"|“([^”]{1,80})”|(?<!\w)['‘`]+([^'’`]{1,80})['’`]+(?!\w)")
_CAPITALISED = re.compile(r"\b[A-Z][\w.&'-]*(?:\s+(?:of|the|and|de|&)?\s*[A-Z0-9][\w.&'-]*)*")
# A word that a cue introduces: "named h", "the letter w", "the word computer".
_CUED = re.compile(
    r"\b(?:named?|called|letters?|words?|substring|string|contain(?:s|ing)?|includ(?:es?|ing)|(?:start|begin|end)(?:s|ing)?"
    r" with|prefix|suffix|titled|is|be|of)\s+(?:the\s+(?:word|letter|string|substring)?\s*)?([A-Za-z][\w-]*)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2})?)?")
_NUMBER_WORDS = {
    word: str(i)
    for i, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "1000", "once": "1", "twice": "2"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A constant in its stored spelling.

    `start` and `end` are its place in the question, -1 where it is not spelled there. `columns` are those known to
    hold it, as (table, column).
    """

    text: str
    numeric: bool
    start: int
    end: int
    columns: tuple[tuple[str, str], ...] = ()


def find_candidates(question: str, matches: Sequence[ValueMatch], limit: int = MAX_CANDIDATES) -> tuple[Candidate, ...]:
    """Without repetition, those with a stored spelling first."""
    merged: dict[tuple[str, int], Candidate] = {}
    for found in [*_stored(question, matches), *_spelled(question)]:
        key = (found.text, found.start)
        if key in merged:
            known = merged[key]
            columns = tuple(dict.fromkeys((*known.columns, *found.columns)))
            merged[key] = Candidate(found.text, known.numeric, known.start, known.end, columns)
        else:
            merged[key] = found
    return tuple(merged.values())[:limit]


def column_codes(column: Column) -> tuple[str, ...]:
    """Short values of a column that holds few, as 'F' for a question that says female; else empty."""
    values = column.samples
    short = 0 < len(values) <= MAX_CODES and all(0 < len(v) <= MAX_CODE_CHARS for v in values)
    return values if short and not all(is_number(v) for v in values) else ()


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def _stored(question: str, matches: Sequence[ValueMatch]) -> Iterator[Candidate]:
    for match in matches:
        start = question.find(match.mention)
        end = start + len(match.mention) if start >= 0 else -1
        yield Candidate(match.value, is_number(match.value), start, end, ((match.table, match.column),))


def _spelled(question: str) -> Iterator[Candidate]:
    for match in _QUOTED.finditer(question):
        inner = next(g for g in match.groups() if g is not None)
        start = question.index(inner, match.start())
        yield Candidate(inner.strip(), is_number(inner.strip()), start, start + len(inner))
    for match in _DATE.finditer(question):
        yield Candidate(match[0], False, match.start(), match.end())
    for match in _NUMBER.finditer(question):
        yield Candidate(match[0].replace(",", ""), True, match.start(), match.end())
    for match in re.finditer(r"[A-Za-z]+", question):
        if match[0].lower() in _NUMBER_WORDS:
            yield Candidate(_NUMBER_WORDS[match[0].lower()], True, match.start(), match.end())
    for match in _CAPITALISED.finditer(question):
        if match.start() > 0:  # the first word of a question has its capital for nothing
            text = match[0].rstrip(".'-&")
            yield Candidate(text, False, match.start(), match.start() + len(text))
    for match in _CUED.finditer(question):
        yield Candidate(match[1], False, match.start(1), match.end(1))
