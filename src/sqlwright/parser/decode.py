"""Beam search among well-typed queries: only finished queries on existing names come out, or a refusal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .grammar import UNANSWERABLE
from .layout import WORD_IDS, Layout
from .scope import State
from .tokens import Token
from .type_facts import facts_of
from .well_typed import WellTyped

MAX_TOKENS = 95
_REFUSAL = WORD_IDS[UNANSWERABLE]

Ints = NDArray[np.int64]
Scores = NDArray[np.float32]


class Stepper(Protocol):
    """The network, one token at a time."""

    def advance(self, parents: Ints, layouts: Ints, last_tokens: Ints) -> Scores:
        """Log probabilities (rows, 1 + W + N) of the token after `last_tokens` (rows,).

        Row r goes on from row `parents[r]` of the call before, so a cache of keys and values is gathered by them, and
        is about `layouts[r]`. In the first call both number the layouts, and the tokens are 0.
        """
        ...


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finished query and the log probability the model gives it."""

    tokens: tuple[Token, ...]
    score: float

    @property
    def answerable(self) -> bool:
        """False where the model says that the schema does not hold the answer; the tokens are then no query."""
        return self.tokens != (UNANSWERABLE,)


@dataclass(frozen=True, slots=True)
class Found:
    """The best finished queries of one layout, best first; `refusal` is the log probability of `unanswerable`."""

    hypotheses: tuple[Hypothesis, ...]
    refusal: float


@dataclass(frozen=True, slots=True)
class _Partial:
    ids: tuple[int, ...]
    state: State
    score: float
    parent: int


def search(
    layouts: Sequence[Layout], stepper: Stepper, *, beam: int = 1, max_tokens: int = MAX_TOKENS, refuse: bool = True
) -> list[Found]:
    """At most `beam` queries per layout, none longer than `max_tokens`; without `refuse` none is `unanswerable`."""
    beams = [_Beam(layout, beam, row) for row, layout in enumerate(layouts)]
    for room in range(max_tokens, 0, -1):
        rows = [(i, partial) for i, b in enumerate(beams) for partial in b.alive]
        if not rows:
            break
        parents, which, last = (
            np.array(column, dtype=np.int64)
            for column in zip(*((p.parent, i, p.ids[-1] if p.ids else 0) for i, p in rows), strict=True)
        )
        scores = stepper.advance(parents, which, last)
        if room == max_tokens:
            for b, row in zip(beams, scores, strict=True):
                b.refusal = float(row[_REFUSAL])
            if not refuse:
                scores = scores.copy()
                scores[:, _REFUSAL] = -np.inf
        at = 0
        for b in beams:
            count = len(b.alive)
            b.grow(scores[at : at + count], at, room)
            at += count
    return [Found(tuple(b.finished), b.refusal) for b in beams]


class _Beam:
    """The hypotheses of one layout."""

    def __init__(self, layout: Layout, width: int, row: int) -> None:
        self.layout, self.width = layout, width
        self.machine = WellTyped(facts_of(layout))
        self.alive = [_Partial((), self.machine.begin, 0.0, row)]
        self.finished: list[Hypothesis] = []
        self.refusal = -math.inf

    def grow(self, scores: Scores, first_row: int, room: int) -> None:
        """Every hypothesis by one token; `scores` (alive, V) belong to the rows from `first_row` on."""
        if not self.alive:
            return
        size = self.machine.facts.size
        total = np.full((len(self.alive), size), -np.inf)
        for row, partial in enumerate(self.alive):
            mask = self.machine.options(partial.state, room)
            total[row, mask] = scores[row, :size][mask] + partial.score
        grown = [self._child(*divmod(int(k), size), total, first_row) for k in _best(total.ravel(), self.width)]
        done = [self._finish(p) for p in grown if p.state.finished]
        self.finished = sorted([*self.finished, *done], key=lambda h: -h.score)[: self.width]
        # Scores only fall: what is below the last kept hypothesis can never come back.
        worst = self.finished[-1].score if len(self.finished) == self.width else -math.inf
        self.alive = [p for p in grown if not p.state.finished and p.score > worst]

    def _child(self, row: int, token: int, total: NDArray[np.float64], first_row: int) -> _Partial:
        partial = self.alive[row]
        state = self.machine.advance(partial.state, token)
        return _Partial((*partial.ids, token), state, float(total[row, token]), first_row + row)

    def _finish(self, partial: _Partial) -> Hypothesis:
        return Hypothesis(tuple(self.layout.token_of(t) for t in partial.ids), partial.score)


def _best(values: NDArray[np.float64], count: int) -> Ints:
    """Positions of the `count` highest values that are possible at all, highest first."""
    found = np.argpartition(-values, count)[:count] if count < len(values) else np.arange(len(values))
    found = found[np.argsort(-values[found])]
    return found[values[found] > -np.inf]
