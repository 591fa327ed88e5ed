"""What counts as the same answer: token by token, but for a tie, and only for prompts cut into the same tokens."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from sqlwright.core import SqlwrightError
from sqlwright.training.export.same_output import answers_of, compare_answers
from sqlwright.training.export.source import demand_equal, demand_same_tokens

STOP = 0


class Table:
    """A model that gives the next token by the one before: `scores[token]` are its log probabilities."""

    name = "table"

    def __init__(self, scores, words=("", "a", "b", "c")):
        self.scores, self.words = np.array(scores, dtype=np.float32), words

    def encode(self, text):
        return [self.words.index(word) for word in text.split()]

    def answer(self, row, stops, max_tokens):
        answer = []
        while len(answer) < max_tokens and not (answer and answer[-1] in stops):
            answer.append(int(self.scores[[*row, *answer][-1]].argmax()))
        return answer

    def log_probabilities(self, row, answer):
        return self.scores[[row[-1], *answer[:-1]]]


PLAIN = [[-9, -9, -9, -9], [-5, -5, -1, -5], [-5, -5, -5, -1], [-1, -5, -5, -5]]  # a b c, then the end


def compare(changed, text="a", words=("", "a", "b", "c")):
    answers = answers_of(Table(PLAIN), [text], [STOP], 8)
    return compare_answers(answers, Table(changed, words))


def changed(row, column, value):
    scores = [list(line) for line in PLAIN]
    scores[row][column] = value
    return scores


def test_the_same_scores_give_the_same_answer():
    found = compare(PLAIN)
    assert (found.equal, found.tied, found.token_agreement, found.largest_logit_difference) == (1, 0, 1.0, 0.0)
    assert demand_equal(found, "It") is found


def test_another_token_is_a_difference_and_is_named():
    found = compare(changed(2, 1, -0.5))  # after b comes a, and then b again, without end
    assert (found.equal, found.token_agreement, found.largest_logit_difference) == (0, pytest.approx(2 / 3), 4.5)
    with pytest.raises(SqlwrightError, match=r"1 of 1 answers differ \(answer 1: token 2 is 3 at the source and 1"):
        demand_equal(found, "It")


def test_a_turn_of_two_tokens_that_weigh_the_same_is_a_tie():
    scores = changed(2, 1, -1.0)
    answers = answers_of(Table(changed(2, 1, -1.0005)), ["a"], [STOP], 8)
    found = compare_answers(answers, Table(scores))
    assert (found.equal, found.tied) == (1, 1)


def test_an_answer_that_does_not_end_is_a_difference():
    found = compare(changed(3, 0, -6))
    assert found.equal == 0


def test_a_prompt_in_other_tokens_is_told_apart_from_a_wrong_answer():
    found = compare(PLAIN, words=("", "b", "a", "c"))
    assert (found.equal, found.misread, found.differences) == (
        0,
        ("prompt 1: token 1 is 1 at the source and 2 from the file",),
        (),
    )
    with pytest.raises(SqlwrightError, match="cuts 1 of 1 prompts into other tokens"):
        demand_same_tokens(found, "It")
