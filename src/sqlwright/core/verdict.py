"""Why a prediction is right or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal[
    "no_sql",  # the model's output holds no statement
    "refused",  # the guard would not run it
    "timeout",
    "no_such_column",
    "no_such_table",
    "syntax",
    "error",  # any other error of the engine
    "empty",  # no row where gold has some
    "wrong_table",
    "wrong_column",
    "wrong_value",  # a constant differs
    "wrong_aggregate",
    "wrong_join",  # same tables, other rows or other row counts
    "wrong_condition",
    "wrong_order",
    "wrong_limit",
    "wrong_distinct",
    "wrong_set_operation",
    "gold_failed",  # gold itself does not run: the item judges nothing
    "other",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`correct` under one rule. `no_power` marks an item that wrong answers would pass too (empty gold)."""

    correct: bool
    cause: Cause | None = None
    reason: str = ""
    no_power: bool = False
