"""A model whose candidates are chosen by a reward model, instead of by running them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import GenerationError
from ..prompts import Prompt
from .generator import Completion, Generator, Result, Sampling, SomeFailedError, all_or_raise

if TYPE_CHECKING:
    from .reward_model import RewardModel

CANDIDATES, TEMPERATURE = 8, 0.8  # where the caller asks for one answer


class RerankedGenerator(Generator):
    """Answers with the candidate of `generator` that `reward` scores highest.

    A caller that asks for several candidates gets the best of that many, as one completion; one that asks for a
    single one gets the best of CANDIDATES samples at TEMPERATURE.
    """

    def __init__(self, generator: Generator, reward: RewardModel) -> None:
        self.generator, self.reward = generator, reward
        self.name, self.concurrency = generator.name, generator.concurrency
        self.needs = replace(generator.needs, candidates=1)

    @property
    def remote_host(self) -> str:
        return self.generator.remote_host

    @property
    def context_tokens(self) -> int:
        return self.generator.context_tokens

    def count_tokens(self, text: str) -> int:
        return self.generator.count_tokens(text)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[tuple[Completion, ...]]:
        if sampling.n == 1:
            sampling = replace(sampling, n=CANDIDATES, temperature=sampling.temperature or TEMPERATURE)
        try:
            found: Sequence[Result] = self.generator.generate(prompts, sampling)
        except SomeFailedError as error:
            found = error.results
        results: list[Result] = [
            one if isinstance(one, GenerationError) else (self.reward.best(prompt, one),)
            for prompt, one in zip(prompts, found, strict=True)
        ]
        return all_or_raise(results)


def reranked(generator: Generator, folder: Path | str) -> RerankedGenerator:
    """`generator` with the reward model in `folder`. Raises what loading it raises."""
    from .reward_model import RewardModel

    return RerankedGenerator(generator, RewardModel(folder))
