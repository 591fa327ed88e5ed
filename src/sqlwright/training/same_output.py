"""Does a written model answer as its source does: token by token on the same prompts, through a reader of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

LogProbabilities = npt.NDArray[np.float32]

# Two sums of float32 in another order differ by less than this, so between tokens closer than it either is greedy.
TIE = 1e-3


class Reader(Protocol):
    name: str

    def encode(self, text: str) -> list[int]:
        """The tokens of a rendered prompt, special tokens recognised and none added."""
        ...

    def answer(self, row: list[int], stops: Sequence[int], max_tokens: int) -> list[int]:
        """The greedy continuation of `row`, with the token of `stops` that ended it."""
        ...

    def log_probabilities(self, row: list[int], answer: list[int]) -> LogProbabilities:
        """(len(answer), vocabulary): what stood to choose from at each token of `answer`; NaN where it is not known.

        These are logits up to a constant in each row.
        """
        ...


class ModelReader:
    """A transformers model with its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any, name: str = "transformers") -> None:
        self.model, self.tokenizer, self.name = model, tokenizer, name

    def encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def answer(self, row: list[int], stops: Sequence[int], max_tokens: int) -> list[int]:
        ids = torch.tensor([row], device=self.model.device)
        settings: dict[str, Any] = {"do_sample": False, "max_new_tokens": max_tokens, "pad_token_id": 0}
        out = self.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), eos_token_id=list(stops) or None, **settings
        )
        return [int(t) for t in out[0, len(row) :]]

    @torch.inference_mode()
    def log_probabilities(self, row: list[int], answer: list[int]) -> LogProbabilities:
        ids = torch.tensor([[*row, *answer[:-1]]], device=self.model.device)
        logits = self.model(input_ids=ids, use_cache=False, logits_to_keep=len(answer)).logits[0]
        return torch.log_softmax(logits.float(), dim=-1).cpu().numpy()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the source says to one prompt; `scores` are its log probabilities, (len(tokens), vocabulary)."""

    text: str
    row: list[int]
    tokens: list[int]
    scores: LogProbabilities


@dataclass(frozen=True, slots=True)
class Comparison:
    """`equal` of `n` answers are the same token by token, of which `tied` parted where two tokens weighed the same.

    `token_agreement` is the share of the source's tokens that are the likeliest one given those before;
    `largest_logit_difference` is over all tokens and what is known of the vocabulary, of logits that are shifted to
    be log probabilities. `misread` describes prompts that the reader cut into other tokens, `differences` answers
    that differ.
    """

    reader: str
    n: int
    equal: int
    tied: int
    token_agreement: float
    largest_logit_difference: float
    misread: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def answers_of(source: Reader, texts: Sequence[str], stops: Sequence[int], max_tokens: int) -> tuple[Answer, ...]:
    found = []
    for text in texts:
        row = source.encode(text)
        tokens = source.answer(row, stops, max_tokens)
        found.append(Answer(text, row, tokens, source.log_probabilities(row, tokens)))
    return tuple(found)


def compare_answers(answers: Sequence[Answer], reader: Reader, stops: Sequence[int], max_tokens: int) -> Comparison:
    equal = tied = agreeing = 0
    largest = 0.0
    misread: list[str] = []
    differences: list[str] = []
    for number, answer in enumerate(answers, 1):
        row = reader.encode(answer.text)
        if row != answer.row:
            misread.append(f"prompt {number}: {_first_token(answer.row, row)}")
            continue
        scores = reader.log_probabilities(row, answer.tokens)
        width = min(scores.shape[1], answer.scores.shape[1])  # a file may pad the vocabulary
        largest = max(largest, float(np.nanmax(np.abs(scores[:, :width] - answer.scores[:, :width]))))
        agreeing += int((np.nanargmax(scores, axis=1) == np.array(answer.tokens)).sum())
        tokens = reader.answer(row, stops, max_tokens)
        at = next((i for i, (a, b) in enumerate(zip(answer.tokens, tokens, strict=False)) if a != b), None)
        if tokens == answer.tokens:
            equal += 1
        elif at is not None and answer.scores[at, answer.tokens[at]] - answer.scores[at, tokens[at]] < TIE:
            equal, tied = equal + 1, tied + 1
        else:
            differences.append(f"answer {number}: {_first_token(answer.tokens, tokens)}")
    total = sum(len(answer.tokens) for answer in answers)
    share = agreeing / max(1, total)
    return Comparison(reader.name, len(answers), equal, tied, share, largest, tuple(misread), tuple(differences))


def _first_token(expected: Sequence[int], found: Sequence[int]) -> str:
    at = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
    if at is None:
        return f"{len(expected)} tokens at the source, {len(found)} from the file"
    return f"token {at + 1} is {expected[at]} at the source and {found[at]} from the file"
