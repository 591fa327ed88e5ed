"""A reward model that `sqlwright train` made (stage rm): a number for a query, given its prompt."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from ..core import GenerationError, Hints, MissingExtraError, NotFoundError, Schema
from ..prompts import Prompt, PromptOptions, build_prompt, render_chat_spans, resolve_template, with_answer
from .generator import Completion
from .hf_loading import base_of, best_device, best_dtype, device_map_of
from .rope import read_scaling
from .taught import read_taught

BATCH = 16
QUERY_TOKENS = 256  # left for the query behind a prompt


class RewardModel:
    """The model in `folder`, which holds the model itself or an adapter to its base.

    It reads each question in the prompt that it was trained on (`taught`), independent of the writer's prompt: see
    `prompt_as`.
    Raises NotFoundError for a folder without one, GenerationError for one that cannot be loaded.
    """

    def __init__(self, folder: Path | str, *, device: str | None = None) -> None:
        self.folder = Path(folder).expanduser()
        adapted = (self.folder / "adapter_config.json").is_file()
        if not _is_reward_model(self.folder, adapted):
            raise NotFoundError(
                f"{str(folder)!r} holds no reward model.", "Name the output_dir of a run of `stage: rm`."
            )
        device = device or best_device()
        self.taught = read_taught(self.folder)
        self.tokenizer: Any = AutoTokenizer.from_pretrained(self.folder)
        self.template = resolve_template(self.folder, None)
        source = base_of(self.folder) if adapted else self.folder
        try:
            self.model: Any = AutoModelForSequenceClassification.from_pretrained(
                source, config=_config(source, self.folder), dtype=best_dtype(device), device_map=device_map_of(device)
            )
            if adapted:
                self.model = _with_adapter(self.model, self.folder)
        except (OSError, ValueError, RuntimeError) as error:
            raise GenerationError(f"{str(folder)!r} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
        pad = self.tokenizer.pad_token_id
        self.pad_id: int = self.tokenizer.eos_token_id if pad is None else pad
        self.model.config.get_text_config().pad_token_id = self.pad_id
        # In bfloat16 two scores near 4 are 0.03 apart or equal, and candidates differ by less.
        self._layer().float().register_forward_pre_hook(lambda module, inputs: (inputs[0].float(),))
        self.model.eval()

    @torch.inference_mode()
    def scores(self, prompts: Sequence[Prompt], queries: Sequence[str]) -> list[float]:
        """One score for each prompt with its query; only differences within one prompt mean anything."""
        own = {key: self._own(prompt) for key, prompt in {id(prompt): prompt for prompt in prompts}.items()}
        rows = [self._tokens(own[id(prompt)], sql) for prompt, sql in zip(prompts, queries, strict=True)]
        found: dict[int, float] = {}
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        for start in range(0, len(rows), BATCH):
            part = order[start : start + BATCH]
            width = max(len(rows[i]) for i in part)
            ids = torch.tensor([rows[i] + [self.pad_id] * (width - len(rows[i])) for i in part])
            mask = torch.tensor([[1] * len(rows[i]) + [0] * (width - len(rows[i])) for i in part])
            device = self.model.device
            kept: list[torch.Tensor] = []
            layer = self._layer()
            handle = layer.register_forward_hook(lambda module, inputs, output, kept=kept: kept.append(output))
            try:
                self.model(input_ids=ids.to(device), attention_mask=mask.to(device))
            finally:
                handle.remove()
            last = mask.sum(1) - 1  # where padding is the end token, transformers would look for the first one
            values = kept[0][torch.arange(len(part)), last, 0].float().tolist()
            found |= dict(zip(part, values, strict=True))
        return [found[i] for i in range(len(rows))]

    def best(self, prompt: Prompt, completions: Sequence[Completion]) -> Completion:
        """The completion whose query has the highest score; of equal ones, and of none with a query, the first."""
        queries = list(dict.fromkeys(c.sql for c in completions if c.sql))
        if not queries:
            return completions[0]
        scores = dict(zip(queries, self.scores([prompt] * len(queries), queries), strict=True))
        return max((c for c in completions if c.sql), key=lambda c: scores[c.sql])

    def _own(self, prompt: Prompt) -> Prompt:
        return prompt_as(prompt, self.taught, self._room(), self._count) if self.taught else prompt

    def _tokens(self, prompt: Prompt, sql: str) -> list[int]:
        """Prompt and answer up to the end of the turn, as in training."""
        rendered = render_chat_spans(with_answer(prompt, sql), self.template)
        tokens: list[int] = self.tokenizer.encode(rendered.text[: rendered.spans[-1][1]], add_special_tokens=False)
        return tokens

    def _room(self) -> int | None:
        """The tokens that the model can read of a prompt; None where its configuration does not say."""
        context: int | None = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return context - QUERY_TOKENS if context else None

    def _count(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False))

    def _layer(self) -> Any:
        model = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        return model.score


def prompt_as(
    prompt: Prompt,
    options: PromptOptions,
    max_tokens: int | None = None,
    count_tokens: Callable[[str], int] | None = None,
) -> Prompt:
    """The question of `prompt` as `options` have it: preset, schema style, samples, hints; without retrieved pairs.

    The tables are those of `prompt`, as far as they fit `max_tokens`. Samples and hints can be left out but not added,
    since no database is read here. Raises ConfigError where nothing fits.
    """
    schema = _with_samples(prompt.schema, options.samples)
    return build_prompt(
        prompt.question,
        schema,
        history=prompt.history,
        evidence=prompt.evidence,
        hints=prompt.hints if options.hints else Hints(),
        max_tokens=max_tokens,
        count_tokens=count_tokens,
        preset=options.preset,
        style=options.style,
        profile=prompt.profile,
        meaning=prompt.meaning,
        meant=prompt.meant,
    )


def _with_samples(schema: Schema, count: int) -> Schema:
    """With at most `count` values a column."""
    tables = (
        replace(table, columns=tuple(replace(c, samples=c.samples[:count]) for c in table.columns)) for table in schema
    )
    return replace(schema, tables=tuple(tables))


def _is_reward_model(folder: Path, adapted: bool) -> bool:
    path = folder / ("adapter_config.json" if adapted else "config.json")
    if not path.is_file():
        return False
    config = json.loads(path.read_text(encoding="utf-8"))
    if adapted:
        return bool(config.get("task_type") == "SEQ_CLS")
    return any("SequenceClassification" in str(name) for name in config.get("architectures") or [])


def _config(source: Path, folder: Path) -> Any:
    """With one label, and the scaled positions that the adapter was tuned with."""
    config = AutoConfig.from_pretrained(source, num_labels=1)
    if scaling := read_scaling(folder):
        scaling.apply(config)
    return config


def _with_adapter(model: Any, folder: Path) -> Any:
    try:
        from peft import PeftModel
    except ImportError as error:
        raise MissingExtraError("An adapter needs peft.", "train") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft's own use of a renamed flag
        return PeftModel.from_pretrained(model, str(folder))
