"""`predict` writes the statement and the confidence that `ask` answers with, whatever the candidates are."""

from __future__ import annotations

import json
import math
import shutil

import pytest

from sqlwright.answering import AskOptions, ask
from sqlwright.core import Example
from sqlwright.data import DatabaseFolder
from sqlwright.evaluation.predict import PredictOptions, predict
from sqlwright.generation import Completion, Generator, Sampling, ScriptedGenerator, load_generator
from sqlwright.generation.generator import Needs
from sqlwright.parser.calibrate import Calibration

QUESTION = "Who lives there?"
OSLO, PARIS = (f"SELECT name FROM customer WHERE city = '{city}'" for city in ("Oslo", "Paris"))
TEN_SAMPLES = [f"SELECT {n}" for n in (1, 1, 1, 2, 2, 3, 3, 3, 3, 3)]


class Searcher(Generator):
    """Gives `texts` with their probabilities, as a search does."""

    name, context_tokens, remote_host = "searcher", 8_000, ""

    def __init__(self, **texts):
        self.completions = tuple(Completion(sql, score=math.log(chance)) for sql, chance in texts["found"])
        self.needs = Needs(candidates=len(self.completions), calibration=Calibration())

    def generate(self, prompts, sampling):
        return [self.completions for _ in prompts]


@pytest.fixture
def folder(shop, tmp_path):
    (tmp_path / "databases" / "shop").mkdir(parents=True)
    shutil.copy(shop, tmp_path / "databases" / "shop" / "shop.sqlite")
    return DatabaseFolder(tmp_path / "databases")


def both(folder, tmp_path, make, question=QUESTION, n=1):
    """(statement, confidence) as asked and as predicted."""
    sampling = Sampling(n=n, temperature=1.0 if n > 1 else 0.0)
    with folder.open("shop") as database:
        answer = ask(question, database, make(), options=AskOptions(sampling=sampling, repairs=0))
    out = tmp_path / "predicted.jsonl"
    predict(make(), [Example("0", "shop", question)], folder, out, options=PredictOptions(sampling=sampling))
    row = json.loads(out.read_text(encoding="utf-8"))
    confidence = None if answer.confidence is None else round(answer.confidence, 4)
    return (answer.sql, confidence), (row["predicted_sql"], row.get("confidence"))


def scripted(*texts):
    return lambda: ScriptedGenerator({QUESTION: list(texts)})


def test_ten_equal_samples_all_count(folder, tmp_path):
    asked, predicted = both(folder, tmp_path, scripted(*TEN_SAMPLES), n=10)
    assert asked == predicted == ("SELECT 3", 0.5)


@pytest.mark.parametrize(
    "texts",
    [
        (OSLO,),
        (f"Here it is:\n```sql\n{OSLO}; -- in Oslo\n```",),
        ("SELECT nope FROM customer",),
        ("DROP TABLE customer",),
        ("The tables do not say.",),
        (PARIS, OSLO, OSLO.lower().replace("'oslo'", "'Oslo'")),
        (f"{PARIS} -- first", f"{OSLO};", f"{OSLO} /* second */"),
        ("SELECT 1 WHERE 1 = 2", PARIS),
        ("SELECT nope FROM customer", "DROP TABLE customer", "no query"),
        ("SELECT nope FROM customer", OSLO),
    ],
    ids=lambda texts: texts[0][:40],
)
def test_scripted_and_sampled_candidates(folder, tmp_path, texts):
    asked, predicted = both(folder, tmp_path, scripted(*texts), n=len(texts))
    assert asked == predicted


@pytest.mark.parametrize(
    "found",
    [
        ((OSLO, 0.4), (PARIS, 0.3), (f"{PARIS} ORDER BY name", 0.2)),
        (("SELECT nope FROM customer", 0.6), (OSLO, 0.2), ("SELECT 1 WHERE 1 = 2", 0.1)),
        ((OSLO, 0.5), *((f"SELECT {n}", 0.05) for n in range(8))),
        (("SELECT nope FROM customer", 0.6), ("DROP TABLE customer", 0.4)),
    ],
)
def test_candidates_of_a_search(folder, tmp_path, found):
    asked, predicted = both(folder, tmp_path, lambda: Searcher(found=found))
    assert asked == predicted


def test_results_that_are_equal_up_to_the_limit_of_rows(folder, tmp_path):
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) SELECT i FROM n"
    found = ((OSLO, 0.4), (numbers.format(most=2_000), 0.3), (numbers.format(most=3_000), 0.25))
    asked, predicted = both(folder, tmp_path, lambda: Searcher(found=found))
    assert asked == predicted


@pytest.mark.parametrize(
    "question", ["How many customers are there?", "Who lives in Oslo?", "What is the price of each item?", "Tell me."]
)
def test_the_built_in_model(folder, tmp_path, built_in, question):
    asked, predicted = both(folder, tmp_path, lambda: built_in, question)
    assert asked == predicted


@pytest.fixture(scope="module")
def built_in():
    return load_generator("built-in", threads=1)
