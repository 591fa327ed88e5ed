"""LoRA layers that add in place give PEFT's numbers."""

from __future__ import annotations

import copy

import peft
import pytest
import torch

from sqlwright.training.fused_lora import fuse_lora


def adapted(**settings):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(24, 40), torch.nn.SiLU(), torch.nn.Linear(40, 16, bias=False))
    chosen = peft.LoraConfig(r=4, lora_alpha=8, target_modules=["0", "2"], init_lora_weights=False, **settings)
    return peft.get_peft_model(model, chosen)


def learned(model, x):
    """The output, and the gradients of what is trained and of the input."""
    x = x.clone().requires_grad_()
    out = model(x)
    (out.float() ** 2).sum().backward()
    return [out, x.grad, *(p.grad for p in model.parameters() if p.requires_grad)]


@pytest.mark.parametrize("mixed", [False, True], ids=["float32", "bfloat16"])
def test_output_and_gradients_are_those_of_peft(mixed):
    plain = adapted(lora_dropout=0.0)
    fused = copy.deepcopy(plain)
    assert fuse_lora(fused) == 2
    x = torch.randn(2, 5, 24)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mixed):
        found, expected = learned(fused, x), learned(plain, x)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == theirs.dtype
        scale = theirs.float().abs().max()
        assert (ours.float() - theirs.float()).abs().max() <= scale * (3e-2 if mixed else 1e-6)


def test_an_adapter_that_is_switched_off_or_merged_is_pefts_affair():
    model = adapted(lora_dropout=0.0)
    x = torch.randn(3, 24)
    base = model.get_base_model()
    with model.disable_adapter():
        expected = base(x)
    fuse_lora(model)
    with model.disable_adapter():
        assert torch.equal(base(x), expected)
    tuned = base(x)
    assert not torch.allclose(tuned, expected)
    model.merge_adapter()
    assert torch.allclose(base(x), tuned, atol=1e-5)


@pytest.mark.parametrize("settings", [{"lora_dropout": 0.1}, {"lora_dropout": 0.0, "use_dora": True}])
def test_other_kinds_of_layer_are_left_alone(settings):
    assert fuse_lora(adapted(**settings)) == 0
