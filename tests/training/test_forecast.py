"""The forecast counts what a model really has."""

from __future__ import annotations

import pytest
import transformers as hf

from sqlwright.training.forecast import Shape, _memory
from sqlwright.training.language_model_config import LanguageModelConfig

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
    qlora = LanguageModelConfig(**given, finetuning_type="qlora", gradient_checkpointing=True)
    memory = _memory(qlora, shape, "float16", tokens=2048, trained=200, width=512)
    assert memory["weights"] == pytest.approx(4.5e9, rel=0.05)  # 3.3 GB of 4-bit layers, embeddings in 32 bits, adapter
    assert sum(memory.values()) < 8e9
    lora = LanguageModelConfig(**given, finetuning_type="lora")
    assert _memory(lora, shape, "bfloat16", 2048, 200, 512)["weights"] > 13e9
