"""The tokens of a turn: the prompt as its chat template writes it, and where the answer ends.

Every engine that computes in this process uses it, so that all of them see the same token ids.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

from ..core.phrase import phrase
from ..prompts import Prompt
from ..prompts.chat import answer_stops, render_chat
from ..prompts.templates import ChatTemplate
from .generator import Completion, PromptError, Sampling
from .repetition import ends_in_repetition


def encode(prompt: Prompt, tokenizer: Any, template: ChatTemplate) -> list[int]:
    """The prompt's tokens as the chat template writes them: it places the special tokens, so none are added."""
    text = render_chat(prompt.messages, template, add_generation_prompt=True)
    return cast("list[int]", tokenizer.encode(text, add_special_tokens=False))


def stops_of(generation_config: Any, tokenizer: Any, template: ChatTemplate) -> tuple[list[int], list[str]]:
    """Tokens and texts that end an answer: what the model's config names and what its template writes after one."""
    named = generation_config.eos_token_id
    ids = {*(named if isinstance(named, list) else [named]), tokenizer.eos_token_id} - {None}
    vocabulary = tokenizer.get_vocab()
    texts = answer_stops(template)
    ids |= {vocabulary[text] for text in texts if text in vocabulary}
    return sorted(ids), [text for text in texts if text not in vocabulary]


def completion_of(
    tokens: list[int],
    tokenizer: Any,
    sampling: Sampling,
    *,
    end_ids: Collection[int],
    end_texts: Sequence[str],
    pad_id: int | None = None,
) -> Completion:
    """The answer in `tokens`, up to the first of `end_ids`, `end_texts` and `sampling.stop`.

    `tokens` may end in `pad_id`, with which a batch fills up the rows that ended early.
    """
    end = next((i for i, token in enumerate(tokens) if token in end_ids), None)
    kept = tokens if end is None else tokens[:end]
    text = cast("str", tokenizer.decode(kept, skip_special_tokens=True))
    cuts = [at for word in (*sampling.stop, *end_texts) if (at := text.find(word)) >= 0]
    finished = end is not None or bool(cuts) or len(tokens) < sampling.max_new_tokens
    if end is None and ends_in_repetition([t for t in kept if t != pad_id]):
        finished = False
    return Completion(text[: min(cuts)] if cuts else text, len(kept), "stop" if finished else "length")


def too_long(tokens: int, sampling: Sampling, model: str, context_tokens: int) -> PromptError | None:
    """Why a prompt of so many tokens cannot be answered by `model`; None where it fits."""
    if tokens + sampling.max_new_tokens <= context_tokens:
        return None
    return PromptError(
        phrase("long_prompt", tokens=tokens, answer=sampling.max_new_tokens, model=model, context=context_tokens),
        phrase("long_prompt_hint"),
    )
