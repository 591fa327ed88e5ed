"""The other results that a question may have meant come with their share and what is different."""

from __future__ import annotations

import math

import pytest

from sqlwright.answering import AskOptions, ask
from sqlwright.core import Outcome, ResultTable
from sqlwright.db import open_database
from sqlwright.generation import Completion, Generator, Sampling
from sqlwright.generation.generator import Needs
from sqlwright.parser.calibrate import Calibration
from sqlwright.parser.choose import ResultGroup
from sqlwright.receipt.readings import confidence_beside, readings_of


class Sampler(Generator):
    """Gives these texts as the samples of one call."""

    name, context_tokens, remote_host = "sampler", 8_000, ""

    def __init__(self, *texts):
        self.texts = texts

    def generate(self, prompts, sampling):
        assert sampling.n == len(self.texts)
        return [tuple(Completion(text) for text in self.texts) for _ in prompts]


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        yield opened


def asked(database, *texts, **options):
    sampling = Sampling(temperature=1.0, n=len(texts))
    return ask("Who lives there?", database, Sampler(*texts), options=AskOptions(sampling=sampling, **options))


OSLO, PARIS = (f"SELECT name FROM customer WHERE city = '{city}'" for city in ("Oslo", "Paris"))


def test_samples_are_grouped_by_their_result(database):
    answer = asked(database, PARIS, OSLO, OSLO.lower().replace("'oslo'", "'Oslo'"))
    assert answer.table.rows == (("Bo",),)
    assert answer.confidence == pytest.approx(2 / 3)
    (reading,) = answer.readings
    assert reading.table.rows == (("Ann",),)
    assert reading.share == pytest.approx(1 / 3)
    assert reading.says == "asks that city is 'Paris', not that city is 'Oslo'"


def test_it_is_said_in_the_language_of_the_receipt(database):
    (reading,) = asked(database, OSLO, OSLO, PARIS, language="zh").readings
    assert reading.says == "要求 city 为 'Paris'，而不是 city 为 'Oslo'"


def test_what_fails_or_is_refused_is_no_reading(database):
    answer = asked(database, OSLO, "SELECT nope FROM customer", "DROP TABLE customer", "no query at all")
    assert answer.table.rows == (("Bo",),)
    assert answer.confidence == 1.0
    assert answer.readings == ()


def test_where_all_agree_there_is_none(database):
    answer = asked(database, OSLO, OSLO, f"{OSLO} ORDER BY name")
    assert (answer.confidence, answer.readings) == (1.0, ())


def test_nothing_runs_twice(database, monkeypatch):
    ran = []
    run = database.run
    monkeypatch.setattr(database, "run", lambda sql, limits: ran.append(sql) or run(sql, limits))
    asked(database, OSLO, OSLO, OSLO, PARIS)
    assert ran == [OSLO, PARIS]


def test_one_query_has_no_other_reading(database):
    assert asked(database, OSLO).readings == ()


def ran(share, *rows):
    return ResultGroup(
        f"SELECT {len(rows)}", Outcome("rows", f"SELECT {len(rows)}", ResultTable(("a", "b"), rows)), 0.0, share
    )


def shares(*others):
    shown = ResultTable(("a", "b"), ((1, "x"),))
    return [r.share for r in readings_of("SELECT 0", shown, others, "sqlite")]


def test_a_negligible_share_is_left_out():
    assert shares(ran(0.09, (2, "y")), ran(0.1, (3, "z"))) == [0.1]


def test_the_most_agreed_two_come_first():
    assert shares(ran(0.2, (2, "y")), ran(0.15, (3, "z")), ran(0.3, (4, "w"))) == [0.3, 0.2]


def test_the_same_columns_in_another_order_are_the_same_result():
    assert shares(ran(0.4, ("x", 1))) == []


def test_a_result_that_says_nothing_is_left_out():
    assert shares(ran(0.3), ran(0.3, (None, None))) == []


def test_the_receipt_of_a_reading_is_json(database):
    data = asked(database, OSLO, OSLO, PARIS).to_dict()["readings"]
    assert [list(row) for row in data] == [["sql", "result", "share", "says", "confidence"]]
    assert data[0]["result"]["rows"] == [["Ann"]]


class Searcher(Sampler):
    """Gives these texts with their probabilities, as a search does."""

    def __init__(self, calibration, *found):
        self.found = found
        self.needs = Needs(candidates=len(found), calibration=calibration)

    def generate(self, prompts, sampling):
        return [tuple(Completion(sql, score=math.log(chance)) for sql, chance in self.found) for _ in prompts]


@pytest.mark.parametrize("bias", [-4.0, -2.0, 0.0, 3.0])
def test_answer_and_readings_are_on_one_scale(database, bias):
    three = "SELECT name FROM customer"
    found = ((OSLO, 0.24), (PARIS, 0.23), (three, 0.2))
    answer = ask("Who lives there?", database, Searcher(Calibration(bias=bias), *found))
    sure = [answer.confidence, *(reading.confidence for reading in answer.readings)]
    assert sure == sorted(sure, reverse=True)
    assert sum(sure) <= 1 + 1e-9
    assert answer.readings[0].to_dict()["confidence"] == round(sure[1], 4)


def test_the_share_of_samples_is_the_confidence_of_a_reading(database):
    answer = asked(database, OSLO, OSLO, PARIS)
    assert (answer.confidence, answer.readings[0].confidence) == pytest.approx((2 / 3, 1 / 3))


@pytest.mark.parametrize("confidence", [0.0, 0.2, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("agreement", [0.3, 0.6, 0.99, 1.0])
def test_no_reading_is_surer_than_the_answer(confidence, agreement):
    shares = [(1 - agreement) * part for part in (0.7, 0.3)]
    sure = [confidence_beside(confidence, agreement, share) for share in shares]
    assert all(0 <= s <= confidence for s in sure)
    assert confidence + sum(sure) <= 1 + 1e-9
