"""Predictions and evaluation on a local Ray cluster of two workers: the same rows, also where a worker is killed."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sqlwright.core import GenerationError
from sqlwright.data import DatabaseFolder, read_examples
from sqlwright.evaluation.evaluate import evaluate
from sqlwright.evaluation.predict import predict, predict_on
from sqlwright.evaluation.predict_options import PredictOptions
from sqlwright.generation import Completion, Generator

from .bench import data_rows, make_databases, prediction_rows, write_rows

ROOT = Path(__file__).parent.parent.parent
ray = pytest.importorskip("ray", reason="the extra ray is not installed")
from sqlwright.evaluation.ray_engine import RayEngine, connected  # noqa: E402


class Model(Generator):
    """Answers with the question as text. Dies once with its process at `dies_at`, if the file `died` is not there."""

    name, context_tokens, remote_host = "model", 4096, ""

    def __init__(self, dies_at="", died=None, broken=False):
        self.dies_at, self.died, self.broken = dies_at, died, broken

    def generate(self, prompts, sampling):
        if self.broken:
            raise GenerationError("no answer")
        for prompt in prompts:
            if prompt.question == self.dies_at and not self.died.exists():
                self.died.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return [(Completion(f"SELECT '{p.question}'"),) for p in prompts]

    def count_tokens(self, text):
        return len(text) // 4


@pytest.fixture(scope="module")
def cluster():
    """Ray has to find this module, which defines the model, in its workers."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}}
    )
    yield
    ray.shutdown()


@pytest.fixture
def bench(tmp_path):
    databases = make_databases(tmp_path / "databases")
    return databases, write_rows(tmp_path / "data.jsonl", [row for row in data_rows() if row["db_id"] != "lost"])


def options(generator):
    return PredictOptions(batch_size=2)


def rows(path):
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [{k: v for k, v in row.items() if k != "latency_s"} for row in found]


def test_the_rows_are_those_of_one_process_though_a_worker_is_killed(cluster, bench, tmp_path):
    databases, data = DatabaseFolder(bench[0]), bench[1]
    examples = list(read_examples(data))
    predict(Model(), examples, databases, tmp_path / "one.jsonl", options=options(None))
    load = partial(Model, examples[3].question, tmp_path / "died")
    with RayEngine(load, databases, None, options, workers=2) as engine:
        report = predict_on(engine, examples, tmp_path / "ray.jsonl")
    assert (tmp_path / "died").exists()
    assert (report.asked, report.failed) == (len(examples), ())
    assert rows(tmp_path / "ray.jsonl") == rows(tmp_path / "one.jsonl")


def test_a_run_goes_on_where_it_was_stopped(cluster, bench, tmp_path):
    databases, examples = DatabaseFolder(bench[0]), list(read_examples(bench[1]))
    out = tmp_path / "ray.jsonl"
    with RayEngine(Model, databases, None, options, workers=2) as engine:
        predict_on(engine, examples, out)
        lines = out.read_text().splitlines(keepends=True)
        out.write_text("".join(lines[:3]))
        assert 0 < predict_on(engine, examples, out).asked < len(examples)
    assert out.read_text().count("\n") == len(examples)


def test_what_a_worker_raises_is_raised_here(cluster, bench, tmp_path):
    databases, examples = DatabaseFolder(bench[0]), list(read_examples(bench[1]))
    with (
        RayEngine(partial(Model, broken=True), databases, None, options, workers=2) as engine,
        pytest.raises(GenerationError, match="no answer"),
    ):
        predict_on(engine, examples, tmp_path / "ray.jsonl")


@pytest.mark.parametrize(("before", "after"), [(None, "0"), ("1", "1")])
def test_usage_statistics_are_off_unless_the_user_sets_them(cluster, monkeypatch, before, after):
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED")
    if before:
        monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", before)
    connected(None)
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == after


def test_a_cluster_judges_as_one_machine_does(cluster, bench, tmp_path):
    databases, data = bench
    written = [row for row in prediction_rows() if row["db_id"] != "lost"]
    predictions = write_rows(tmp_path / "predictions.jsonl", written)
    here = evaluate(predictions, data, databases, workers=1)
    there = evaluate(predictions, data, databases, workers=2, engine="ray")
    assert len(there.items) == len(here.items)
    for one, other in zip(there.items, here.items, strict=True):
        assert replace(one, gold=None, predicted=None) == replace(other, gold=None, predicted=None)
