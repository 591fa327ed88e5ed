"""The model that is exported and what it answers, from the adapter beside its base to the rounded weights."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from ...core import SqlwrightError
from ...generation.find import find_model
from ...generation.hf import HfGenerator
from ...prompts.chat import render_chat
from .check_prompts import PROMPTS, check_prompts
from .merge import merge_adapter
from .same_output import (
    Answer,
    ModelReader,
    OnAnswer,
    OutputCheck,
    Reader,
    answers_of,
    compare_answers,
    ignore,
    rescored,
)

MAX_ANSWER_TOKENS = 24
# Of the range of the logits. A right file of a tiny model differs by a millionth, one with unpermuted heads by 1 %.
NOISE = 1e-3


class ExportSource:
    """`model` computes in float32. `texts` are the check's rendered prompts, `stops` the tokens that end an answer.

    `folders` are those the model was read from. `base_quantization` and `base_dtype`, where they are not given, are
    what the run that made the adapter recorded; `taught` is how its prompts were made, where that is known. Raises
    what loading a model and `check_prompts` raise.
    """

    def __init__(
        self,
        spec: str,
        *,
        adapter: str | None = None,
        base_quantization: str | None = None,
        base_dtype: str | None = None,
        template: str | None = None,
        device: str | None = None,
        data: str | None = None,
        databases: Path | None = None,
        questions: int = PROMPTS,
        trust_remote_code: bool = False,
        on_answer: OnAnswer = ignore,
    ) -> None:
        found = find_model(spec)
        self.adapter = adapter or (found if (Path(found) / "adapter_config.json").is_file() else None)
        generator = HfGenerator(
            found,
            name=spec,
            template=template,
            adapter=adapter,
            device=device,
            dtype="float32",
            quantization=base_quantization,
            base_dtype=base_dtype,
            trust_remote_code=trust_remote_code,
        )
        self.name, self.device = spec, generator.device
        self.base_quantization = generator.quantization
        self.stored_dtype: torch.dtype = generator.stored_dtype
        self.context_tokens = generator.context_tokens
        self.taught = generator.needs.prompt
        self.folders = [Path(p).expanduser().resolve() for p in (found, self.adapter) if p]
        self.model: Any = generator.model
        self.config: Any = self.model.config
        self.tokenizer, self.template = generator.tokenizer, generator.template
        ends = self.model.generation_config.eos_token_id
        self.stops: list[int] = [ends] if isinstance(ends, int) else list(ends or ())
        budget = generator.context_tokens - MAX_ANSWER_TOKENS
        self.prompts = check_prompts(generator.count_tokens, budget, data, databases, questions)
        self.on_answer = on_answer
        self.texts = [render_chat(p.messages, self.template, add_generation_prompt=True) for p in self.prompts]

    def answers(self) -> tuple[Answer, ...]:
        reader = ModelReader(self.model, self.tokenizer)
        return answers_of(reader, self.texts, self.stops, MAX_ANSWER_TOKENS, self.on_answer)

    def rounded(self, answers: Sequence[Answer]) -> tuple[OutputCheck, tuple[Answer, ...]]:
        """How the model, whose weights have changed, compares, and `answers` with what it has to choose from."""
        reader = ModelReader(self.model, self.tokenizer, "rounded")
        return self.compare_with(answers, reader), rescored(answers, reader)

    def compare_with(self, answers: Sequence[Answer], reader: Reader) -> OutputCheck:
        return compare_answers(answers, reader, self.on_answer)

    def merge(self, answers: Sequence[Answer]) -> OutputCheck | None:
        """Merge in place and compare; None where there was nothing to merge.

        Raises SqlwrightError where the merged model answers otherwise than adapter and base.
        """
        before = self.model
        self.model = merge_adapter(before, self.adapter, len(self.tokenizer))
        self.config = self.model.config
        self.model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
            eos_token_id=self.stops or None,
            bos_token_id=self.tokenizer.bos_token_id,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        if self.model is before:
            return None
        del before
        gc.collect()
        return demand_equal(
            self.compare_with(answers, ModelReader(self.model, self.tokenizer, "merged")), "The merged model"
        )

    def forget(self) -> None:
        self.model = None
        gc.collect()


def demand_equal(found: OutputCheck, what: str) -> OutputCheck:
    """Raises SqlwrightError where an answer differs, with the first differences, or where scores do.

    A file with wrong weights may still give the same few answers; its scores then differ by far more than sums of
    float32 in another order do.
    """
    if found.equal == found.n and found.largest_logit_difference <= NOISE * found.largest_logit_range:
        return found
    told = "; ".join([*found.misread, *found.differences][:3])
    raise SqlwrightError(
        f"{what} does not answer as its source: {found.n - found.equal} of {found.n} answers differ ({told}; "
        f"largest logit difference {found.largest_logit_difference:.2g}).",
        "Nothing was written. Please report it with the model's config.json.",
    )


def demand_same_tokens(found: OutputCheck, what: str) -> OutputCheck:
    """Raises SqlwrightError where a prompt was cut into other tokens."""
    if not found.misread:
        return found
    raise SqlwrightError(
        f"{what} cuts {len(found.misread)} of {found.n} prompts into other tokens ({found.misread[0]}).",
        "Nothing was written. Export safetensors.",
    )
