"""The base class of every model backend: prompts in, candidate texts out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from ..core import ConfigError, GenerationError
from ..core.phrase import phrase
from ..prompts import Prompt, PromptOptions
from ..prompts.tokens import estimate_tokens
from ..sql.extract import extract_sql

if TYPE_CHECKING:
    from ..parser.calibrate import Calibration


@dataclass(frozen=True, slots=True)
class Sampling:
    """Decoding settings. temperature 0 is greedy; `n` candidates come back per prompt.

    With temperature 0 and `n` over 1 the candidates are beams where the backend searches itself, best first.
    Raises ConfigError for a value out of range.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    max_new_tokens: int = 512
    seed: int | None = None
    n: int = 1
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checks = {
            "temperature": (self.temperature >= 0, "0 or more"),
            "top_k": (self.top_k is None or self.top_k >= 1, "1 or more"),
            "top_p": (self.top_p is None or 0 < self.top_p <= 1, "over 0 and at most 1"),
            "max_new_tokens": (self.max_new_tokens >= 1, "1 or more"),
            "n": (self.n >= 1, "1 or more"),
        }
        for name, (holds, expected) in checks.items():
            if not holds:
                raise ConfigError(f"{name} has to be {expected}, not {getattr(self, name)}.")


@dataclass(frozen=True, slots=True)
class Completion:
    """One candidate: the model's raw text, and its length in tokens where the backend knows it.

    `refused` says that the model found no answer in the schema; `text` is then what it says of that, not a query.
    `left_out` are words of the question that its query does not use, from a backend that can tell. `is_query`: `text`
    is a query and nothing else, so none is looked for in it.
    """

    text: str
    tokens: int | None = None
    finish_reason: str = "stop"  # "length" where max_new_tokens cut it, or where it repeated itself without end
    score: float | None = None  # log probability, where the backend searches itself
    left_out: tuple[str, ...] = ()
    refused: bool = False
    is_query: bool = False

    @property
    def sql(self) -> str:
        """The statement in `text`; "" where there is none, and for a refusal. It is looked for at each call."""
        if self.refused:
            return ""
        return self.text if self.is_query else extract_sql(self.text)


Result = tuple[Completion, ...] | GenerationError


class PromptError(GenerationError):
    """The model cannot take this prompt, whenever it is asked; others may well pass."""


class SomeFailedError(GenerationError):
    """Some prompts of a call gave no text. `results` holds, in the order of the prompts, completions or the error."""

    def __init__(self, results: Sequence[Result]) -> None:
        failures = [r for r in results if isinstance(r, GenerationError)]
        first, hint = failures[0].parts
        some = phrase("some_failed", failed=len(failures), all=len(results), why=first)
        super().__init__(some if len(results) > 1 else first, hint)
        self.results = list(results)


def all_or_raise(results: Sequence[Result]) -> list[tuple[Completion, ...]]:
    """The completions. Raises SomeFailedError if any prompt failed."""
    done = [r for r in results if not isinstance(r, GenerationError)]
    if len(done) < len(results):
        raise SomeFailedError(results)
    return done


@dataclass(frozen=True, slots=True)
class Needs:
    """What a backend wants of its caller: `samples` stored values a column, and how many `candidates` to choose from.

    `calibration` turns a choice among them into a probability. A backend that reads the question and the schema but
    not the `messages` has no use for examples and passages. `prompt` is how the model was prompted when it was tuned,
    None where that is unknown.
    """

    samples: int = 0
    candidates: int = 1
    calibration: Calibration | None = None
    messages: bool = True
    prompt: PromptOptions | None = None


class Generator(ABC):
    """A model that `-m` can name.

    A backend sets `name` and defines `generate`, `context_tokens` and `remote_host`. All else has a default.
    """

    name: str  # as given to -m
    needs: Needs = Needs()
    concurrency: int = 1  # how many answers it computes at once

    @property
    @abstractmethod
    def remote_host(self) -> str:
        """The host that prompts are sent to; "" where they stay on this machine.

        The privacy line of the page, of `chat` and of `serve` is made from it. It has no default: a backend that does
        not say where it runs cannot be instantiated.
        """

    @property
    @abstractmethod
    def context_tokens(self) -> int:
        """How many tokens a prompt and its completion may take together."""

    @abstractmethod
    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[tuple[Completion, ...]]:
        """`sampling.n` completions per prompt, in the order of `prompts`.

        Raises SomeFailedError where single prompts failed; where no prompt can succeed, another GenerationError or
        a ConnectError.
        """

    def stream(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """The text of one completion, piece by piece. By default the whole text is one piece."""
        yield self.generate([prompt], sampling)[0][0].text

    def count_tokens(self, text: str) -> int:
        """Length of `text` for this model, exact where its tokenizer is available; by default an estimate."""
        return estimate_tokens(text)

    @property
    def public_name(self) -> str:
        """The name that clients see, without a path of this machine, an address or a password.

        By default the last part of a path, and of KIND:REST only KIND.
        """
        if self.name.startswith((".", "/", "~")) or "\\" in self.name:
            return PurePath(self.name).name
        return self.name.partition(":")[0]
