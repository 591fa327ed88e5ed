"""Whatever an untrained model writes is well typed, renders and runs; the search tells its stepper what goes on."""

from __future__ import annotations

import numpy as np
import pytest

from sqlwright.db import open_database
from sqlwright.parser.decode import search
from sqlwright.parser.from_sql import parse_form
from sqlwright.parser.layout import WORD_IDS
from sqlwright.parser.linear import delinearize, linearize
from sqlwright.parser.to_sql import render_form

from .questions import RandomStepper, shop_layout


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        yield opened


@pytest.fixture
def layout(database):
    return shop_layout(database.schema(samples=7))


def width(layout):
    return 1 + len(WORD_IDS) + len(layout.pointers)


class Speller:
    """A model that is sure of one sequence of ids a layout."""

    def __init__(self, sequences, size):
        self.sequences, self.size, self.step = sequences, size, 0

    def advance(self, parents, layouts, last_tokens):
        scores = np.full((len(layouts), self.size), -9.0, dtype=np.float32)
        for row, layout in enumerate(layouts):
            ids = self.sequences[layout]
            if self.step < len(ids):
                scores[row, ids[self.step]] = -0.1
        self.step += 1
        return scores


@pytest.mark.parametrize("max_tokens", [16, 40, 95])
@pytest.mark.parametrize("seed", range(8))
def test_whatever_an_untrained_model_writes_runs(database, layout, seed, max_tokens):
    stepper = RandomStepper(seed, width(layout))
    (found,) = search([layout], stepper, beam=4, max_tokens=max_tokens, refuse=False)
    for hypothesis in found.hypotheses:
        assert len(hypothesis.tokens) <= max_tokens
        sql = render_form(delinearize(hypothesis.tokens), database.schema())
        outcome = database.run(sql)
        assert outcome.ok, (sql, outcome.message())


def test_nearly_every_search_finds_a_query(layout):
    found = search([layout] * 20, RandomStepper(0, width(layout)), beam=4, max_tokens=40, refuse=False)
    assert sum(bool(f.hypotheses) for f in found) >= 19


def test_hypotheses_are_distinct_and_best_first(layout):
    (found,) = search([layout], RandomStepper(3, width(layout)), beam=4, max_tokens=40)
    scores = [h.score for h in found.hypotheses]
    assert scores == sorted(scores, reverse=True)
    assert len({h.tokens for h in found.hypotheses}) == len(scores) <= 4


def test_layouts_are_searched_together_as_they_are_alone(database, layout):
    schema = database.schema()
    texts = ["SELECT name FROM item WHERE price > 4.5", "SELECT COUNT(*) FROM customer WHERE city = 'Oslo'"]
    ids = [layout.ids_of(linearize(parse_form(sql, schema))) for sql in texts]
    found = search([layout, layout], Speller(ids, width(layout)), beam=2)
    written = [render_form(delinearize(f.hypotheses[0].tokens), schema) for f in found]
    assert written == texts


def test_each_row_says_which_row_it_goes_on_from(layout):
    stepper = RandomStepper(1, width(layout))
    search([layout, layout], stepper, beam=3, max_tokens=20)
    parents, layouts, tokens = stepper.calls[0]
    assert list(parents) == list(layouts) == [0, 1]
    assert list(tokens) == [0, 0]
    for (_, before, _), (parents, layouts, tokens) in zip(stepper.calls, stepper.calls[1:], strict=False):
        assert [before[p] for p in parents] == list(layouts)
        assert all(tokens)


def test_a_refusal_is_a_hypothesis_with_a_score_of_its_own(layout):
    refusal = [WORD_IDS["unanswerable"]]
    (found,) = search([layout], Speller([refusal], width(layout)), beam=2)
    assert found.refusal == pytest.approx(-0.1)
    assert not found.hypotheses[0].answerable
    (found,) = search([layout], Speller([refusal], width(layout)), beam=2, refuse=False)
    assert found.refusal == pytest.approx(-0.1)
    assert all(h.answerable for h in found.hypotheses)
