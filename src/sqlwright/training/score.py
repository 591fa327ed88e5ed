"""Execution accuracy of a model that is being trained, on a fixed sample of held-out questions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import torch

from ..core import Example, QueryLimits
from ..data import Contexts, prompt_for
from ..data.databases import Databases
from ..evaluation.spider_execution import suite_execution
from ..generation.generator import Sampling
from ..generation.hf import HfGenerator
from ..inference import Asked, Decision, decide_all
from ..inference.budget import not_checked
from ..prompts import ChatTemplate, Prompt

LIMITS = QueryLimits(timeout_s=5, max_rows=5_000)
BATCH_SIZE = 32


class LiveGenerator(HfGenerator):
    """The backend that asking uses, around a model that is in memory already and stays on its device."""

    def __init__(self, model: Any, tokenizer: Any, template: ChatTemplate) -> None:
        self.name, self.stored_dtype = "the model in training", model.dtype
        self._attach(model, tokenizer, template, batch_size=BATCH_SIZE)
        model.config.use_cache = True


class Scorer:
    """Asks the same questions in the same words whenever it is called."""

    def __init__(
        self,
        examples: Sequence[Example],
        contexts: Contexts,
        databases: Databases | None,
        tokenizer: Any,
        template: ChatTemplate,
        max_new_tokens: int,
    ) -> None:
        self.databases = databases
        self.examples = [e for e in examples if databases is not None and e.db_id in databases]
        self.contexts, self.tokenizer, self.template = contexts, tokenizer, template
        self.sampling = Sampling(max_new_tokens=max_new_tokens)
        self._prompts: list[Prompt] = []

    def __call__(self, model: Any) -> tuple[int, list[str]]:
        """How many of `examples` are answered right by the published rule, and the SQL written for each."""
        self._prompts = self._prompts or [self._prompt(e) for e in self.examples]
        written = self._generate(model)
        right = 0
        with ExitStack() as stack:
            opened: dict[str, Any] = {}
            for example, sql in zip(self.examples, written, strict=True):
                if example.db_id not in opened:
                    assert self.databases is not None
                    opened[example.db_id] = stack.enter_context(self.databases.open(example.db_id))
                database = opened[example.db_id]
                right += bool(sql) and suite_execution(database, example.gold_sql, sql, limits=LIMITS)
        return right, written

    def _prompt(self, example: Example) -> Prompt:
        return prompt_for(
            example.question,
            self.contexts.of(example),
            self.contexts.options,
            history=example.history,
            evidence=example.evidence,
        )

    def _generate(self, model: Any) -> list[str]:
        training, own, cached = model.training, model.generation_config, model.config.use_cache
        model.eval()
        try:
            generator = LiveGenerator(model, self.tokenizer, self.template)
            found: list[str] = []
            with torch.no_grad():
                for start in range(0, len(self._prompts), BATCH_SIZE):
                    found += _statements(generator, self._prompts[start : start + BATCH_SIZE], self.sampling)
            return found
        finally:
            model.generation_config, model.config.use_cache = own, cached
            model.train(training)


def _statements(generator: LiveGenerator, prompts: Sequence[Prompt], sampling: Sampling) -> list[str]:
    """What the model writes at its first try; "" where it writes no query.

    A repair would double the time of a model that has not learned yet, and a single candidate is chosen without
    running it.
    """
    asked = [Asked(prompt, not_checked) for prompt in prompts]
    decisions = decide_all(asked, generator, sampling, repairs=0)
    return [d.sql if isinstance(d, Decision) else "" for d in decisions]
