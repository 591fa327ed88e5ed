"""Embeddings that are trained beside an adapter, and the warning where a stop token is not."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from sqlwright.core import ConfigError
from sqlwright.generation import load_generator
from sqlwright.training.export.merge import merge_adapter
from sqlwright.training.loading import load_model
from sqlwright.training.prepare import prepare
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import load_config
from sqlwright.training.stop_token import untrained_stop

IDS = torch.tensor([[5, 6, 7, 8, 9, 10]])


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(input_ids=IDS).logits.float()


@pytest.mark.parametrize("tied", [False, True])
def test_embedding_and_output_are_trained_asked_and_merged(tuning, folder, base, tied):
    own = folder / "base"
    config = AutoConfig.from_pretrained(base)
    config.tie_word_embeddings = tied
    AutoModelForCausalLM.from_config(config).save_pretrained(own)
    AutoTokenizer.from_pretrained(base).save_pretrained(own)
    target = "embed_tokens" if tied else "embed_tokens,lm_head"
    given = [f"model_name_or_path={own}", "max_steps=2", "eval_steps=0", f"output_dir={folder / 'run'}"]
    out = train_language_model(load_config(tuning, [*given, f"additional_target={target}"]))

    before = AutoModelForCausalLM.from_pretrained(own)
    asked = load_generator(str(out), device="cpu", dtype="float32")
    expected = logits(asked.model)
    merged = merge_adapter(asked.model, str(out), len(asked.tokenizer))
    assert torch.allclose(logits(merged), expected, atol=1e-4)
    for layer in ("get_input_embeddings", "get_output_embeddings"):
        assert not torch.equal(getattr(merged, layer)().weight, getattr(before, layer)().weight)
    assert tied == torch.equal(merged.get_input_embeddings().weight, merged.get_output_embeddings().weight)


def test_names_that_the_model_lacks_are_refused_with_those_it_has(tuning):
    with pytest.raises(ConfigError, match=r"additional_target names 'lm_haed'.*lm_head"):
        load_model(load_config(tuning, ["additional_target=lm_haed"]))
    with pytest.raises(ConfigError, match=r"LoRA cannot be put on this model.*q_proj"):
        load_model(load_config(tuning, ["lora_target=query_key_value"]))


def test_all_is_all_linear(tuning):
    names = [n for n, p in load_model(load_config(tuning, ["lora_target=all"])).named_parameters() if p.requires_grad]
    assert names == [n for n, p in load_model(load_config(tuning)).named_parameters() if p.requires_grad]


def test_a_stop_token_that_stays_frozen_is_told(tuning, folder, base):
    """A base without a chat template, whose text ends with another token than the template's turns."""
    own = folder / "base"
    AutoModelForCausalLM.from_pretrained(base).save_pretrained(own)
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.eos_token, tokenizer.chat_template = "<|endoftext|>", None
    tokenizer.save_pretrained(own)
    given = [f"model_name_or_path={own}", "template=chatml"]
    said = untrained_stop(prepare(load_config(tuning, given)))
    assert "answers end with <|im_end|>" in said
    assert "additional_target: [embed_tokens, lm_head]" in said
    assert untrained_stop(prepare(load_config(tuning, [*given, "additional_target=embed_tokens,lm_head"]))) == ""
    assert untrained_stop(prepare(load_config(tuning))) == ""
