"""A grid of sampling settings: each point once, predicted and evaluated, and not again."""

from __future__ import annotations

import json
import re

import pytest

from sqlwright.cli.sweep import summary
from sqlwright.core import ConfigError, UsageError
from sqlwright.data import read_examples
from sqlwright.evaluation.predict_options import PredictOptions
from sqlwright.evaluation.sweep import Setting, grid, read_numbers, render_sweep, sweep
from sqlwright.generation import Completion, Generator, Sampling

from .bench import data_rows, make_databases, write_rows

RIGHT = {"How many items?": "SELECT count(*) FROM item", "Name the items.": "SELECT name FROM item"}


class Heated(Generator):
    """Right when greedy; the hotter it is, the more questions it answers with nonsense."""

    name, context_tokens, remote_host = "heated", 4096, ""

    def __init__(self):
        self.asked: list[Sampling] = []

    def generate(self, prompts, sampling):
        self.asked.append(sampling)
        cold = round(len(RIGHT) * (1 - min(1.0, sampling.temperature)))
        right = dict(list(RIGHT.items())[:cold])
        return [(Completion(right.get(prompt.question, "SELECT FROM"), 3),) for prompt in prompts]

    def stream(self, prompt, sampling):
        yield ""

    def count_tokens(self, text):
        return len(text) // 4


@pytest.fixture
def task(tmp_path):
    make_databases(tmp_path / "databases")
    data = write_rows(tmp_path / "dev.jsonl", [r for r in data_rows() if r["question"] in RIGHT])
    return {"data": str(data), "databases": tmp_path / "databases", "out": tmp_path / "sweep"}


def run(task, model, settings, **more):
    examples = list(read_examples(task["data"]))
    options = PredictOptions(sampling=Sampling(seed=0, max_new_tokens=8))
    return sweep(model, examples, settings=settings, options=options, workers=1, **task, **more)


def test_the_grid_has_every_combination_once_and_greedy_once():
    found = grid((0, 0.7), (0, 50), (1, 0.9))
    assert [s.name for s in found] == ["greedy", "t0.7", "t0.7-p0.9", "t0.7-k50", "t0.7-k50-p0.9"]
    assert found[-1] == Setting(0.7, 50, 0.9)
    assert found[-1].sampling(Sampling(seed=4, max_new_tokens=9)) == Sampling(0.7, 50, 0.9, 9, 4)


def test_what_is_out_of_range_is_refused_before_anything_runs():
    with pytest.raises(ConfigError, match="top_p has to be over 0"):
        grid((0.7,), (0,), (1.5,))
    with pytest.raises(UsageError, match=r"--top-k takes whole numbers .* not '2.5'"):
        read_numbers("2.5", "--top-k", int)


def test_each_setting_is_scored_and_the_best_is_named(task):
    model = Heated()
    found = run(task, model, grid((0, 0.5, 1), (0,), (1,)))

    assert [p.scores["execution_accuracy"].value for p in found.points] == [1.0, 0.5, 0.0]
    assert [p.scores["valid_sql_rate"].correct for p in found.points] == [2, 1, 0]
    assert found.best().setting.name == "greedy"
    assert {(s.temperature, s.seed, s.max_new_tokens) for s in model.asked} == {(0, 0, 8), (0.5, 0, 8), (1, 0, 8)}
    written = json.loads((task["out"] / "sweep.json").read_text())
    assert written["best"] == "greedy"
    assert written["points"][1]["scores"]["execution_accuracy"]["interval_95"] == pytest.approx(
        [0.0945, 0.9055], abs=1e-3
    )
    assert re.search(r"^t0\.5 +50\.0 % \[9\.5, 90\.5\]", summary(found), re.MULTILINE)
    assert "confirm it on other questions" in summary(found)


def test_a_second_run_asks_and_judges_nothing_again(task):
    settings = grid((0, 0.5), (0,), (1,))
    first = run(task, Heated(), settings)
    report = task["out"] / "t0.5.report.json"
    before = report.stat().st_mtime_ns
    model = Heated()
    again = run(task, model, grid((0, 0.5, 1), (0,), (1,)))

    assert again.points[:2] == first.points
    assert {s.temperature for s in model.asked} == {1}
    assert report.stat().st_mtime_ns == before


def test_a_report_on_other_predictions_is_made_anew(task):
    settings = grid((0,), (0,), (1,))
    run(task, Heated(), settings)
    predictions = task["out"] / "greedy.jsonl"
    predictions.write_text(predictions.read_text().replace("SELECT name FROM item", "SELECT price FROM item"))
    assert run(task, Heated(), settings).points[0].scores["execution_accuracy"].value == 0.5


def test_the_page_draws_every_setting_and_loads_nothing(task):
    page = render_sweep(run(task, Heated(), grid((0, 0.5), (0,), (1,))))
    assert page.count("<circle") >= 4  # both rules of both settings
    assert "t0.5: published rule 50.0 % [9.5, 90.5]" in page
    assert "default-src &#39;none&#39;" in page
    assert "http://" not in page
    assert "https://" not in page
