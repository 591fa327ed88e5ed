"""The time limit of one question: its queries share the seconds that one query may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..core import Outcome, QueryLimits


class QueryBudget:
    """`run` gives each query what the ones before it have left of `limits.timeout_s`."""

    def __init__(self, limits: QueryLimits, run: Callable[[str, QueryLimits], Outcome]) -> None:
        self._limits = limits
        self._run = run
        self._left_s = limits.timeout_s

    def run(self, sql: str) -> Outcome:
        """A timeout, without running it, where nothing is left."""
        if self._left_s <= 0:
            return Outcome("timeout", sql, elapsed_s=self._limits.timeout_s)
        outcome = self._run(sql, replace(self._limits, timeout_s=self._left_s))
        self._left_s -= outcome.elapsed_s
        return outcome
