"""The forecast counts what a model really has."""

from __future__ import annotations

import pytest
import torch
import transformers as hf

from sqlwright.training.forecast import Shape, _memory, measured_flops
from sqlwright.training.loading import load_model
from sqlwright.training.prefix import tree_attention
from sqlwright.training.prefix.loss import summed_loss, to_batch
from sqlwright.training.prefix.tree import TokenRow, lay_out, merge
from sqlwright.training.stages.sft import Config

LLAMA_2_7B = hf.LlamaConfig()  # transformers' defaults are its sizes


@pytest.mark.parametrize("tied", [False, True])
def test_parameters_are_those_of_the_model_but_for_its_norms(tied):
    config = hf.LlamaConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=300,
        tie_word_embeddings=tied,
    )
    model = hf.LlamaForCausalLM(config)
    norms = sum(p.numel() for n, p in model.named_parameters() if "norm" in n)
    assert Shape.of(config).parameters == sum(p.numel() for p in model.parameters()) - norms


def test_adapter_weights_are_those_of_peft():
    from peft import LoraConfig, get_peft_model

    config = hf.LlamaConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=300,
    )
    model = get_peft_model(
        hf.LlamaForCausalLM(config), LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM")
    )
    assert Shape.of(config).adapter(8) == sum(p.numel() for p in model.parameters() if p.requires_grad)


def test_a_7b_model_in_4_bits_fits_where_it_is_known_to_fit():
    shape = Shape.of(LLAMA_2_7B)
    assert shape.parameters == pytest.approx(6.74e9, rel=0.01)
    given = {"stage": "sft", "dataset": ("x",), "output_dir": "o", "model_name_or_path": "m"}
    qlora = Config(**given, finetuning_type="qlora", gradient_checkpointing=True)
    memory = _memory(qlora, shape, "float16", tokens=2048, trained=200, width=512)
    assert memory["weights"] == pytest.approx(4.5e9, rel=0.05)  # 3.3 GB of 4-bit layers, embeddings in 32 bits, adapter
    assert sum(memory.values()) < 8e9
    lora = Config(**given, finetuning_type="lora")
    assert _memory(lora, shape, "bfloat16", 2048, 200, 512)["weights"] > 13e9


SIZES = {"hidden_size": 128, "num_attention_heads": 4, "intermediate_size": 320, "vocab_size": 96, "pad_token_id": 0}


def merged_rows(trunk: int = 150, rows: int = 6, own: int = 50) -> dict[str, torch.Tensor]:
    """One tree: `rows` that share their first `trunk` tokens and have `own` more each."""
    made = [
        TokenRow(
            str(i), (*(3 + n % 90 for n in range(trunk)), *(3 + (i + n) % 90 for n in range(own))), trunk + own - 9, "a"
        )
        for i in range(rows)
    ]
    return to_batch(lay_out([merge(made)]))


def kept_bytes(model, batch, bf16: bool) -> int:
    """What a forward pass keeps for its way back, by the hooks of autograd, without the weights."""
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with (
        torch.autocast("cpu", torch.bfloat16, enabled=bf16),
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
    ):
        summed_loss(model, batch, shared=True, config=model.config)
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    return sum(t.untyped_storage().nbytes() for place, t in kept.items() if place not in own)


@pytest.mark.parametrize("kind", ["full", "lora", "lora with dropout", "qlora"])
@pytest.mark.parametrize("bf16", [False, True])
def test_activations_are_those_that_a_block_keeps(kind, bf16, tmp_path):
    """Counted in a real model: what one block more keeps."""
    if kind == "qlora":
        pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed (extra qlora)")
    how, _, dropout = kind.partition(" with ")
    given = {"stage": "sft", "dataset": ("x",), "output_dir": "o", "model_name_or_path": str(tmp_path), "bf16": bf16}
    if how != "full":
        given |= {"lora_rank": 8, "lora_dropout": 0.1 if dropout else 0.0}
    config = Config(**given, finetuning_type=how)
    batch, found = merged_rows(), []
    for layers in (2, 3):
        shape = hf.LlamaConfig(**SIZES, num_hidden_layers=layers)
        torch.manual_seed(0)
        hf.LlamaForCausalLM(shape).save_pretrained(tmp_path)
        model = load_model(config).train()
        tree_attention.use_tree_attention(model if how == "full" else model.base_model.model)
        found.append(kept_bytes(model, batch, bf16))
    tokens, one = batch["input_ids"].numel(), hf.LlamaConfig(**SIZES, num_hidden_layers=1)
    dtype = "bfloat16" if bf16 else "float32"
    memory = _memory(config, Shape.of(one), dtype, tokens, 0, tokens, device="cpu")
    cast = 2 * Shape.of(one).linear if how == "full" and bf16 else 0  # of the weights, with which it is counted
    assert memory["activations"] + cast == pytest.approx(found[1] - found[0], rel=0.12)


def test_attention_keeps_no_copies_of_keys_that_grow_with_the_square_of_the_width():
    """Twice the width, twice the memory: of one long row, and of a tree whose chunks see several stretches."""
    torch.manual_seed(0)
    model = hf.LlamaForCausalLM(hf.LlamaConfig(**SIZES, num_hidden_layers=1)).train()
    tree_attention.use_tree_attention(model)
    for sizes in ({"trunk": 300, "rows": 1}, {"trunk": 300, "rows": 6}):
        small, large = (
            kept_bytes(model, merged_rows(sizes["trunk"] * n, sizes["rows"], 50 * n), bf16=False) for n in (1, 2)
        )
        assert large < 2.1 * small


def test_the_speed_of_this_processor_is_measured_in_the_format_of_the_run():
    assert all(measured_flops(dtype) > 1e6 for dtype in ("float32", "bfloat16"))


def test_embeddings_that_are_trained_whole_are_counted():
    given = {"stage": "sft", "dataset": ("x",), "output_dir": "o", "model_name_or_path": "m"}
    shape = Shape.of(LLAMA_2_7B)
    plain, whole = (
        _memory(Config(**given, additional_target=target), shape, "bfloat16", 1, 1, 1)
        for target in ((), ("embed_tokens", "lm_head"))
    )
    assert whole["optimizer"] - plain["optimizer"] == 2 * 32_000 * 4096 * 8
