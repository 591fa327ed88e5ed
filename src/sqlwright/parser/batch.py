"""Layouts to the arrays of one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .layout import FEATURE_SIZES, WORD_IDS, Layout
from .schema_text import SchemaText

IGNORED = -100  # the label of a token that is not learned
PREFIX_POSITION = 96  # positions from here on number the tokens of the last query, those below the new one's

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """B questions over the schemas they share, padded.

    `segments` (S, L) and `questions` (B, Q) are word pieces, 0 where there is none. `bags` are positions in the
    flattened states of segments, then questions; `offsets` (P,) says where each of the P pooled items begins in it, and
    `items` (B, N) which of them stand in each row. `features` (B, N, 6), `relations` (B, Q + N, Q + N);
    `present` (B, Q + N) is True where there is something.
    """

    segments: Ints
    questions: Ints
    bags: Ints
    offsets: Ints
    items: Ints
    features: Ints
    relations: Ints
    present: NDArray[np.bool_]


def collate(layouts: Sequence[Layout]) -> Batch:
    texts = list(dict.fromkeys(layout.text for layout in layouts))
    segments, used, first = _segments(texts, layouts)
    questions = pad([layout.pieces for layout in layouts])
    bags: list[Ints] = []
    numbers: dict[tuple[int, int], int] = {}
    for layout in layouts:
        t = texts.index(layout.text)
        for i in layout.chosen:
            if (t, int(i)) not in numbers:
                numbers[(t, int(i))] = len(bags)
                item = layout.text.items[i]
                row = first[t] + used[t][item.segment]
                bags.append(np.arange(item.start, item.end) + row * segments.shape[1])
    rows = []
    for r, layout in enumerate(layouts):
        t = texts.index(layout.text)
        row_items = [numbers[(t, int(i))] for i in layout.chosen]
        for start, end in layout.value_spans:
            row_items.append(len(bags))
            bags.append(np.arange(start, end) + segments.size + r * questions.shape[1])
        rows.append(row_items)
    items = pad(rows)
    lengths = [len(b) for b in bags]
    width = questions.shape[1]
    features = np.zeros((*items.shape, len(FEATURE_SIZES)), dtype=np.int64)
    relations = np.zeros((len(layouts), *(width + items.shape[1],) * 2), dtype=np.int64)
    present = np.zeros(relations.shape[:2], dtype=np.bool_)
    for r, layout in enumerate(layouts):
        n, q = len(layout.pointers), len(layout.pieces)
        features[r, :n] = layout.features
        places = np.concatenate([np.arange(q), width + np.arange(n)])
        relations[r][np.ix_(places, places)] = layout.relations
        present[r, places] = True
    offsets = np.cumsum([0, *lengths[:-1]])
    return Batch(segments, questions, np.concatenate(bags), offsets, items, features, relations, present)


def _segments(texts: Sequence[SchemaText], layouts: Sequence[Layout]) -> tuple[Ints, list[dict[int, int]], list[int]]:
    """The segments in use of all texts, and per text their new numbers and the row at which they begin."""
    found: list[Sequence[int]] = []
    used: list[dict[int, int]] = []
    first = []
    for text in texts:
        wanted = {text.items[i].segment for x in layouts if x.text is text for i in x.chosen}
        first.append(len(found))
        used.append({number: n for n, number in enumerate(sorted(wanted))})
        found += [text.segments[number] for number in sorted(wanted)]
    return pad(found), used, first


def pad(rows: Sequence[Sequence[int]], value: int = 0) -> Ints:
    padded = np.full((len(rows), max(map(len, rows))), value, dtype=np.int64)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    return padded


def targets(layouts: Sequence[Layout], sequences: Sequence[Sequence[int]]) -> tuple[Ints, Ints, Ints]:
    """Given tokens, their positions and the labels, each (B, T).

    A row is the last query of its dialogue, 0, then the query to be written; only the latter has labels.
    """
    given, positions, labels = [], [], []
    for layout, sequence in zip(layouts, sequences, strict=True):
        before = len(layout.last_query)
        given.append([*layout.last_query, 0, *sequence[:-1]])
        positions.append(decoder_positions(before, len(sequence)))
        labels.append([IGNORED] * before + list(sequence))
    return pad(given), pad(positions), pad(labels, IGNORED)


def decoder_positions(before: int, length: int) -> list[int]:
    return [*range(PREFIX_POSITION, PREFIX_POSITION + before), *range(length)]


N_WORDS = len(WORD_IDS)
