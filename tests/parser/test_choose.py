"""Queries are run, failures dropped, equal results counted together; confidence is a fitted probability."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest

from sqlwright.core import ResultTable
from sqlwright.db import open_database
from sqlwright.parser.calibrate import Calibration, fit, reliability
from sqlwright.parser.choose import Scored, choose, fingerprint, is_degenerate


@pytest.fixture
def run(shop):
    with open_database(shop) as database:
        yield database.run


def scored(*pairs):
    return [Scored(sql, math.log(chance)) for sql, chance in pairs]


def table(*rows):
    return ResultTable(tuple("c" for _ in rows[0]) if rows else ("c",), rows)


def test_a_query_that_fails_is_dropped(run):
    choice = choose(scored(("SELECT nope FROM item", 0.6), ("DELETE FROM item", 0.2), ("SELECT 1", 0.1)), run)
    assert choice.sql == "SELECT 1"
    assert choice.outcome.ok


def test_nothing_that_runs_is_no_choice(run):
    assert choose(scored(("SELECT nope FROM item", 0.6)), run) is None
    assert choose([], run) is None


def test_equal_results_add_up(run):
    choice = choose(
        scored(
            ("SELECT name FROM item", 0.4),
            ("SELECT city FROM customer WHERE city IS NOT NULL", 0.3),
            ("SELECT city FROM customer WHERE city <> '' ORDER BY city", 0.2),
        ),
        run,
    )
    assert choice.sql.startswith("SELECT city FROM customer WHERE city IS NOT NULL")
    (other,) = choice.alternatives
    assert other.sql == "SELECT name FROM item"
    assert other.agreement == pytest.approx(0.4 / 0.9)


@pytest.mark.parametrize(("other", "expected"), [(0.3, "SELECT name FROM item"), (0.01, "SELECT 1 WHERE 1 = 2")])
def test_an_empty_result_gives_way_to_one_nearly_as_likely(run, other, expected):
    assert choose(scored(("SELECT 1 WHERE 1 = 2", 0.6), ("SELECT name FROM item", other)), run).sql == expected


def test_only_the_likeliest_are_run(run):
    ran = []

    def noted(sql):
        ran.append(sql)
        return run(sql)

    choose(scored(*((f"SELECT {n}", 0.1 + n / 100) for n in range(9))), noted, most=3)
    assert ran == ["SELECT 8", "SELECT 7", "SELECT 6"]


def test_a_query_that_is_far_less_likely_than_one_that_ran_is_not_run(run):
    ran = []

    def noted(sql):
        ran.append(sql)
        return run(sql)

    choice = choose(scored(("SELECT nope", 0.9), ("SELECT 1", 0.02), ("SELECT 2", 0.01), ("SELECT 1", 0.0005)), noted)
    assert ran == ["SELECT nope", "SELECT 1", "SELECT 2"]
    assert choice.sql == "SELECT 1"
    assert choice.agreement == pytest.approx(0.02 / 0.0305)  # what was not run counts as another result


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (table(), True),
        (table((None,), (None,)), True),
        (table((0,)), True),
        (table((0,), (0,)), False),
        (table((0, 1)), False),
        (table(("",)), False),
    ],
)
def test_a_degenerate_result_says_nothing(found, expected):
    assert is_degenerate(found) is expected


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (table((1,), (2,)), table((2,), (1,)), True),
        (table((1,), (1,)), table((1,)), False),
        (table((1,)), table((1.0,)), True),
        (table((Decimal("0.1"),)), table((0.1,)), True),
        (table((0.1 + 0.2,)), table((0.3,)), True),
        (table((1,)), table(("1",)), False),
        (table((1,)), table((True,)), False),
        (table(([1],)), table(([1],)), True),
        (table((2**60,)), table((2**60 + 1,)), False),
    ],
)
def test_results_are_compared_as_typed_multisets(left, right, equal):
    assert (fingerprint(left) == fingerprint(right)) is equal


def test_confidence_grows_with_agreement_and_probability():
    curve = Calibration()
    assert curve.confidence(1.0, 0.9) > curve.confidence(0.6, 0.9) > curve.confidence(0.6, 0.3)
    assert Calibration.from_dict(curve.to_dict()) == curve


def test_a_fitted_curve_keeps_its_word():
    rng = np.random.default_rng(0)
    features, truth = rng.random((4000, 2)), Calibration(-1.0, 2.0, 1.5)
    chances = np.array([truth.confidence(a, t) for a, t in features])
    correct = rng.random(4000) < chances
    found = fit(features, correct)
    assert (found.bias, found.agreement, found.top) == pytest.approx((-1.0, 2.0, 1.5), abs=0.4)
    for row in reliability([found.confidence(a, t) for a, t in features], correct):
        assert row.n < 100 or row.confidence == pytest.approx(row.correct, abs=0.08)


def test_a_curve_stays_finite_where_all_answers_are_right():
    found = fit(np.full((20, 2), 0.9), [True] * 20)
    assert 0.9 < found.confidence(0.9, 0.9) <= 1


def test_labels_that_do_not_fit_the_features_are_an_error():
    with pytest.raises(ValueError, match="needs"):
        fit(np.zeros((3, 2)), [True])


def test_reliability_counts_each_answer_once():
    rows = reliability([0.05, 0.95, 1.0, 0.91], [False, True, True, False])
    assert [(r.low, r.n, round(r.correct, 2)) for r in rows] == [(0.0, 1, 0.0), (0.9, 3, 0.67)]
