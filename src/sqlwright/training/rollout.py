"""Samples of the model in training, with their tokens, and what running them is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from ..core import GenerationError
from ..evaluation.trial import Attempt, Trial, Trials
from ..generation.generator import Completion, Sampling, SomeFailedError
from ..prompts import ChatTemplate, Prompt
from ..sql import tables_of
from .score import LiveGenerator


@dataclass(frozen=True, slots=True)
class Sample(Completion):
    """A completion with its tokens, up to and with the one that ended it."""

    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewards:
    """What each outcome is worth. A refused query, one that reads no table, and one that was cut are worth 0."""

    equal: float = 1.0
    near: float = 0.0
    runs: float = 0.1

    def of(self, sample: Completion, trial: Trial, *, reads: bool) -> float:
        """`reads`: whether the query reads a table. A constant that happens to be right earns nothing."""
        if sample.finish_reason != "stop" or not trial.ran or not reads:
            return 0.0
        if trial.correct:
            return self.equal
        return max(self.near if trial.near else 0.0, self.runs)


class SamplingGenerator(LiveGenerator):
    """Keeps the tokens of what it samples."""

    def _completion(self, tokens: list[int], sampling: Sampling) -> Completion:
        found = super()._completion(tokens, sampling)
        end = next((i for i, token in enumerate(tokens) if token in self._stop_ids), len(tokens))
        kept = tokens[: end + 1]
        while end == len(tokens) and kept and kept[-1] == self._pad_id:  # behind what was ended for repeating itself
            kept.pop()
        return Sample(found.text, found.tokens, found.finish_reason, ids=tuple(kept))


def sample(
    model: Any, tokenizer: Any, template: ChatTemplate, prompts: Sequence[Prompt], sampling: Sampling, seed: int
) -> list[list[Sample]]:
    """`sampling.n` samples for each of `prompts`; none for a prompt that the model cannot take.

    The state of torch's random numbers stays as it was, and `seed` decides the samples.
    """
    with asked(model), torch.random.fork_rng():
        torch.manual_seed(seed)
        generator = SamplingGenerator(model, tokenizer, template)
        try:
            found: Sequence[Any] = generator.generate(prompts, sampling)
        except SomeFailedError as error:
            found = error.results
    return [[] if isinstance(one, GenerationError) else [s for s in one if isinstance(s, Sample)] for one in found]


@contextmanager
def asked(model: Any) -> Iterator[None]:
    """Within, `model` may be asked; afterwards it is in training as before."""
    training, own, cached = model.training, model.generation_config, model.config.use_cache
    model.eval()
    try:
        yield
    finally:
        model.generation_config, model.config.use_cache = own, cached
        model.train(training)


def rewards_of(
    samples: Sequence[Sample], golds: Sequence[tuple[str, str]], trials: Trials, rewards: Rewards
) -> list[tuple[float, Trial]]:
    """The reward of each sample; `golds` has the db_id and the gold query of each."""
    attempts = [Attempt(db_id, gold, s.sql) for s, (db_id, gold) in zip(samples, golds, strict=True)]
    found = trials(attempts)
    return [
        (rewards.of(s, trial, reads=trial.ran and bool(tables_of(s.sql, "sqlite"))), trial)
        for s, trial in zip(samples, found, strict=True)
    ]


def advantages(rewards: Sequence[float]) -> list[float]:
    """Of one group: how far each reward is above the mean, in standard deviations; 0 where all are equal.

    As TRL's `scale_rewards: group`: the deviation has n - 1 below it, and 1e-4 is added.
    """
    values = torch.tensor(rewards)
    if len(values) < 2:
        return [0.0] * len(values)
    scaled: list[float] = ((values - values.mean()) / (values.std() + 1e-4)).tolist()
    return scaled
