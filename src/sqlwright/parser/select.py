"""The part of a large schema that one question is read with."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core import Hints
from .layout import MAX_ITEMS
from .schema_text import Pieces, SchemaText
from .tokens import ColumnPointer, TablePointer, Token, ValuePointer

MENTIONED_VALUE = 0.8
NEIGHBOUR = 0.25  # of the score of a table that a foreign key connects
SHARED_PIECES = 0.5
MAX_TABLE_ITEMS = MAX_ITEMS // 2


def choose_items(
    text: SchemaText,
    question: str,
    hints: Hints,
    last_query: Sequence[Token],
    pieces: Pieces,
    hidden: Collection[tuple[str, str]] = (),
) -> NDArray[np.int64]:
    """Positions in `text.items`: all where at most MAX_ITEMS, else those of the tables that matter most.

    The columns `hidden` are left out.

    A table counts by what linking found of it, the word pieces its names share with the question, and a part of the
    score of the tables its keys lead to. Of a table that is itself too large the columns that matter most are taken.
    """
    if len(text.items) <= MAX_ITEMS:
        return _without(hidden, text.items_of(), text)
    items = _item_scores(text, question, hints, last_query, pieces)
    tables = _table_scores(text, items)
    kept: list[NDArray[np.int64]] = []
    room = MAX_ITEMS
    for table in np.argsort(-tables, kind="stable"):
        own = _of_table(text, int(table), items)
        if len(own) <= room:
            kept.append(own)
            room -= len(own)
    return _without(hidden, np.sort(np.concatenate(kept)), text)


def _without(hidden: Collection[tuple[str, str]], items: NDArray[np.int64], text: SchemaText) -> NDArray[np.int64]:
    if not hidden:
        return items
    pointers = (text.items[i].pointer for i in items)
    shown = [not isinstance(p, ColumnPointer) or (p.table, p.column) not in hidden for p in pointers]
    kept: NDArray[np.int64] = items[np.array(shown, dtype=np.bool_)]
    return kept


def _item_scores(
    text: SchemaText, question: str, hints: Hints, last_query: Sequence[Token], pieces: Pieces
) -> NDArray[np.float64]:
    places: dict[tuple[str, str], int] = {}
    for i, item in enumerate(text.items):
        if isinstance(item.pointer, (TablePointer, ColumnPointer)):
            places[(item.pointer.table, getattr(item.pointer, "column", ""))] = i
    scores = _shared_pieces(text, question, pieces)
    for match in hints.names:
        if (place := places.get((match.table, match.column))) is not None:
            scores[place] += match.score
    for value in hints.values:
        if (place := places.get((value.table, value.column))) is not None:
            scores[place] += MENTIONED_VALUE * value.score
    for token in last_query:
        if isinstance(token, (TablePointer, ColumnPointer)):
            place = places.get((token.table, getattr(token, "column", "")))
            if place is not None:
                scores[place] += 10  # a follow-up is about the same tables
    return scores


def _shared_pieces(text: SchemaText, question: str, pieces: Pieces) -> NDArray[np.float64]:
    """The rarer a word piece is among the items, the more it says about those that have it."""
    asked = set(pieces.tokenizer.encode(question, add_special_tokens=False).ids)
    spans = [set(text.segments[i.segment][i.start : i.end]) & asked for i in text.items]
    counts: dict[int, int] = {}
    for span in spans:
        for piece in span:
            counts[piece] = counts.get(piece, 0) + 1
    return np.array([SHARED_PIECES * sum(1 / counts[p] ** 0.5 for p in span) for span in spans])


def _table_scores(text: SchemaText, items: NDArray[np.float64]) -> NDArray[np.float64]:
    """The best column and the table's own name count whole, further columns less and less."""
    scores = np.zeros(len(text.schema))
    for number in range(len(scores)):
        own = np.sort(items[text.item_tables == number])[::-1][:6]
        scores[number] = float((own / 2.0 ** np.arange(len(own))).sum())
    numbers = {t.full_name: n for n, t in enumerate(text.schema)}
    near = np.zeros(len(scores))
    for owner, _, target in text.schema.foreign_keys():
        number, other = numbers[owner.full_name], numbers[target.full_name]
        near[number] = max(near[number], NEIGHBOUR * scores[other])
        near[other] = max(near[other], NEIGHBOUR * scores[number])
    return scores + near


def _of_table(text: SchemaText, table: int, scores: NDArray[np.float64]) -> NDArray[np.int64]:
    own = text.items_of([table])
    if len(own) <= MAX_TABLE_ITEMS:
        return own
    keys = np.array([text.items[i].features[2] > 0 or not text.items[i].features[0] for i in own])
    columns = np.array([not isinstance(text.items[i].pointer, ValuePointer) for i in own])
    best = np.argsort(-(scores[own] + keys + 0.01 * columns), kind="stable")[:MAX_TABLE_ITEMS]
    return np.sort(own[best])
