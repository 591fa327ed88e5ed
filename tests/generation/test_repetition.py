"""An answer that repeats itself is ended; one that lists many values is not."""

from __future__ import annotations

import pytest

from sqlwright.generation.repetition import ends_in_repetition

PASSAGE = [7, 8, 9, 10, 11, 12, 13]


@pytest.mark.parametrize("passage", [[5], [5, 6], PASSAGE, list(range(40))])
def test_a_passage_that_comes_again_and_again_is_found(passage):
    assert ends_in_repetition([1, 2, 3, *(passage * 64)])
    assert ends_in_repetition([1, 2, 3, *(passage * 64), *passage[: len(passage) // 2]])


def test_short_lists_and_long_answers_are_not_repetition():
    assert not ends_in_repetition([])
    assert not ends_in_repetition([1, 2, 3, *(PASSAGE * 3)])
    assert not ends_in_repetition([5] * 63)  # IN (0, 0, 0, ...)
    assert not ends_in_repetition([t for n in range(60) for t in (100 + n, 5)])  # IN (1, 2, 3, ...)
    assert not ends_in_repetition([*(PASSAGE * 20), 99])
