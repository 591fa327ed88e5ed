"""BLEU and ROUGE-L of SQL texts."""

from __future__ import annotations

import pytest

from sqlwright.evaluation.text_metrics import bleu, rouge_l

GOLD = "SELECT name FROM person WHERE age > 30 ORDER BY name"


@pytest.mark.parametrize("metric", [bleu, rouge_l])
def test_the_same_text_scores_one(metric):
    score = metric([GOLD, GOLD], [GOLD, GOLD])
    assert score.corpus == pytest.approx(1.0)
    assert score.items == (pytest.approx(1.0), pytest.approx(1.0))


@pytest.mark.parametrize("metric", [bleu, rouge_l])
def test_nothing_in_common_scores_zero_and_more_in_common_more(metric):
    items = metric(
        ["", "DELETE", "SELECT name FROM person", "SELECT name FROM person WHERE age > 30"], [GOLD] * 4
    ).items
    assert items[0] == items[1] == 0.0
    assert items[1] < items[2] < items[3] < 1.0


def test_rouge_l_is_the_f1_of_the_longest_common_subsequence():
    # Three of four words in common on either side.
    assert rouge_l(["a b x d"], ["a b c d"]).items == (pytest.approx(0.75),)


@pytest.mark.parametrize("metric", [bleu, rouge_l])
def test_no_pairs(metric):
    assert metric([], []).items == ()
    with pytest.raises(ValueError, match="one gold per prediction"):
        metric(["a"], [])
