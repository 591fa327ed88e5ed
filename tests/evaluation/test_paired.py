"""Two models on the same questions."""

from __future__ import annotations

import pytest

from sqlwright.evaluation.paired import compare_paired, mcnemar_exact


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    # Two-sided binomial tests with p = 1/2, by hand: 2 * P(X <= least).
    [(0, 0, 1.0), (0, 5, 2 / 32), (1, 9, 22 / 1024), (5, 5, 1.0), (10, 2, 158 / 4096)],
)
def test_mcnemar_is_the_exact_binomial_test(only_first, only_second, p):
    assert mcnemar_exact(only_first, only_second) == pytest.approx(p)
    assert mcnemar_exact(only_second, only_first) == pytest.approx(p)


def test_counts_who_alone_was_right():
    result = compare_paired([True, True, False, False], [True, False, True, True])
    assert (result.n, result.only_first, result.only_second) == (4, 1, 2)
    assert result.difference == 0.25


def test_a_clear_gain_excludes_zero_and_no_gain_does_not():
    worse = [i % 4 == 0 for i in range(200)]
    clear = compare_paired(worse, [i % 4 != 1 for i in range(200)], [i % 10 for i in range(200)])
    assert clear.interval.low > 0
    assert clear.p_value < 0.001
    none = compare_paired(worse, worse[::-1])
    assert none.interval.low <= 0 <= none.interval.high


def test_no_question_says_nothing():
    result = compare_paired([], [])
    assert (result.n, result.difference, result.interval.low, result.interval.high) == (0, 0.0, -1.0, 1.0)


def test_refuses_unequal_lengths():
    with pytest.raises(ValueError, match="as many answers"):
        compare_paired([True], [])


def test_more_pairs_than_a_double_can_hold():
    assert 0.0 <= mcnemar_exact(3_000, 2_000) < 1e-20
