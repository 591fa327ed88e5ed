"""A small Llama from nothing: its own tokenizer, learned from the run's texts, and random weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..prompts import ChatTemplate, named_template

# About 3 million parameters with 2,048 tokens: minutes on two cores. Sizes divide by 64, as 4-bit layers want.
ARCHITECTURE = {
    "hidden_size": 192,
    "num_hidden_layers": 6,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "intermediate_size": 512,
    "max_position_embeddings": 4096,
}
PAD, BEGIN, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"


def new_tokenizer(texts: Iterable[str], vocabulary: int) -> tuple[Any, ChatTemplate]:
    """A byte-level BPE tokenizer of at most `vocabulary` tokens, with the chatml template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, BEGIN, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    template = named_template("chatml")
    fast: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD
    )
    fast.chat_template = template.source
    return fast, template


def new_model(tokenizer: Any, architecture: Mapping[str, int], seed: int) -> Any:
    """A Llama with random weights; `architecture` wins over the sizes above."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    sizes: dict[str, Any] = {"vocab_size": len(tokenizer), **ARCHITECTURE, **architecture}
    return LlamaForCausalLM(
        LlamaConfig(
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=True,
            **sizes,
        )
    )
