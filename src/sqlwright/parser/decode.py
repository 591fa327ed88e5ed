"""Beam search inside the grammar: only finished, well-formed queries on existing names come out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .grammar import COLUMN, START, TABLE, VALUE, Stack, advance, allowed, class_of
from .layout import WORD_IDS, Layout
from .tokens import WORDS, Token

N_WORDS = len(WORD_IDS)
Scores = NDArray[np.float32]
# (layout index per row, token ids (rows, T) beginning with 0) -> log probabilities (rows, 1 + W + N) of the next token
Step = Callable[[Sequence[int], NDArray[np.int64]], Scores]

_BY_CLASS: dict[str, list[int]] = {}
for _word in WORDS:
    _BY_CLASS.setdefault(class_of(_word), []).append(WORD_IDS[_word])


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finished query and the log probability the model gives it."""

    tokens: tuple[Token, ...]
    score: float


@dataclass(frozen=True, slots=True)
class _Partial:
    ids: tuple[int, ...]
    stack: Stack
    score: float


def search(layouts: Sequence[Layout], step: Step, *, beam: int = 1, max_tokens: int = 95) -> list[list[Hypothesis]]:
    """The best finished queries per layout, best first, at most `beam` each."""
    kinds = [_pointer_classes(layout) for layout in layouts]
    alive = [[_Partial((0,), START, 0.0)] for _ in layouts]
    finished: list[list[Hypothesis]] = [[] for _ in layouts]
    for _ in range(max_tokens):
        rows = [(i, partial) for i, partials in enumerate(alive) for partial in partials]
        if not rows:
            break
        scores = step([i for i, _ in rows], np.array([p.ids for _, p in rows], dtype=np.int64))
        grown: list[list[_Partial]] = [[] for _ in layouts]
        for (i, partial), row in zip(rows, scores, strict=True):
            grown[i] += _grow(partial, row, kinds[i], beam)
        for i, partials in enumerate(grown):
            partials.sort(key=lambda p: -p.score)
            done = [p for p in partials[:beam] if not p.stack]
            finished[i] += [_finish(p, layouts[i]) for p in done]
            finished[i].sort(key=lambda h: -h.score)
            # Scores only fall: what is below the last kept hypothesis can never come back.
            worst = finished[i][beam - 1].score if len(finished[i]) >= beam else -math.inf
            alive[i] = [p for p in partials[:beam] if p.stack and p.score > worst]
    return [found[:beam] for found in finished]


def _grow(partial: _Partial, row: Scores, kinds: dict[str, list[int]], beam: int) -> list[_Partial]:
    choices = [(t, c) for c in allowed(partial.stack) for t in kinds.get(c, _BY_CLASS.get(c, []))]
    if not choices:
        return []
    values = row[[t for t, _ in choices]]
    best = np.argsort(-values)[:beam]
    return [
        _Partial((*partial.ids, choices[k][0]), advance(partial.stack, choices[k][1]), partial.score + float(values[k]))
        for k in best
    ]


def _pointer_classes(layout: Layout) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {TABLE: [], COLUMN: [], VALUE: []}
    for i, pointer in enumerate(layout.pointers):
        found[class_of(pointer)].append(1 + N_WORDS + i)
    return found


def _finish(partial: _Partial, layout: Layout) -> Hypothesis:
    return Hypothesis(tuple(layout.token_of(t) for t in partial.ids[1:]), partial.score)
