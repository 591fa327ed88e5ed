"""How sure a score is: 95 % intervals for a share of right answers."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

RESAMPLES = 2_000  # the ends of a 95 % interval then move by about 0.1 points from seed to seed


@dataclass(frozen=True, slots=True)
class Interval:
    """`low` and `high` in [0, 1]; `method` names how they were found."""

    low: float
    high: float
    method: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def wilson_interval(correct: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval (JASA 22, 1927) for `correct` of `n` independent questions; [0, 1] for none."""
    if n == 0:
        return Interval(0.0, 1.0, "wilson")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = correct / n
    center = share + z * z / (2 * n)
    spread = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    scale = 1 + z * z / n
    return Interval(max(0.0, (center - spread) / scale), min(1.0, (center + spread) / scale), "wilson")


def cluster_bootstrap_interval(
    correct: Sequence[bool], clusters: Sequence[Hashable], *, seed: int = 0, confidence: float = 0.95
) -> Interval:
    """Percentile bootstrap that draws whole clusters (databases), since questions on one database fail together.

    `correct` and `clusters` are parallel. Under two clusters there is nothing to draw: Wilson's interval instead.
    """
    counts = cluster_counts([float(c) for c in correct], clusters)
    if len(counts) < 2:
        return wilson_interval(sum(map(bool, correct)), len(correct), confidence)
    low, high = bootstrap_means(counts, seed=seed, confidence=confidence)
    return Interval(low, high, "cluster bootstrap")


def cluster_counts(values: Sequence[float], clusters: Sequence[Hashable]) -> list[tuple[float, int]]:
    """(sum of values, number of values) of every cluster, in order of first appearance."""
    totals: dict[Hashable, tuple[float, int]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        total, count = totals.get(cluster, (0.0, 0))
        totals[cluster] = (total + value, count + 1)
    return list(totals.values())


def bootstrap_means(counts: Sequence[tuple[float, int]], *, seed: int, confidence: float) -> tuple[float, float]:
    """Low and high percentile of the mean over resampled clusters."""
    draw = random.Random(seed)  # noqa: S311 - statistics, not secrets
    means = []
    for _ in range(RESAMPLES):
        sample = draw.choices(counts, k=len(counts))
        means.append(sum(total for total, _ in sample) / sum(count for _, count in sample))
    means.sort()
    tail = (1 - confidence) / 2
    return means[round(tail * (RESAMPLES - 1))], means[round((1 - tail) * (RESAMPLES - 1))]
