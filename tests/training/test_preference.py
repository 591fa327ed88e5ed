"""Stages dpo and rm: TRL's losses on trees, and runs that are stopped and continued."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
import torch
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import ConfigError
from sqlwright.training.dpo import untouched
from sqlwright.training.objective import total
from sqlwright.training.preference import Dpo, PairwiseReward
from sqlwright.training.prefix.loss import row_logprobs, to_batch
from sqlwright.training.prefix.tree import TokenRow, lay_out, merge
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import config_from, load_config

from .conftest import PAIRS

PREFERENCE = """stage: {stage}
model_name_or_path: {base}
dataset: [{pairs}]
eval_dataset: [{held_out}]
databases: {databases}
output_dir: {out}
eval_samples: 2
max_steps: 4
per_device_train_batch_size: 2
gradient_accumulation_steps: 2
group_size: 2
lora_rank: 4
lora_dropout: 0.0
learning_rate: 0.01
eval_steps: 2
save_steps: 2
"""


@pytest.fixture
def pairs(folder):
    """Each question with its gold query and that of another question."""
    rows = [
        {"id": str(n), "db_id": "shop", "question": q, "gold_sql": sql, "rejected": PAIRS[n - 3][1]}
        for n, (q, sql) in enumerate(PAIRS)
    ]
    for name, part in (("pairs", rows[:8]), ("held_out", rows[8:])):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, part)), encoding="utf-8")
    return folder


def written(folder, base, stage, out="out", more=""):
    names = {name: folder / f"{name}.jsonl" for name in ("pairs", "held_out")}
    text = PREFERENCE.format(stage=stage, base=base, databases=folder / "databases", out=folder / out, **names)
    path = folder / f"{stage}-{out}.yaml"
    path.write_text(text + ("max_new_tokens: 8\n" if stage == "dpo" else "") + more, encoding="utf-8")
    return path


def metrics(folder, key="loss"):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return {row["step"]: row[key] for row in rows if key in row}


# --- TRL's losses ---


def tree_rows() -> list[TokenRow]:
    """Three pairs about two schemas, a better answer before its worse one."""
    first, second = tuple(range(10, 40)), tuple(range(60, 75))
    asked = [(*first, 41, 42), (*first, 43), (*second, 44, 45, 46)]
    answers = [((50, 51, 52, 2), (50, 51, 2)), ((53, 2), (54, 55, 56, 57, 2)), ((58, 59, 2), (58, 2))]
    groups = ["a", "a", "b"]
    return [
        TokenRow(f"{n}{side}", (*prompt, *answer), len(prompt), group)
        for n, (prompt, pair, group) in enumerate(zip(asked, answers, groups, strict=True))
        for side, answer in enumerate(pair)
    ]


def merged(rows):
    groups = [[r for r in rows if r.group == name] for name in dict.fromkeys(r.group for r in rows)]
    return to_batch(lay_out([merge(g) for g in groups], per_row=True))


def trl_batch(rows):
    """As TRL's collators have it: the better answers, then the worse ones, padded on the right."""
    ordered = [*rows[0::2], *rows[1::2]]
    width = max(len(r.tokens) for r in ordered)
    pad = [width - len(r.tokens) for r in ordered]
    trained = [[0] * r.answer_start + [1] * (len(r.tokens) - r.answer_start) for r in ordered]
    return {
        "input_ids": torch.tensor([[*r.tokens, *[0] * p] for r, p in zip(ordered, pad, strict=True)]),
        "attention_mask": torch.tensor([[1] * len(r.tokens) + [0] * p for r, p in zip(ordered, pad, strict=True)]),
        "completion_mask": torch.tensor([[*t, *[0] * p] for t, p in zip(trained, pad, strict=True)]),
    }


def with_lora(base, kind="AutoModelForCausalLM", task="CAUSAL_LM", **more):
    import transformers
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    model = getattr(transformers, kind).from_pretrained(base, **more)
    torch.manual_seed(1)
    return get_peft_model(model, LoraConfig(**LORA, init_lora_weights=False, task_type=task)).eval()


LORA = {"r": 4, "lora_alpha": 32, "target_modules": "all-linear"}
TRL_TEXTS = {"prompt": ["How many?"], "chosen": ["SELECT 1"], "rejected": ["SELECT 2"]}


def trl_arguments(kind, folder, **more):
    settings = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False, "report_to": "none"}
    return kind(output_dir=str(folder), per_device_train_batch_size=2, disable_tqdm=True, **settings, **more)


@pytest.mark.parametrize(
    ("own", "theirs"),
    [
        (Dpo(0.3), {"beta": 0.3, "loss_type": ["sigmoid"]}),
        (Dpo(0.3, "ipo"), {"beta": 0.3, "loss_type": ["ipo"]}),
        (Dpo(0.3, sft_weight=0.5), {"beta": 0.3, "loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, 0.5]}),
    ],
    ids=["sigmoid", "ipo", "sft"],
)
def test_the_loss_of_dpo_is_that_of_trl(own, theirs, base, tmp_path):
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    rows = tree_rows()
    model = with_lora(base)
    batch = merged(rows)
    with torch.no_grad(), untouched(model):
        batch["reference"] = row_logprobs(model, batch, shared=True, config=model.config)
    sums = own.sums(model, batch, shared=True, config=model.config)
    loss = total(sums, own.counts(batch))

    trainer = DPOTrainer(  # of a model that has an adapter already, TRL would take that adapter as the reference
        model=AutoModelForCausalLM.from_pretrained(base),
        peft_config=LoraConfig(**LORA, task_type="CAUSAL_LM"),
        args=trl_arguments(DPOConfig, tmp_path, **theirs),
        train_dataset=Dataset.from_dict(TRL_TEXTS),
        processing_class=AutoTokenizer.from_pretrained(base),
    )
    set_peft_model_state_dict(trainer.model, get_peft_model_state_dict(model))
    expected = trainer._compute_loss(trainer.model.eval(), trl_batch(rows), return_outputs=False)
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)
    theirs_seen = {name: values[-1] for name, values in trainer._metrics["eval"].items()}
    seen = {name: float(value / count) for name, (value, count) in sums.facts.items()}
    assert seen["margin"] == pytest.approx(theirs_seen["rewards/margins"], rel=1e-4)
    assert seen["pair_accuracy"] == pytest.approx(theirs_seen["rewards/accuracies"])


def test_the_loss_of_a_reward_model_is_that_of_trl(base, tmp_path):
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import RewardConfig, RewardTrainer

    kind = {"kind": "AutoModelForSequenceClassification", "task": "SEQ_CLS", "num_labels": 1}
    rows, own, model = tree_rows(), PairwiseReward(center=0.2), with_lora(base, **kind)
    batch = merged(rows)
    loss = total(own.sums(model, batch, shared=True, config=model.config), own.counts(batch))
    trainer = RewardTrainer(
        model=with_lora(base, **kind),
        args=trl_arguments(RewardConfig, tmp_path, center_rewards_coefficient=0.2),
        train_dataset=Dataset.from_dict({k: TRL_TEXTS[k] for k in ("chosen", "rejected")}),
        processing_class=AutoTokenizer.from_pretrained(base),
    )
    given = {k: v for k, v in trl_batch(rows).items() if k != "completion_mask"}
    assert float(loss) == pytest.approx(float(trainer.compute_loss(trainer.model.eval(), given)), rel=1e-5)


# --- runs ---


def test_dpo_killed_goes_on_to_the_same_losses(pairs, base):
    whole = train_language_model(load_config(written(pairs, base, "dpo", "whole")))
    assert list(metrics(whole)) == [1, 2, 3, 4]
    assert metrics(whole)[1] == pytest.approx(0.6931, abs=1e-4)  # the model is its own reference
    assert metrics(whole)[4] < metrics(whole)[1]
    assert list(metrics(whole, "eval_pair_accuracy")) == [2, 4]
    assert list(metrics(whole, "margin")) == [1, 2, 3, 4]
    out, path = pairs / "killed", written(pairs, base, "dpo", "killed")
    run = subprocess.Popen([sys.executable, "-m", "sqlwright", "train", str(path)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 900
    while not (out / "checkpoint-2").is_dir() and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    run.kill()
    run.wait()
    assert (out / "checkpoint-2").is_dir()
    (out / "done.json").unlink(missing_ok=True)
    said = []
    train_language_model(load_config(path), said.append)
    assert not any("Computes the reference" in row.get("say", "") for row in said)
    first, second = metrics(whole), metrics(out)
    assert [round(v, 4) for v in first.values()] == [round(v, 4) for v in second.values()]
    weights = [(folder / "adapter_model.safetensors").read_bytes() for folder in (whole, out)]
    assert weights[0] == weights[1]


def test_dpo_tunes_an_adapter_on_and_compares_with_it(pairs, base, tuning):
    adapter = train_language_model(load_config(tuning, ["max_steps=1", "eval_steps=0", "save_steps=1"]))
    path = written(pairs, adapter, "dpo", more="compare_base: true\n")
    with pytest.raises(ConfigError, match="lora_rank is 8; the adapter has 4"):
        train_language_model(load_config(path, ["lora_rank=8"]))
    done = CliRunner().invoke(cli, ["train", str(path)], catch_exceptions=False)
    out = pairs / "out"
    assert done.exit_code == 0, done.stderr
    assert "sigmoid, beta 0.1" in done.stderr
    assert metrics(out)[1] == pytest.approx(0.6931, abs=1e-4)  # the reference is the adapter, not its base
    config = json.loads((out / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(base)
    assert "Margin" in (out / "report.html").read_text()
    assert {"base", "tuned"} == {
        json.loads((out / f"{n}.json").read_text())["provenance"]["model"] for n in ("base", "tuned")
    }


def test_dpo_shows_itself_before_it_runs(pairs, base):
    done = CliRunner().invoke(cli, ["train", str(written(pairs, base, "dpo")), "--dry-run"], catch_exceptions=False)
    assert "8 pairs of" in done.stdout
    assert "forecast" in done.stdout


def test_a_reward_model_prefers_what_it_learned_and_reranks(pairs, base):
    from sqlwright.generation import Completion
    from sqlwright.generation.reward_model import RewardModel

    path = written(pairs, base, "rm", more="num_train_epochs: 1.0\n")
    out = train_language_model(load_config(path, ["max_steps=40", "eval_steps=0", "learning_rate=0.005"]))
    last = list(metrics(out, "pair_accuracy").values())[-10:]  # a step has four pairs
    assert sum(last) / len(last) > 0.9
    facts = json.loads((out / "done.json").read_text())
    assert facts["pair_accuracy"]["n"] == 2
    model = RewardModel(out)
    config = load_config(path)
    from sqlwright.training.prepare import prepare

    prepared = prepare(config)
    example = prepared.data.train[0]
    prompt = prepared.data.contexts.prompt(example)
    texts = [example.gold_sql, prepared.data.rejected[example.id]]
    scores = model.scores([prompt, prompt], texts)
    assert scores[0] > scores[1]
    assert model.best(prompt, [Completion(t) for t in reversed(texts)]).text == example.gold_sql


def test_settings_that_mean_nothing_are_refused(base):
    given = {"model_name_or_path": str(base), "dataset": ["x"], "output_dir": "o"}
    with pytest.raises(ConfigError, match="compare_base has no effect here"):
        config_from({**given, "stage": "rm", "compare_base": True})
    with pytest.raises(ConfigError, match=r"beta is 0\. It has to be above 0"):
        config_from({**given, "stage": "dpo", "beta": 0})
    with pytest.raises(ConfigError, match="Stage dpo computes its reference on a whole model"):
        config_from({**given, "stage": "dpo", "fsdp": "full_shard"})
