"""The one protocol every model backend implements: prompts in, candidate texts out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..prompts import Prompt


@dataclass(frozen=True, slots=True)
class Sampling:
    """Decoding settings. temperature 0 is greedy; `n` candidates come back per prompt."""

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    max_new_tokens: int = 512
    seed: int | None = None
    n: int = 1
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """One candidate: the model's raw text, and its length in tokens where the backend knows it."""

    text: str
    tokens: int | None = None
    finish_reason: str = "stop"  # "length" where max_new_tokens cut it


class Generator(Protocol):
    name: str  # as given to -m

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[tuple[Completion, ...]]:
        """`sampling.n` completions per prompt, in the order of `prompts`. Raises GenerationError."""
        ...

    def stream(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """The text of one completion, piece by piece."""
        ...

    def count_tokens(self, text: str) -> int:
        """Length of `text` for this model, exact where its tokenizer is at hand, else an estimate."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens a prompt and its completion may take together."""
        ...
