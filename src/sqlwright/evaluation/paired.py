"""Two models on the same questions: is one better?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Any

from .interval import Interval, bootstrap_means, cluster_counts


@dataclass(frozen=True, slots=True)
class Paired:
    """`difference` is the share of `second` minus that of `first`; only_* counts questions that one alone got right.

    p_value: McNemar's exact test, two-sided: how likely so uneven a split is where neither is better.
    """

    n: int
    difference: float
    interval: Interval
    only_first: int
    only_second: int
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare_paired(
    first: Sequence[bool],
    second: Sequence[bool],
    clusters: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    confidence: float = 0.95,
) -> Paired:
    """`first` and `second` are parallel, one entry per question, and so are `clusters` (databases) where given.

    The interval is a percentile bootstrap of the difference over clusters, or over questions without them. With no
    question at all the difference is 0 in [-1, 1].
    """
    if len(first) != len(second):
        raise ValueError(f"expected as many answers of both, found {len(first)} and {len(second)}")
    gains = [float(b) - float(a) for a, b in zip(first, second, strict=True)]
    only_first, only_second = gains.count(-1.0), gains.count(1.0)
    counts = cluster_counts(gains, clusters if clusters is not None else range(len(gains)))
    method = "paired bootstrap" if clusters is None else "paired cluster bootstrap"
    low, high = bootstrap_means(counts, seed=seed, confidence=confidence) if counts else (-1.0, 1.0)
    return Paired(
        n=len(gains),
        difference=sum(gains) / len(gains) if gains else 0.0,
        interval=Interval(low, high, method),
        only_first=only_first,
        only_second=only_second,
        p_value=mcnemar_exact(only_first, only_second),
    )


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided exact binomial p-value of the discordant pairs (McNemar, Psychometrika 12, 1947); 1.0 for none."""
    n, least = only_first + only_second, min(only_first, only_second)
    tail: int = sum(comb(n, k) for k in range(least + 1))
    return min(1.0, 2 * tail / (1 << n))
