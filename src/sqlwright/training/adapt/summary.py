"""The scores of an adaptation as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.text_table import aligned

if TYPE_CHECKING:
    from .adapt import Adaptation


def scores_text(done: Adaptation) -> str:
    """A line for each set of questions: scores before and after, the difference and its test."""
    rows = []
    for s in done.sets:
        before, after = s.scores
        paired = s.difference.paired
        gain = f"{100 * paired.difference:+.1f} [{100 * paired.interval.low:+.1f}, {100 * paired.interval.high:+.1f}]"
        won_lost = f"{paired.only_second} won, {paired.only_first} lost"
        rows.append((s.name, str(paired.n), str(before), str(after), gain, won_lost, f"{paired.p_value:.3f}"))
    head = ("execution accuracy", "n", "before", "after", "points", "questions", "McNemar p")
    return aligned(head, rows)
