"""Choosing the query to answer with from a model's completions: the same for `ask` and for `predict`.

The completions' queries run through the caller's `run`, which checks and limits each statement, and the result that
most of the probability agrees on wins (self-consistency).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ..core import Attempt, Outcome
from ..parser.choose import MOST_RUN, Ran, Scored, choose
from .generator import Completion

if TYPE_CHECKING:
    from ..parser.calibrate import Calibration

Run = Callable[[str], Outcome]


@dataclass(frozen=True, slots=True)
class Decision:
    """`sql` is the query to answer with, as the model wrote it, and `attempt` what became of it.

    `others` ran and gave other results.
    `confidence` in [0, 1] is the calibrated probability that the answer is right; for samples without scores it is
    the share of them that gave this result. None for a single completion, and where no query ran. `agreement` in
    [0, 1] is the share of the probability on this result. `left_out` are words of the question that `sql` does not use.
    """

    sql: str
    attempt: Attempt
    confidence: float | None = None
    agreement: float = 1.0
    others: tuple[Ran, ...] = ()
    left_out: tuple[str, ...] = ()


def decide(completions: Sequence[Completion], run: Run, calibration: Calibration | None = None) -> Decision:
    """The query to answer with. A single completion runs as it is; no statement runs twice.

    Completions with scores (log probabilities) are the beams of one search: the likeliest run. Completions without
    scores are samples: all run, and each counts the same. Where none of several runs, the first one is the attempt.
    """
    once = cache(run)
    if len(completions) > 1:
        sampled = all(c.score is None for c in completions)
        scored = [Scored(c.sql, c.score or 0.0, c.left_out) for c in completions]
        choice = choose(scored, once, calibration, most=len(scored) if sampled else MOST_RUN)
        if choice is not None:
            confidence = choice.agreement if sampled else choice.confidence
            attempt = Attempt(choice.sql, choice.outcome)
            left_out = next(s.left_out for s in scored if s.sql == choice.sql)
            return Decision(choice.sql, attempt, confidence, choice.agreement, choice.alternatives, left_out)
    first = completions[0]
    attempt = Attempt(first.text, once(first.sql), refused=first.refused)
    return Decision(first.sql, attempt, left_out=first.left_out)
