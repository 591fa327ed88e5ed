"""4-bit training on a CPU: an evaluation in between must not change what is learned afterwards."""

from __future__ import annotations

import json
import shutil
import warnings

import pytest
import torch
from peft import load_peft_weights, set_peft_model_state_dict
from transformers import AutoModelForCausalLM

from sqlwright.core import ConfigError
from sqlwright.generation import load_generator
from sqlwright.generation.hf import HfGenerator
from sqlwright.generation.hf_loading import compute_in
from sqlwright.generation.trained_base import TrainedBase, read_trained_base
from sqlwright.training.export.export import ExportOptions, export_model
from sqlwright.training.export.source import ExportSource
from sqlwright.training.loading import load_model
from sqlwright.training.prefix.loss import summed_loss, to_batch
from sqlwright.training.prefix.tree import TokenRow, lay_out, merge
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import load_config
from sqlwright.training.stages.sft import Config

pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed (extra qlora)")


def gradient(model, batch) -> torch.Tensor:
    model.train()
    summed_loss(model, batch, shared=True, config=model.config).backward()
    found = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    model.zero_grad()
    return found


def test_gradients_after_an_evaluation_are_those_before_it(base):
    config = Config(
        stage="sft",
        dataset=("x",),
        output_dir="o",
        model_name_or_path=str(base),
        finetuning_type="qlora",
        lora_dropout=0.0,
    )
    model = load_model(config)
    assert type(model.base_model.model.model.layers[0].mlp.up_proj.base_layer).__name__ == "Linear4bit"
    flags = [m.support_avx512bf16_for_cpu for m in model.modules() if hasattr(m, "support_avx512bf16_for_cpu")]
    assert flags
    assert not any(flags)  # what the rest of this test shows on the processors that have avx512_bf16
    torch.manual_seed(0)
    for name, weight in model.named_parameters():
        if "lora_B" in name:  # PEFT's zeros would let nothing through to the layers below
            torch.nn.init.normal_(weight, std=0.1)
    rows = [TokenRow(str(i), (5, 6, 7, 8, *range(9 + i, 20)), 8) for i in range(4)]
    batch = to_batch(lay_out([merge(rows)]))
    before = gradient(model, batch)
    model.eval()
    with torch.no_grad():
        model(input_ids=batch["input_ids"])
        model.generate(input_ids=batch["input_ids"], max_new_tokens=3, do_sample=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        after = gradient(model, batch)
    assert torch.allclose(before, after, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("checkpoint", ["", "checkpoint-1"])
def test_an_export_knows_the_four_bits_of_its_run(tuning, folder, checkpoint):
    """Told by run.json alone; without it the adapter would go onto weights that it was never trained on."""
    given = ["finetuning_type=qlora", "double_quantization=false", "max_steps=1", "eval_steps=0", "save_steps=1"]
    out = train_language_model(load_config(tuning, [*given, f"output_dir={folder / 'run'}"]))
    data, databases = str(folder / "rows.jsonl"), folder / "databases"
    known = ExportSource(str(out / checkpoint), device="cpu", data=data, databases=databases)
    assert known.base_quantization == "nf4"
    assert type(known.model.base_model.model.model.layers[0].mlp.up_proj.base_layer).__name__ == "Linear4bit"
    assert read_trained_base(folder) is None


def test_an_export_of_plain_lora_has_a_base_in_full(tuning, folder):
    out = train_language_model(load_config(tuning, ["max_steps=1", "eval_steps=0", f"output_dir={folder / 'run'}"]))
    assert read_trained_base(out) is None


IDS = torch.tensor([[5, 6, 7, 8, 9, 10, 11, 12]])


@torch.no_grad()
def logits(model) -> torch.Tensor:
    return model.eval()(input_ids=IDS).logits.float()


def weights_seen(model) -> torch.Tensor:
    """A base layer's weights as the forward pass multiplies with them."""
    from bitsandbytes.functional import dequantize_4bit

    packed = model.get_submodule("base_model.model.model.layers.0.mlp.up_proj").base_layer.weight
    return dequantize_4bit(packed.data, packed.quant_state).float()


@pytest.fixture
def half(base, tmp_path):
    """The base as hubs ship it, in float16, with weights large enough for a wrong base to show."""
    folder = shutil.copytree(base, tmp_path / "half")
    model = AutoModelForCausalLM.from_pretrained(base)
    for weight in model.parameters():
        weight.data *= 3.0 if weight.dim() > 1 else 1.0
    model.half().save_pretrained(folder)
    return folder


@pytest.mark.parametrize("bf16", [False, True])
def test_the_trained_the_asked_and_the_exported_model_are_one(tuning, folder, half, bf16):
    """Quantized from float32 and from bfloat16, the same base has other 4-bit codes."""
    given = [f"model_name_or_path={half}", "finetuning_type=qlora", f"bf16={str(bf16).lower()}", "max_steps=2"]
    config = load_config(tuning, [*given, "eval_steps=0", "learning_rate=0.05", f"output_dir={folder / 'run'}"])
    out = train_language_model(config)
    trained = load_model(config)
    set_peft_model_state_dict(trained, load_peft_weights(str(out)))
    compute_in(trained, torch.float32)  # so that only weights can make a difference
    expected = logits(trained)
    assert read_trained_base(out) == TrainedBase("nf4-double", "bfloat16" if bf16 else "float32")

    asked = load_generator(str(out), device="cpu", dtype="float32")
    assert torch.equal(weights_seen(asked.model), weights_seen(trained))
    assert torch.allclose(logits(asked.model), expected, atol=1e-3)
    named = load_generator(str(half), adapter=str(out), device="cpu", dtype="float32")
    assert torch.equal(logits(named.model), logits(asked.model))

    short = {"data": str(folder / "rows.jsonl"), "databases": folder / "databases"}
    export_model(str(out), folder / "exported", ExportOptions(device="cpu", quantize="f32", **short))
    exported = HfGenerator(str(folder / "exported"), device="cpu", dtype="float32")
    assert torch.allclose(logits(exported.model), expected, atol=1e-3)

    (out / "run.json").rename(out / "renamed.json")  # nothing says how the base was: another model answers
    assert not torch.allclose(
        logits(load_generator(str(out), device="cpu", dtype="float32").model), expected, atol=0.05
    )


def test_a_record_of_the_base_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "run.json").write_text('{"config": {"finetuning_type": "qlora"}}')
    with pytest.raises(ConfigError, match="cannot be read"):
        read_trained_base(tmp_path)


def test_an_older_record_is_read_by_its_settings(tmp_path):
    config = {"finetuning_type": "qlora", "quantization_type": "fp4", "double_quantization": False, "bf16": True}
    (tmp_path / "run.json").write_text(json.dumps({"config": config}))
    assert read_trained_base(tmp_path / "checkpoint-7") == TrainedBase("fp4", "bfloat16")
