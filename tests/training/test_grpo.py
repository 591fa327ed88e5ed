"""Stage grpo: TRL's loss on trees, rewards by execution, and runs that are stopped, continued and halted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time

import pytest
import torch

from sqlwright.core import ConfigError
from sqlwright.evaluation.trial import Trial
from sqlwright.generation import Completion
from sqlwright.training import grpo as module
from sqlwright.training.dpo import untouched
from sqlwright.training.grpo import Grpo, QuestionBatches
from sqlwright.training.objective import total
from sqlwright.training.prefix.loss import to_batch, token_logprobs
from sqlwright.training.prefix.tree import TokenRow, lay_out, merge
from sqlwright.training.rollout import Rewards, advantages
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import config_from, load_config

from .test_preference import metrics, trl_arguments, with_lora

GRPO = """stage: grpo
model_name_or_path: {base}
dataset: [{rows}]
databases: {databases}
output_dir: {out}
eval_samples: 2
max_steps: 4
per_device_train_batch_size: 2
gradient_accumulation_steps: 2
group_size: 2
num_generations: 3
redraws: 0
beta: 0.05
max_new_tokens: 6
lora_rank: 4
learning_rate: 0.01
eval_steps: 2
save_steps: 2
"""


def written(folder, base, out="out"):
    names = {"rows": folder / "rows.jsonl", "databases": folder / "databases", "out": folder / out}
    path = folder / f"grpo-{out}.yaml"
    path.write_text(GRPO.format(base=base, **names), encoding="utf-8")
    return path


# --- the loss ---


def groups() -> list[TokenRow]:
    """Three answers each to two questions about one schema."""
    schema = tuple(range(10, 40))
    asked = [(*schema, 41, 42), (*schema, 43)]
    answers = [[(50, 51, 52, 2), (50, 51, 2), (50, 7, 2)], [(53, 2), (54, 55, 56, 57, 2), (54, 2)]]
    return [
        TokenRow(f"{n}/{i}", (*prompt, *answer), len(prompt), "a")
        for n, (prompt, group) in enumerate(zip(asked, answers, strict=True))
        for i, answer in enumerate(group)
    ]


@pytest.mark.parametrize("loss_type", ["dapo", "grpo"])
def test_the_loss_is_that_of_trl(loss_type, base, tmp_path):
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    rows, model = groups(), with_lora(base)
    values = torch.tensor([0.7, -1.1, 0.4, 1.3, -0.2, -1.1])
    own = Grpo(0.2, 0.28, beta=0.3, temperature=0.7, loss_type=loss_type)
    batch = {**to_batch(lay_out([merge(rows)], per_row=True)), "advantages": values}
    with torch.no_grad():
        now = token_logprobs(model, batch, shared=True, config=model.config, temperature=0.7)
        with untouched(model):
            batch["reference"] = token_logprobs(model, batch, shared=True, config=model.config, temperature=0.7)
        noise = torch.linspace(-0.6, 0.6, len(now))  # so that some ratios are clipped on either side
        batch["old"] = now + noise
    sums = own.sums(model, batch, shared=True, config=model.config)
    loss = total(sums, own.counts(batch))
    assert 0 < float(sums.facts["clipped"][0]) < len(now)

    trainer = GRPOTrainer(
        model=with_lora(base),
        reward_funcs=lambda completions, **kwargs: [0.0] * len(completions),
        args=trl_arguments(
            GRPOConfig,
            tmp_path,
            beta=0.3,
            epsilon=0.2,
            epsilon_high=0.28,
            temperature=0.7,
            loss_type=loss_type,
            num_generations=2,
        ),
        train_dataset=Dataset.from_dict({"prompt": ["How many?", "Which?"]}),
        processing_class=AutoTokenizer.from_pretrained(base),
    )
    expected = trainer._compute_loss(trainer.model.eval(), trl_batch(rows, batch, values))
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def trl_batch(rows, batch, values):
    """Prompts padded on the left, answers on the right, and the per-token values in the same places."""
    asked = max(r.answer_start for r in rows)
    answered = [r.tokens[r.answer_start :] for r in rows]
    width = max(map(len, answered))

    def placed(flat):
        parts, start = [], 0
        for answer in answered:
            part = flat[start : start + len(answer)].tolist()
            parts.append([*part, *[0.0] * (width - len(answer))])
            start += len(answer)
        return torch.tensor(parts)

    masks = [[1] * len(a) + [0] * (width - len(a)) for a in answered]
    return {
        "prompt_ids": torch.tensor([[*[0] * (asked - r.answer_start), *r.tokens[: r.answer_start]] for r in rows]),
        "prompt_mask": torch.tensor([[0] * (asked - r.answer_start) + [1] * r.answer_start for r in rows]),
        "completion_ids": torch.tensor([[*a, *[0] * (width - len(a))] for a in answered]),
        "completion_mask": torch.tensor(masks),
        "advantages": values,
        "old_per_token_logps": placed(batch["old"]),
        "ref_per_token_logps": placed(batch["reference"]),
        "num_items_in_batch": torch.tensor(sum(map(sum, masks))),
    }


def test_without_old_log_probabilities_the_gradient_is_that_of_the_policy(base):
    rows, model = groups(), with_lora(base)
    batch = {**to_batch(lay_out([merge(rows)], per_row=True)), "advantages": torch.tensor([1.0, -1, 0, 1, 0, -1])}
    loss = Grpo().sums(model, batch, shared=True, config=model.config).terms.sum()
    loss.backward()
    first = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    model.zero_grad()
    each = token_logprobs(model, batch, shared=True, config=model.config)
    (-(each * batch["advantages"][batch["owners"]]).sum()).backward()
    second = [p.grad for p in model.parameters() if p.grad is not None]
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(first, second, strict=True))


# --- rewards ---


def test_advantages_are_those_of_a_group():
    assert advantages([1.0, 0.0]) == pytest.approx([0.7071, -0.7071], abs=1e-3)
    assert advantages([0.5, 0.5, 0.5]) == [0.0, 0.0, 0.0]
    assert advantages([1.0]) == [0.0]


def test_an_outcome_has_its_reward():
    rewards, whole = Rewards(1.0, 0.3, 0.1), Completion("SELECT 1")
    right, near, wrong = Trial(True, True), Trial(False, True, near=True), Trial(False, True)
    assert [rewards.of(whole, t, reads=True) for t in (right, near, wrong)] == [1.0, 0.3, 0.1]
    assert rewards.of(whole, Trial(False, False, "refused"), reads=True) == 0.0
    assert rewards.of(whole, right, reads=False) == 0.0  # a constant
    assert rewards.of(Completion("SELECT 1", finish_reason="length"), right, reads=True) == 0.0


def test_questions_come_once_for_each_iteration():
    rows = [TokenRow(str(n), (1, 2, 3), 1, "a") for n in range(12)]
    batches = QuestionBatches(rows, 1, 1, 24, 0)
    batches.a_step, batches.iterations = 2, 3
    assert [int(batches[i]["index"]) for i in range(14)] == [0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 4, 5]


# --- runs ---


@pytest.fixture
def judged(monkeypatch):
    """A random model writes no SQL: here its samples are worth their share of tokens with an even number."""

    def by_tokens(samples, golds, trials, rewards):
        return [(sum(t % 2 == 0 for t in s.ids) / len(s.ids), Trial(False, False)) for s in samples]

    monkeypatch.setattr(module, "rewards_of", by_tokens)


def test_a_killed_run_goes_on_to_the_same_losses(folder, base):
    whole = train_language_model(load_config(written(folder, base, "whole")))
    assert list(metrics(whole)) == [1, 2, 3, 4]
    assert {"reward", "solved", "kl", "equal_groups", "answer_tokens"} <= row_of(whole, 1).keys()
    out, path = folder / "killed", written(folder, base, "killed")
    run = subprocess.Popen([sys.executable, "-m", "sqlwright", "train", str(path)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 900
    while not (out / "checkpoint-2").is_dir() and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    run.kill()
    run.wait()
    assert (out / "checkpoint-2").is_dir()
    (out / "done.json").unlink(missing_ok=True)
    train_language_model(load_config(path))
    assert metrics(out).keys() == metrics(whole).keys()
    for key in ("loss", "answer_tokens", "kl"):
        assert metrics(whole, key) == pytest.approx(metrics(out, key), abs=1e-4)
    weights = [(f / "adapter_model.safetensors").read_bytes() for f in (whole, out)]
    assert weights[0] == weights[1]


def row_of(folder, step):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return next(row for row in rows if row["step"] == step)


def test_a_run_that_goes_on_samples_and_learns_the_same(folder, base, judged):
    path = written(folder, base)
    out = train_language_model(load_config(path))
    first, weights = metrics(out), (out / "adapter_model.safetensors").read_bytes()
    assert any(first.values())
    shutil.rmtree(out / "checkpoint-4")
    (out / "done.json").unlink()
    train_language_model(load_config(path))
    assert metrics(out) == pytest.approx(first, abs=1e-4)
    assert (out / "adapter_model.safetensors").read_bytes() == weights


def test_what_is_rewarded_becomes_likelier(folder, base, judged):
    more = ["beta=0.0", "max_steps=12", "eval_steps=0", "per_device_train_batch_size=4", "num_generations=6"]
    out = train_language_model(load_config(written(folder, base), [*more, "num_iterations=2", "redraws=1"]))
    rewards = list(metrics(out, "reward").values())
    assert len(metrics(out)) == 12
    assert len(rewards) == 6  # two steps on the same samples
    assert sum(rewards[-2:]) > sum(rewards[:2])


def test_a_run_ends_where_it_leaves_its_start_too_far(folder, base, judged):
    path = written(folder, base)
    out = train_language_model(load_config(path, ["halt_kl=0.000001", "learning_rate=0.05", "eval_steps=0"]))
    facts = json.loads((out / "done.json").read_text())
    assert "KL divergence" in facts["halted"]
    assert facts["steps"] < 4
    assert "Halted" in (out / "report.html").read_text()


def test_settings_that_contradict_each_other_are_refused():
    given = {"stage": "grpo", "model_name_or_path": "m", "dataset": ["x"], "output_dir": "o", "databases": "d"}
    assert config_from(given).num_generations == 8
    with pytest.raises(ConfigError, match="Stage grpo runs queries"):
        config_from({**given, "databases": ""})
    with pytest.raises(ConfigError, match="save_steps is 3, num_iterations 2"):
        config_from({**given, "save_steps": 3, "num_iterations": 2})
    with pytest.raises(ConfigError, match="below reward_equal"):
        config_from({**given, "reward_runs": 1.0})
