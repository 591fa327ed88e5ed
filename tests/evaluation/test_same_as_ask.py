"""`predict` writes the statement and the confidence that `ask` answers with, whatever the model and the settings."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import fields

import pytest

from sqlwright.answering import AskOptions, ask
from sqlwright.cli.options import repairs_option
from sqlwright.core import Example, Turn
from sqlwright.data import DatabaseFolder
from sqlwright.evaluation.predict import predict
from sqlwright.evaluation.predict_options import PredictOptions
from sqlwright.generation import Completion, Generator, Sampling, ScriptedGenerator, load_generator
from sqlwright.generation.generator import Needs
from sqlwright.inference import InferenceOptions
from sqlwright.parser.calibrate import Calibration
from sqlwright.retrieval import Knowledge, RetrievalOptions, remember
from tests.models import llama  # noqa: F401

QUESTION = "Who lives there?"
OSLO, PARIS = (f"SELECT name FROM customer WHERE city = '{city}'" for city in ("Oslo", "Paris"))
WRONG = "SELECT nope FROM customer"
TEN_SAMPLES = [f"SELECT {n}" for n in (1, 1, 1, 2, 2, 3, 3, 3, 3, 3)]


class Searcher(Generator):
    """Gives texts with their probabilities, as a search does."""

    name, context_tokens, remote_host = "searcher", 8_000, ""

    def __init__(self, *found):
        self.completions = tuple(Completion(sql, score=math.log(chance)) for sql, chance in found)
        self.needs = Needs(candidates=len(self.completions), calibration=Calibration())

    def generate(self, prompts, sampling):
        return [self.completions for _ in prompts]


@pytest.fixture
def folder(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))
    (tmp_path / "databases" / "shop").mkdir(parents=True)
    shutil.copy(shop, tmp_path / "databases" / "shop" / "shop.sqlite")
    return DatabaseFolder(tmp_path / "databases")


@pytest.fixture
def same(folder, tmp_path):
    """Asks and predicts the same, with the same settings; returns (statement, confidence, repairs), once for both."""

    def check(make, *questions, history=(), retrieval=None, **settings):
        found = []
        with folder.open("shop") as database:
            knowledge = Knowledge.of(database, retrieval) if retrieval else None
            model = make()  # one for all questions, in their order
            for question in questions:
                options = AskOptions(**settings)
                answer = ask(question, database, model, history=history, options=options, knowledge=knowledge)
                confidence = None if answer.confidence is None else round(answer.confidence, 4)
                found.append((answer.sql, confidence, max(0, len(answer.attempts) - 1)))
        examples = [Example(str(i), "shop", question, history=history) for i, question in enumerate(questions)]
        out = tmp_path / "predicted.jsonl"
        told = PredictOptions(retrieval=retrieval, **settings)
        predict(make(), examples, folder, out, options=told, overwrite=True)
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert [(r["predicted_sql"], r.get("confidence"), r.get("repairs", 0)) for r in rows] == found
        return found

    return check


def scripted(*texts):
    return lambda: ScriptedGenerator({QUESTION: list(texts)})


def sampled(n):
    return Sampling(n=n, temperature=1.0 if n > 1 else 0.0)


def test_the_settings_are_one_class_with_the_same_defaults():
    for options in (AskOptions(), PredictOptions()):
        assert isinstance(options, InferenceOptions)
        shared = {f.name: getattr(options, f.name) for f in fields(InferenceOptions)}
        assert shared == {f.name: getattr(InferenceOptions(), f.name) for f in fields(InferenceOptions)}
    assert InferenceOptions().repairs == next(p.default for p in repairs_option(lambda: None).__click_params__)


def test_ten_equal_samples_all_count(same):
    assert same(scripted(*TEN_SAMPLES), QUESTION, sampling=sampled(10)) == [("SELECT 3", 0.5, 0)]


@pytest.mark.parametrize("run", [True, False])
@pytest.mark.parametrize(
    "texts",
    [
        (OSLO,),
        (f"Here it is:\n```sql\n{OSLO}; -- in Oslo\n```",),
        (WRONG,),
        ("DROP TABLE customer",),
        ("The tables do not say.",),
        (PARIS, OSLO, OSLO.lower().replace("'oslo'", "'Oslo'")),
        (f"{PARIS} -- first", f"{OSLO};", f"{OSLO} /* second */"),
        ("SELECT 1 WHERE 1 = 2", PARIS),
        (WRONG, "DROP TABLE customer", "no query"),
        (WRONG, OSLO),
        ("DROP TABLE customer", OSLO),
    ],
    ids=lambda texts: texts[0][:40],
)
def test_scripted_and_sampled_candidates(same, texts, run):
    same(scripted(*texts), QUESTION, sampling=sampled(len(texts)), repairs=0, run=run)


@pytest.mark.parametrize(
    ("texts", "repairs", "expected"),
    [
        ((WRONG, OSLO), 1, (OSLO, 1)),
        ((WRONG, "SELECT nap FROM customer", OSLO), 1, ("SELECT nap FROM customer", 1)),
        ((WRONG, "SELECT nap FROM customer", OSLO), 2, (OSLO, 2)),
        (("DROP TABLE customer", OSLO), 1, (OSLO, 1)),
        (("no query", OSLO), 1, (OSLO, 1)),
        ((OSLO, PARIS), 1, (OSLO, 0)),
        ((WRONG, OSLO), 0, (WRONG, 0)),
    ],
)
def test_a_query_that_fails_is_repaired(same, texts, repairs, expected):
    ((sql, confidence, repaired),) = same(lambda: ScriptedGenerator(texts), QUESTION, repairs=repairs)
    assert (sql, repaired) == expected
    assert confidence is None


def test_some_questions_of_a_batch_are_repaired(folder, tmp_path):
    """The first answers of all questions come before the repairs, since the model gets them together."""
    texts = [PARIS, WRONG, "DROP TABLE item", OSLO, "SELECT 2", "SELECT 3"]
    examples = [Example(str(i), "shop", f"Who lives at {i}?") for i in range(4)]
    predict(ScriptedGenerator(texts), examples, folder, tmp_path / "p")
    rows = [json.loads(line) for line in (tmp_path / "p").read_text(encoding="utf-8").splitlines()]
    assert [row["predicted_sql"] for row in rows] == [PARIS, "SELECT 2", "SELECT 3", OSLO]
    assert [row["raw_output"] for row in rows] == [PARIS, "SELECT 2", "SELECT 3", OSLO]
    assert [row.get("repairs") for row in rows] == [None, 1, 1, None]


@pytest.mark.parametrize("run", [True, False])
@pytest.mark.parametrize(
    "found",
    [
        ((OSLO, 0.4), (PARIS, 0.3), (f"{PARIS} ORDER BY name", 0.2)),
        ((WRONG, 0.6), (OSLO, 0.2), ("SELECT 1 WHERE 1 = 2", 0.1)),
        ((OSLO, 0.5), *((f"SELECT {n}", 0.05) for n in range(8))),
        ((WRONG, 0.6), ("DROP TABLE customer", 0.4)),
        (("DROP TABLE customer", 0.6), (PARIS, 0.1), (OSLO, 0.3)),
    ],
)
def test_candidates_of_a_search(same, found, run):
    same(lambda: Searcher(*found), QUESTION, run=run)


def test_results_that_are_equal_up_to_the_limit_of_rows(same):
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) SELECT i FROM n"
    same(lambda: Searcher((OSLO, 0.4), (numbers.format(most=2_000), 0.3), (numbers.format(most=3_000), 0.25)), QUESTION)


QUESTIONS = (
    "How many customers are there?",
    "Who lives in Oslo?",
    "What is the price of each item?",
    "Which tables are there?",
    "Thank you!",
    "Tell me.",
)


def test_the_built_in_model(same, built_in):
    found = same(lambda: built_in, *QUESTIONS)
    assert [bool(sql) for sql, _, _ in found[:5]] == [True, True, True, False, False]


def test_the_built_in_model_in_a_conversation(same, built_in):
    past = (Turn("Who lives in Oslo?", OSLO),)
    same(
        lambda: built_in,
        "And in Paris?",
        "Who lives in Oslo?",
        "What is the price of each item in the shop?",
        history=past,
    )


def test_what_was_taught(same, folder, built_in):
    with folder.open("shop") as database:
        remember(database, "Who are our northerners?", OSLO)
        remember(database, "Who lives in Oslo?", OSLO)
    questions = ("who are our northerners", "Who lives in Paris?", "How many customers are there?", "And these?")
    for make in (lambda: built_in, lambda: ScriptedGenerator(dict.fromkeys(questions, "SELECT count(*) FROM item"))):
        found = same(make, *questions, retrieval=RetrievalOptions())
        assert [sql for sql, _, _ in found[:2]] == [OSLO, PARIS]


def test_what_was_taught_is_not_used_unasked(folder, tmp_path):
    with folder.open("shop") as database:
        remember(database, "Who lives in Oslo?", OSLO)
    model = ScriptedGenerator({"Who lives in Oslo?": "SELECT 1", "Who lives in Rome?": "SELECT 2"})
    predict(model, [Example("0", "shop", "Who lives in Oslo?")], folder, tmp_path / "p")
    assert json.loads((tmp_path / "p").read_text())["predicted_sql"] == "SELECT 1"
    assert OSLO not in str(model.prompts[0].messages)
    taught = PredictOptions(retrieval=RetrievalOptions())
    predict(model, [Example("0", "shop", "Who lives in Rome?")], folder, tmp_path / "taught", options=taught)
    assert OSLO in str(model.prompts[1].messages)


def test_a_tiny_language_model(same, llama):  # noqa: F811
    """It writes no query that runs, so every answer is repaired once, in a prompt of its own."""
    model = load_generator(str(llama), dtype="float32")
    sampling = Sampling(max_new_tokens=12)
    found = same(lambda: model, "Who lives in Oslo?", "What is the price of each item?", sampling=sampling)
    assert [repaired for _, _, repaired in found] == [1, 1]


@pytest.fixture(scope="module")
def built_in():
    return load_generator("built-in", threads=1)
