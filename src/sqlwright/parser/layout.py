"""One question over one schema as the network reads it: word pieces, items, and how all of them stand to each other.

The joined sequence is the question's word pieces, the items of the schema, the constants and the periods found in the
question. The relations follow RAT-SQL (Wang et al., ACL 2020), with scalar biases instead of its vectors.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..core import Hints, NameMatch, Turn
from .candidates import Candidate, find_candidates, is_number
from .find_periods import find_periods
from .period import bounds, is_relative, spelled
from .schema_text import RELATION, TYPE_CLASSES, Pieces, SchemaText
from .tokens import WORDS, ColumnPointer, PeriodPointer, TablePointer, Token, ValuePointer

MAX_QUESTION_PIECES = 96
MAX_HISTORY_PIECES = 20  # of each earlier question
MAX_HISTORY = 2
MAX_ITEMS = 320
MAX_PERIODS = 6
FEATURE_SIZES = (3, len(TYPE_CLASSES), 4, 4, 2, 4)  # kind, type class, key, mention, holds a mentioned value, used
USES = {"select": 1, "where": 2, "having": 2, "group": 3, "order": 3, "from": 3}  # by the clause of the last query
WORD_IDS = {word: i + 1 for i, word in enumerate(WORDS)}  # 0 starts a sequence


@dataclass(frozen=True, eq=False)
class Layout:
    """One input. The joined sequence of T = Q + N places is Q word pieces, then N items: schema items, values, periods.

    `pieces` (Q,) are word-piece ids; `chosen` are the schema items in use, as positions in `text.items`;
    `value_spans` (values and periods, 2) half-open ranges of pieces; `features` (N, 6) indices below FEATURE_SIZES;
    `relations` (T, T) index RELATIONS; `pointers` are what the N items stand for. `last_query` holds the token ids of
    the dialogue's query before, from which the decoder goes on. `period_places` are half-open ranges of characters.
    """

    text: SchemaText
    pieces: tuple[int, ...]
    chosen: NDArray[np.int64]
    value_spans: tuple[tuple[int, int], ...]
    features: NDArray[np.int8]
    relations: NDArray[np.int8]
    pointers: tuple[Token, ...]
    candidates: tuple[Candidate, ...]
    last_query: tuple[int, ...] = ()
    period_places: Mapping[PeriodPointer, tuple[int, int]] = field(default_factory=dict)
    _places: dict[Token, int] = field(default_factory=dict, repr=False)

    def ids_of(self, tokens: Sequence[Token]) -> list[int] | None:
        """Token ids: words first (see `WORD_IDS`), then the items; None where a token is not among the items."""
        if not self._places:
            for i, pointer in enumerate(self.pointers):
                self._places.setdefault(_pointer_key(pointer), i + 1 + len(WORDS))
        ids = [WORD_IDS[t] if isinstance(t, str) else self._places.get(_pointer_key(t), -1) for t in tokens]
        return None if -1 in ids else ids

    def token_of(self, token_id: int) -> Token:
        return WORDS[token_id - 1] if token_id <= len(WORDS) else self.pointers[token_id - 1 - len(WORDS)]


def _pointer_key(token: Token) -> Token:
    """Values meet whatever their case, numbers by their value, periods by their days: 2025-Q1 is 2025-01/2025-03."""
    if isinstance(token, PeriodPointer):
        return PeriodPointer(_days_of(token.text))
    if not isinstance(token, ValuePointer):
        return token
    try:
        return ValuePointer(repr(float(token.text)))
    except ValueError:
        return ValuePointer(token.text.casefold())


def _days_of(period: str) -> str:
    """The shortest notation of the days of an absolute period."""
    if any(is_relative(part) for part in period.split("/")):
        return period
    try:
        return spelled(*bounds(period, dt.date.min))
    except ValueError:
        return period


def lay_out(
    question: str,
    text: SchemaText,
    hints: Hints,
    pieces: Pieces,
    *,
    history: Sequence[Turn] = (),
    last_query: Sequence[Token] = (),
    chosen: NDArray[np.int64] | None = None,
) -> Layout:
    """`last_query` is the form of the history's last SQL; `chosen` the schema items to show, all where None."""
    builder = _Question(pieces)
    builder.read(question, history)
    candidates = find_candidates(question, hints.values)
    values = [(c, span) for c in candidates if (span := builder.span(c))]
    known = {_pointer_key(ValuePointer(c.text)) for c, _ in values}
    # A follow-up keeps constants of the query before, which its own words do not spell.
    for token in last_query:
        if isinstance(token, ValuePointer) and _pointer_key(token) not in known:
            known.add(_pointer_key(token))
            values.append((Candidate(token.text, is_number(token.text), -1, -1), builder.add(token.text)))
    periods = _periods(question, last_query, builder)
    chosen = text.items_of() if chosen is None else chosen
    shown = tuple(c for c, _ in values)
    pointers = (
        *(text.items[i].pointer for i in chosen),
        *(ValuePointer(c.text, c.numeric, c.unit) for c in shown),
        *periods,
    )
    spans = (*(span for _, span in values), *periods.values())
    layout = Layout(
        text,
        tuple(builder.pieces),
        chosen,
        spans,
        _features(text, chosen, shown, tuple(periods), hints.names, last_query),
        _relations(text, chosen, shown, spans, pointers, builder, hints.names),
        pointers,
        shown,
        period_places={PeriodPointer(p.text): (p.start, p.end) for p in reversed(find_periods(question))},
    )
    ids = layout.ids_of(last_query) if last_query else None
    return layout if ids is None else _with_last(layout, ids)


def _periods(question: str, last_query: Sequence[Token], builder: _Question) -> dict[PeriodPointer, tuple[int, int]]:
    """The pieces of each period, those that the query before used among them; the longest mention counts."""
    found: dict[PeriodPointer, tuple[int, int]] = {}
    for period in find_periods(question)[:MAX_PERIODS]:
        if span := builder.between(period.start, period.end):
            found.setdefault(PeriodPointer(period.text), span)
    for token in last_query:
        if isinstance(token, PeriodPointer) and token not in found:
            found[token] = builder.add(token.text)
    return found


def _with_last(layout: Layout, ids: Sequence[int]) -> Layout:
    return replace(layout, last_query=tuple(ids))


class _Question:
    """The question's word pieces, with the way back from characters to pieces."""

    def __init__(self, reader: Pieces) -> None:
        self.reader = reader
        self.pieces = [reader.start]
        self.offsets: list[tuple[int, int]] = []
        self.text = ""

    def read(self, question: str, history: Sequence[Turn]) -> None:
        encoded = self.reader.tokenizer.encode(question, add_special_tokens=False)
        self.text = question
        self.pieces += encoded.ids[:MAX_QUESTION_PIECES]
        self.offsets = encoded.offsets[:MAX_QUESTION_PIECES]
        self.pieces.append(self.reader.separator)
        for turn in reversed(history[-MAX_HISTORY:]):
            self.add(turn.question, MAX_HISTORY_PIECES)

    def add(self, text: str, most: int = 8) -> tuple[int, int]:
        start = len(self.pieces)
        ids = self.reader.tokenizer.encode(text, add_special_tokens=False).ids[:most]
        self.pieces += ids or [self.reader.separator]
        self.pieces.append(self.reader.separator)
        return start, len(self.pieces) - 1

    def span(self, candidate: Candidate) -> tuple[int, int] | None:
        return self.between(candidate.start, candidate.end) if candidate.start >= 0 else self.add(candidate.text)

    def between(self, start: int, end: int) -> tuple[int, int] | None:
        """The pieces that characters `start` to `end` of the question touch."""
        inside = [i for i, (a, b) in enumerate(self.offsets) if a < end and b > start]
        return (1 + inside[0], 2 + inside[-1]) if inside else None

    def mentioned(self, mention: str) -> Iterator[tuple[int, int]]:
        """The pieces of the words of `mention`, wherever they stand."""
        for word in set(mention.split()):
            for match in re.finditer(rf"(?<!\w){re.escape(word)}", self.text, re.IGNORECASE):
                if span := self.between(*match.span()):
                    yield span


def _features(
    text: SchemaText,
    chosen: NDArray[np.int64],
    values: Sequence[Candidate],
    periods: Sequence[PeriodPointer],
    names: Sequence[NameMatch],
    last_query: Sequence[Token],
) -> NDArray[np.int8]:
    levels = {(m.table, m.column): _level(m.score) for m in reversed(names)}
    held = {place for c in values for place in c.columns}
    used = _uses(last_query)
    found = np.zeros((len(chosen) + len(values) + len(periods), len(FEATURE_SIZES)), dtype=np.int8)
    for row, i in enumerate(chosen):
        item = text.items[i]
        pointer = item.pointer
        found[row, :3] = item.features
        if isinstance(pointer, (TablePointer, ColumnPointer)):
            place = (pointer.table, pointer.column if isinstance(pointer, ColumnPointer) else "")
            found[row, 3:5] = levels.get(place, 0), place in held
        found[row, 5] = used.get(_pointer_key(pointer), 0)
    for row, value in enumerate(values, len(chosen)):
        kind = TYPE_CLASSES.index("number" if value.numeric else "text")
        found[row] = 2, kind, 0, 0, bool(value.columns), used.get(_pointer_key(ValuePointer(value.text)), 0)
    for row, period in enumerate(periods, len(chosen) + len(values)):
        found[row] = 2, TYPE_CLASSES.index("date"), 0, 0, 0, used.get(period, 0)
    return found


def _uses(query: Sequence[Token]) -> dict[Token, int]:
    """In which kind of clause the last query first uses each item."""
    found: dict[Token, int] = {}
    clause = 0
    for token in query:
        if isinstance(token, str):
            clause = USES.get(token, clause)
        else:
            found.setdefault(_pointer_key(token), clause)
    return found


def _level(score: float) -> int:
    return 3 if score >= 0.9 else 2 if score >= 0.6 else 1


def _relations(
    text: SchemaText,
    chosen: NDArray[np.int64],
    values: Sequence[Candidate],
    spans: Sequence[tuple[int, int]],
    pointers: Sequence[Token],
    question: _Question,
    names: Sequence[NameMatch],
) -> NDArray[np.int8]:
    length, items = len(question.pieces), len(chosen)
    found = np.zeros((length + len(pointers),) * 2, dtype=np.int8)
    found[length : length + items, length : length + items] = text.relations(chosen)
    places = {
        (p.table, p.column if isinstance(p, ColumnPointer) else ""): length + i
        for i, p in enumerate(pointers[:items])
        if isinstance(p, (TablePointer, ColumnPointer))
    }
    for match in reversed(names):
        place = places.get((match.table, match.column))
        if place is not None and match.mention:
            exact = match.score >= 0.9
            for start, end in question.mentioned(match.mention):
                found[start:end, place] = RELATION["names" if exact else "partly_names"]
                found[place, start:end] = RELATION["named_by" if exact else "partly_named_by"]
    for i, (start, end) in enumerate(spans, length + items):
        found[i, start:end], found[start:end, i] = RELATION["stands_at"], RELATION["spells"]
    for i, value in enumerate(values, length + items):
        for column in value.columns:
            if column in places:
                found[i, places[column]], found[places[column], i] = RELATION["held_by"], RELATION["holds"]
    np.fill_diagonal(found, RELATION["self"])
    return found
