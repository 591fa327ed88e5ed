"""Chance that falls the same way on every Python version."""

from __future__ import annotations

import datetime as dt
import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Built on `Random.random` alone: the one method whose sequence Python promises to keep for a seed."""

    def __init__(self, seed: int) -> None:
        self.roll = random.Random(seed).random  # noqa: S311 (reproducible on purpose)

    def below(self, n: int) -> int:
        """0 to n - 1, each as likely."""
        return int(self.roll() * n)

    def between(self, low: int, high: int) -> int:
        """`low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent

    def pick(self, values: Sequence[T]) -> T:
        return values[self.below(len(values))]

    def weighted(self, cumulative: Sequence[float]) -> int:
        """An index, by the cumulative weights that `accumulate` or `zipf` gives."""
        return bisect(cumulative, self.roll() * cumulative[-1], hi=len(cumulative) - 1)

    def shuffled(self, values: Sequence[T]) -> list[T]:
        keyed = sorted((self.roll(), i) for i in range(len(values)))
        return [values[i] for _, i in keyed]

    def date(self, first: dt.date, last: dt.date) -> dt.date:
        return first + dt.timedelta(days=self.below((last - first).days + 1))


def zipf(n: int, offset: int = 0) -> list[float]:
    """Cumulative weights 1 / (rank + offset): a few values take most; a larger offset is flatter."""
    return list(accumulate(1 / (rank + offset) for rank in range(1, n + 1)))
