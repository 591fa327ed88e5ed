"""The settings of inference that `ask` and `predict` share, with the same defaults."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..core import QueryLimits
from ..generation import Generator, Sampling
from ..generation.taught import prompt_options
from ..prompts import PromptOptions

REPAIRS = 1


@dataclass(frozen=True, slots=True)
class InferenceOptions:
    """How a question becomes a query.

    `limits.timeout_s` is for all queries of one question together. `prompt`: as the model was tuned where None.
    `repairs`: how often the model may correct a query that failed. Without `run` no query runs, neither a model's nor a
    verified pair's: the likeliest query that the guard allows is taken.
    """

    limits: QueryLimits = field(default_factory=QueryLimits)
    sampling: Sampling = field(default_factory=Sampling)
    prompt: PromptOptions | None = None
    repairs: int = REPAIRS
    run: bool = True

    def prompt_of(self, generator: Generator) -> PromptOptions:
        """How the prompts of `generator` show a database."""
        return self.prompt or prompt_options(generator)

    def context_of(self, generator: Generator) -> PromptOptions:
        """How a database is read for these prompts: also the stored values that `generator` itself needs."""
        shown = self.prompt_of(generator)
        return replace(shown, samples=max(shown.samples, generator.needs.samples))
