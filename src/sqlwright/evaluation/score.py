"""A share of right answers with its intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from .interval import cluster_bootstrap_interval, wilson_interval
from .item import ItemReport

Bounds = tuple[float, float]

# The name of each score and where an item holds its verdict; items without that verdict do not count in it.
VERDICTS: dict[str, str] = {
    "execution_accuracy": "test_suite_execution",
    "strict_execution_accuracy": "strict_correct",
    "bird_execution_accuracy": "bird_execution",
    "valid_sql_rate": "valid_sql",
    "exact_set_match": "exact_set_match",
    "exact_match": "exact_match",
}


@dataclass(frozen=True, slots=True)
class Score:
    """`value` in [0, 1], None where `n` is 0. `correct` is None for the mean of a measure that is no yes or no.

    interval_95: Wilson, as if the questions were independent. interval_95_by_database: a bootstrap over whole
    databases, since questions on one database succeed and fail together.
    """

    n: int
    value: float | None
    correct: int | None = None
    interval_95: Bounds | None = None
    interval_95_by_database: Bounds | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "value": self.value,
            "correct": self.correct,
            "interval_95": _pair(self.interval_95),
            "interval_95_by_database": _pair(self.interval_95_by_database),
        }

    def __str__(self) -> str:
        """For a person: `76.0 % [62.6, 85.7]`."""
        if self.value is None:
            return "-"
        text = f"{self.value:.1%}".replace("%", " %")
        if self.interval_95 is None:
            return text
        low, high = self.interval_95
        return f"{text} [{100 * low:.1f}, {100 * high:.1f}]"


def share(items: Sequence[ItemReport], verdict: str, *, by_database: bool = False) -> Score:
    """How many of the items that have this `verdict` (a field of ItemReport) are right."""
    asked = [i for i in items if getattr(i, verdict) is not None]
    right = [bool(getattr(i, verdict)) for i in asked]
    if not asked:
        return Score(0, None, 0)
    wilson = wilson_interval(sum(right), len(right))
    clustered = cluster_bootstrap_interval(right, [i.cluster for i in asked]) if by_database else None
    return Score(
        n=len(right),
        value=sum(right) / len(right),
        correct=sum(right),
        interval_95=(wilson.low, wilson.high),
        interval_95_by_database=(clustered.low, clustered.high) if clustered else None,
    )


def mean(items: Sequence[ItemReport], measure: Callable[[ItemReport], float | None]) -> Score:
    values = [v for i in items if (v := measure(i)) is not None]
    return Score(len(values), fmean(values) if values else None)


def slice_scores(items: Sequence[ItemReport]) -> dict[str, Any]:
    """The scores of a part of the items, JSON-ready: `n`, each score, and the interval of `execution_accuracy`."""
    scores = {name: share(items, verdict) for name, verdict in VERDICTS.items()}
    headline = scores["execution_accuracy"]
    return {
        "n": headline.n,
        **{name: score.value for name, score in scores.items()},
        "interval_95": _pair(headline.interval_95),
        "strict_interval_95": _pair(scores["strict_execution_accuracy"].interval_95),
        "no_power": sum(bool(i.no_power) for i in items),
    }


def _pair(bounds: Bounds | None) -> list[float] | None:
    return None if bounds is None else list(bounds)
