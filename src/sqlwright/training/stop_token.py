"""Whether a run trains the token that ends an answer, so that the tuned model stops."""

from __future__ import annotations

from .prepare import Prepared

OUTPUT_LAYERS = {"lm_head", "embed_out"}


def untrained_stop(prepared: Prepared) -> str:
    """A warning where answers end with a token that is new to the base and stays frozen; "" otherwise.

    A base knows the end token of its tokenizer and the tokens that its own chat template writes. Any other added token
    has an embedding and an output row that pretraining hardly touched, and an adapter leaves both as they are, so the
    model can only learn to stop through the layers below.
    """
    config, tokenizer = prepared.config, prepared.tokenizer
    if config.finetuning_type == "full" or OUTPUT_LAYERS & set(config.additional_target):
        return ""
    last = prepared.train.rows[0].tokens[-1]
    text = str(tokenizer.convert_ids_to_tokens(last))
    known = last == tokenizer.eos_token_id or text in str(tokenizer.chat_template or "")
    if known or last not in tokenizer.added_tokens_decoder:
        return ""
    return (
        f"warning: answers end with {text}, which the base may never have seen, and {config.finetuning_type} leaves "
        f"its embedding frozen. Write `additional_target: [embed_tokens, lm_head]` to train it, or choose a template "
        f"that ends with {tokenizer.eos_token}."
    )
