"""A share of right answers with its intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from .interval import cluster_bootstrap_interval, wilson_interval
from .item import ItemReport
from .metric import Metric
from .metrics import verdicts

Bounds = tuple[float, float]


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


def score(items: Sequence[ItemReport], metric: Metric) -> Score:
    """Of all items that have a value: the share that is right, or the mean of a measure."""
    return mean(items, metric) if metric.kind == "measure" else share(items, metric, by_database=True)


def share(items: Sequence[ItemReport], metric: Metric, *, by_database: bool = False) -> Score:
    """How many of the items that have this verdict are right."""
    asked = [i for i in items if metric.value(i) is not None]
    right = [bool(metric.value(i)) for i in asked]
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


def mean(items: Sequence[ItemReport], metric: Metric) -> Score:
    values = [v for i in items if (v := metric.value(i)) is not None]
    return Score(len(values), fmean(values) if values else None)


def slice_scores(items: Sequence[ItemReport]) -> dict[str, Any]:
    """The scores of a part of the items, JSON-ready: `n`, each score, and the interval of `execution_accuracy`."""
    scores = {metric.name: share(items, metric) for metric in verdicts()}
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
