"""4-bit training on a CPU: an evaluation in between must not change what is learned afterwards."""

from __future__ import annotations

import warnings

import pytest
import torch

from sqlwright.training.config import load_config
from sqlwright.training.export_source import ExportSource, trained_on
from sqlwright.training.language_model_config import LanguageModelConfig
from sqlwright.training.loading import load_model
from sqlwright.training.loss import summed_loss, to_batch
from sqlwright.training.prefix import Row, lay_out, merge
from sqlwright.training.run import train_language_model

pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed (extra qlora)")


def gradient(model, batch) -> torch.Tensor:
    model.train()
    summed_loss(model, batch, shared=True, config=model.config).backward()
    found = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    model.zero_grad()
    return found


def test_gradients_after_an_evaluation_are_those_before_it(base):
    config = LanguageModelConfig(
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
    rows = [Row(str(i), (5, 6, 7, 8, *range(9 + i, 20)), 8) for i in range(4)]
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
    assert trained_on(folder) is None


def test_an_export_of_plain_lora_has_a_base_in_full(tuning, folder):
    out = train_language_model(load_config(tuning, ["max_steps=1", "eval_steps=0", f"output_dir={folder / 'run'}"]))
    assert trained_on(out) is None
