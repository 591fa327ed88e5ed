"""`device_map: auto` hands a model's layers to transformers; a run on them has the losses of an ordinary one."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import pytest
import torch

from sqlwright.core import ConfigError, UsageError
from sqlwright.generation import Sampling, load_generator
from sqlwright.generation.reward_model import RewardModel
from sqlwright.training import loading
from sqlwright.training.arguments import idle_devices
from sqlwright.training.loading import refuse_offloaded
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import config_from, load_config

from ..generation.conftest import prompts  # noqa: F401  fixture
from ..models import lora  # noqa: F401  fixture
from .test_grpo import written as write_grpo
from .test_preference import metrics, pairs, written  # noqa: F401  fixture

PARTS = ("model.embed_tokens", "model.layers.0", "model.layers.1", "model.norm", "model.rotary_emb")
PLAIN = ["max_steps=4", "eval_steps=2", "save_steps=2", "lora_dropout=0.0"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (["deepspeed=x.json"], "device_map and deepspeed exclude each other"),
        (["fsdp=full_shard"], "device_map and fsdp exclude each other"),
        (["device_map=balanced"], "device_map is 'balanced'"),
    ],
)
def test_what_cannot_work_is_refused(tuning, override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(tuning, ["device_map=auto", *override])


def test_it_needs_an_adapter():
    given = {"model_name_or_path": "m", "dataset": ["x"], "output_dir": "o", "device_map": "auto"}
    with pytest.raises(ConfigError, match="device_map has no effect here: it needs finetuning_type: lora or qlora"):
        config_from({**given, "stage": "sft", "finetuning_type": "full"})
    assert config_from({**given, "stage": "sft", "finetuning_type": "qlora"}).device_map == "auto"


def test_several_processes_are_refused_before_anything_is_read(tuning, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="spreads one model over all GPUs; this run has 2 processes"):
        train_language_model(load_config(tuning, ["device_map=auto", "dataset=missing.json"]))


def test_a_model_that_the_gpus_cannot_hold_is_refused():
    refuse_offloaded(SimpleNamespace(hf_device_map={"": "cpu"}))
    refuse_offloaded(SimpleNamespace(hf_device_map={"model.layers.0": 0, "model.layers.1": 1}))
    refuse_offloaded(SimpleNamespace())
    for left in ("cpu", "disk"):
        with pytest.raises(UsageError, match=r"1 of its 2 parts are left over \(model\.layers\.1\)"):
            refuse_offloaded(SimpleNamespace(hf_device_map={"model.layers.0": 0, "model.layers.1": left}))


def test_no_device_is_called_idle(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    assert idle_devices("auto") == ""
    assert "One of 4 GPUs" in idle_devices()


def run(path, out, *overrides):
    return train_language_model(load_config(path, [*PLAIN, *overrides, f"output_dir={out}"]))


def test_a_run_with_a_device_map_goes_on_and_has_the_losses_of_one_without(tuning, folder):
    plain = run(tuning, folder / "plain")
    spread = run(tuning, folder / "spread", "device_map=auto")
    assert metrics(spread) == metrics(plain)
    weights = [(one / "adapter_model.safetensors").read_bytes() for one in (plain, spread)]
    assert weights[0] == weights[1]
    shutil.rmtree(spread / "checkpoint-4")
    (spread / "done.json").unlink()
    run(tuning, folder / "spread", "device_map=auto")
    assert metrics(spread) == pytest.approx(metrics(plain), abs=1e-4)
    assert json.loads((spread / "run.json").read_text())["config"]["device_map"] == "auto"


@pytest.fixture
def hooked(monkeypatch):
    """accelerate's hooks on every layer, as on several GPUs; each of them moves its inputs to the CPU."""
    from accelerate import dispatch_model

    placed = []
    for kind, head in (("AutoModelForCausalLM", "lm_head"), ("AutoModelForSequenceClassification", "score")):
        load = getattr(loading, kind).from_pretrained

        def from_pretrained(*given, device_map=None, load=load, head=head, **settings):
            model = load(*given, **settings)
            if device_map == "auto":
                placed.append(dispatch_model(model, dict.fromkeys((*PARTS, head), "cpu"), force_hooks=True))
            return model

        monkeypatch.setattr(getattr(loading, kind), "from_pretrained", from_pretrained)
    return placed


def test_layers_with_hooks_give_the_same_losses_and_answers(tuning, folder, hooked):
    plain = run(tuning, folder / "plain")
    spread = run(tuning, folder / "spread", "device_map=auto")
    assert len(hooked) == 1
    assert hasattr(hooked[0].model.layers[1], "_hf_hook")
    assert metrics(spread) == pytest.approx(metrics(plain), abs=1e-4)
    assert metrics(spread, "eval_execution_accuracy") == metrics(plain, "eval_execution_accuracy")
    assert json.loads((spread / "done.json").read_text())["shared"]


@pytest.mark.parametrize("stage", ["dpo", "rm"])
def test_layers_with_hooks_give_the_same_losses_of_preferences(pairs, base, hooked, stage):  # noqa: F811
    plain = train_language_model(load_config(written(pairs, base, stage, "plain")))
    spread = train_language_model(load_config(written(pairs, base, stage, "spread"), ["device_map=auto"]))
    assert len(hooked) == 1
    assert metrics(spread) == pytest.approx(metrics(plain), abs=1e-4)


@pytest.mark.slow
def test_layers_with_hooks_sample_the_same_answers(folder, base, hooked):
    plain = train_language_model(load_config(write_grpo(folder, base, "plain")))
    spread = train_language_model(load_config(write_grpo(folder, base, "spread"), ["device_map=auto"]))
    assert len(hooked) == 1
    for key in ("loss", "answer_tokens", "kl"):
        assert metrics(spread, key) == pytest.approx(metrics(plain, key), abs=1e-4)


def test_a_base_in_four_bits_has_a_device_map(tuning, folder):
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed (extra qlora)")
    plain = run(tuning, folder / "plain", "finetuning_type=qlora", "eval_steps=0")
    spread = run(tuning, folder / "spread", "finetuning_type=qlora", "eval_steps=0", "device_map=auto")
    assert metrics(spread) == pytest.approx(metrics(plain), abs=1e-4)


def test_a_model_is_asked_with_a_device_map(lora, prompts):  # noqa: F811
    sampling = Sampling(max_new_tokens=8)
    plain, spread = (load_generator(str(lora), device=device) for device in ("cpu", "auto"))
    assert spread.generate(prompts, sampling) == plain.generate(prompts, sampling)


def test_a_reward_model_is_asked_with_a_device_map(pairs, base, prompts):  # noqa: F811
    out = train_language_model(load_config(written(pairs, base, "rm"), ["max_steps=1", "eval_steps=0"]))
    queries = ["SELECT 1"] * len(prompts)
    plain, spread = (RewardModel(out, device=device).scores(prompts, queries) for device in ("cpu", "auto"))
    assert spread == plain


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_two_gpus_give_the_losses_of_one(tuning, folder, monkeypatch):
    monkeypatch.setattr(loading, "best_device", lambda: "cuda")
    plain = run(tuning, folder / "plain", "gradient_checkpointing=true")
    spread = run(tuning, folder / "spread", "gradient_checkpointing=true", "device_map=auto")
    assert metrics(spread) == pytest.approx(metrics(plain), rel=1e-3)
