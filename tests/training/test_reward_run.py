"""A reward model from pairs to scores: made pairs, a run that is killed and goes on, candidates that it chooses from.

The settings are those of configs/smollm2_cpu_rm.yaml, with a random model and fewer steps.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.data import Context, PromptOptions, prompt_for
from sqlwright.db import open_database
from sqlwright.generation import Completion, Sampling, ScriptedGenerator
from sqlwright.generation.rerank import RerankedGenerator
from sqlwright.generation.reward_model import RewardModel, prompt_as
from sqlwright.training.prepare import prepare
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import config_from

from .test_preference import metrics

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "smollm2_cpu_rm.yaml"
STEPS = 12


def run(*arguments):
    done = CliRunner().invoke(cli, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done


@pytest.fixture
def made(folder):
    """Pairs of `synthesize --preferences` about the shop."""
    path = folder / "preferences.jsonl"
    shop = folder / "databases" / "shop" / "shop.sqlite"
    run("synthesize", "-d", shop, "-n", 40, "--preferences", "--pairs", 2, "-o", path)
    return path


def settings(made, base, out, **more):
    given = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    given |= {"model_name_or_path": str(base), "dataset": [str(made)], "databases": str(made.parent / "databases")}
    given |= {"output_dir": str(out), "max_steps": STEPS, "eval_steps": 4, "save_steps": 4, **more}
    return given


@pytest.mark.slow
def test_a_killed_reward_run_goes_on_to_the_same_losses(made, base, tmp_path):
    whole = train_language_model(config_from(settings(made, base, tmp_path / "whole")))
    assert list(metrics(whole)) == list(range(1, STEPS + 1))
    out, path = tmp_path / "killed", tmp_path / "rm.yaml"
    path.write_text(yaml.safe_dump(settings(made, base, out)), encoding="utf-8")
    trained = subprocess.Popen([sys.executable, "-m", "sqlwright", "train", str(path)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 900
    while not (out / "checkpoint-4").is_dir() and trained.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    trained.kill()
    trained.wait()
    assert (out / "checkpoint-4").is_dir()
    assert not (out / "done.json").is_file()
    done = run("train", path)
    assert "Goes on from" in done.stderr
    assert [round(v, 4) for v in metrics(out).values()] == [round(v, 4) for v in metrics(whole).values()]
    weights = [(one / "adapter_model.safetensors").read_bytes() for one in (whole, out)]
    assert weights[0] == weights[1]
    facts = json.loads((out / "done.json").read_text())["pair_accuracy"]
    assert facts["n"] > 0
    assert facts["correct"] <= facts["n"]
    assert "Pair accuracy" in (out / "report.html").read_text()


def test_preference_tuning_reads_the_same_pairs(made, base, tmp_path):
    given = settings(made, base, tmp_path / "dpo", stage="dpo", max_steps=4, eval_steps=0, max_new_tokens=8)
    out = train_language_model(config_from(given))
    assert list(metrics(out, "margin")) == [1, 2, 3, 4]
    assert metrics(out)[1] == pytest.approx(0.6931, abs=1e-4)


@pytest.fixture
def reward(made, base, tmp_path):
    more = {"learning_rate": 0.003, "eval_steps": 0, "save_steps": 120, "max_steps": 120}
    return train_language_model(config_from(settings(made, base, tmp_path / "rm", **more)))


@pytest.fixture
def candidates(made, tmp_path):
    """A model that answers each question of the pairs with the wrong query first, and the questions' file."""
    rows = [json.loads(line) for line in made.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if not row["id"].endswith("-2")]
    script = tmp_path / "script.jsonl"
    lines = [{"question": row["question"], "text": [row["rejected"], row["gold_sql"]]} for row in rows]
    script.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    data = tmp_path / "data.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return script, data


@pytest.mark.slow
def test_the_reward_model_chooses_and_the_choice_is_scored(made, reward, candidates, tmp_path):
    script, data = candidates
    common = ["--data", data, "--databases", made.parent / "databases"]
    scores = {}
    for name, chosen in (("first", []), ("reward", ["--rerank", reward])):
        out = tmp_path / f"{name}.jsonl"
        run("predict", "-m", f"scripted:{script}", *common, "-n", 2, "--no-execute", "--repairs", 0, *chosen, "-o", out)
        report = tmp_path / f"{name}.json"
        run("evaluate", out, *common, "--json", report)
        scores[name] = json.loads(report.read_text())["strict_execution_accuracy"]
    assert scores["first"] == 0, scores
    assert scores["reward"] > 0.7, scores  # on pairs that it was trained on
    compared = run("compare", tmp_path / "first.json", tmp_path / "reward.json")
    assert "reward" in compared.stdout


def test_a_query_is_scored_in_the_prompt_of_training_whoever_wrote_it(made, base, tmp_path):
    config = config_from(settings(made, base, tmp_path / "rm", max_steps=1, eval_steps=0))
    model = RewardModel(train_language_model(config))
    prepared = prepare(config)
    example = prepared.data.train[0]
    own = prepared.data.contexts.prompt(example)
    with prepared.data.databases.open("shop") as database:
        others = PromptOptions("default", "ddl", 3, True)
        other = prompt_for(example.question, Context.of(database, others), others)
    assert other.messages != own.messages
    assert prompt_as(other, model.taught).messages == own.messages
    first, second = (model.scores([prompt], [example.gold_sql]) for prompt in (own, other))
    assert first == second
    alike = [f"SELECT name FROM item WHERE price > {n}" for n in range(40)]
    assert len(set(model.scores([own] * 40, alike))) > 35  # scores are in float32, whatever the model's number format
    kept = prompt_as(other, others)
    assert kept.messages == other.messages


def test_one_answer_is_the_best_of_eight(made, base, tmp_path, shop):
    model = RewardModel(train_language_model(config_from(settings(made, base, tmp_path / "rm", max_steps=1))))
    queries = [f"SELECT {n} FROM item" for n in range(8)]
    asked = []

    class Eight(ScriptedGenerator):
        def generate(self, prompts, sampling):
            asked.append(sampling)
            return [tuple(Completion(q) for q in queries) for _ in prompts]

    generator = RerankedGenerator(Eight({}), model)
    with open_database(shop) as database:
        prompt = prompt_for("Which items?", Context.of(database, PromptOptions()), PromptOptions())
    ((found,),) = generator.generate([prompt], Sampling())
    assert (asked[0].n, asked[0].temperature) == (8, 0.8)
    scores = dict(zip(queries, model.scores([prompt] * 8, queries), strict=True))
    assert found.text == max(scores, key=scores.get)
    generator.generate([prompt], replace(Sampling(), n=3, temperature=0.2))
    assert (asked[1].n, asked[1].temperature) == (3, 0.2)
