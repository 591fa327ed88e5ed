"""Detect an answer that repeats itself without end, as greedy decoding of a weak model does."""

from __future__ import annotations

from collections.abc import Sequence

TIMES = 4  # a passage has to come this often in a row
TOKENS = 64  # and all of them together have to be this long: a list of equal values in a query is shorter


def ends_in_repetition(tokens: Sequence[int]) -> bool:
    """Whether the last tokens are one passage at least TIMES times in a row, together at least TOKENS long."""
    for length in range(1, len(tokens) // TIMES + 1):
        tail = tokens[-max(TOKENS, TIMES * length) :]
        if len(tail) >= TOKENS and tail[length:] == tail[:-length]:
            return True
    return False
