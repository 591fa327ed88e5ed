"""Intervals of a share, checked against published numbers and against what they must do."""

from __future__ import annotations

import pytest

from sqlwright.evaluation.interval import cluster_bootstrap_interval, wilson_interval


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_values(correct, n, low, high):
    interval = wilson_interval(correct, n)
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_wilson_of_nothing_knows_nothing():
    assert (wilson_interval(0, 0).low, wilson_interval(0, 0).high) == (0.0, 1.0)


def test_clusters_that_fail_together_widen_the_interval():
    correct = ([True] * 20 + [False] * 20) * 5
    together = cluster_bootstrap_interval(correct, [i // 20 for i in range(200)])
    alone = cluster_bootstrap_interval(correct, list(range(200)))
    assert together.high - together.low > 1.5 * (alone.high - alone.low)
    assert together.low < 0.5 < together.high


def test_bootstrap_repeats_with_its_seed():
    correct, clusters = [i * i % 11 < 5 for i in range(300)], [i * i % 97 for i in range(300)]
    one = cluster_bootstrap_interval(correct, clusters, seed=1)
    assert one == cluster_bootstrap_interval(correct, clusters, seed=1)
    assert one != cluster_bootstrap_interval(correct, clusters, seed=2)


def test_one_cluster_falls_back_to_wilson():
    assert cluster_bootstrap_interval([True, False], ["a", "a"]) == wilson_interval(1, 2)
