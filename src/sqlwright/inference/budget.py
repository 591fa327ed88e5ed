"""Runs the queries of one question: how, and the time limit that they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core import Outcome, QueryLimits

if TYPE_CHECKING:
    from ..db import Database

Run = Callable[[str, QueryLimits], Outcome]  # checks and limits a statement, as `Database.run` does


def only_checked(database: Database) -> Run:
    """A `Run` that asks the guard and sends nothing to the engine."""

    def check(sql: str, limits: QueryLimits) -> Outcome:
        checked = database.check(sql)
        if not checked.allowed:
            return Outcome("refused", sql, violations=checked.violations)
        return Outcome("not_run", checked.sql, statement=checked)

    return check


def not_checked(sql: str, limits: QueryLimits) -> Outcome:
    """The `Run` of a question whose database is not available."""
    return Outcome("not_run", sql)


class QueryBudget:
    """`run` gives each query what the ones before it have left of `limits.timeout_s`."""

    def __init__(self, limits: QueryLimits, run: Run) -> None:
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
