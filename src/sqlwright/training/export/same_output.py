"""Does a written model answer as its source does: token by token on the same prompts, through a reader of the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from ...generation.hf import PrefixCache, can_share_prefix

LogProbabilities = npt.NDArray[np.float32]

# Two sums of float32 in another order differ by less than this, so between tokens closer than it either is greedy.
TIE = 1e-3
OnAnswer = Callable[[int, int], object]  # is told how many of how many answers are done


def ignore(done: int, total: int) -> None: ...


class Reader(Protocol):
    name: str

    def encode(self, text: str) -> list[int]:
        """The tokens of a rendered prompt, special tokens recognized and none added."""
        ...

    def log_probabilities(self, row: list[int], answer: list[int]) -> LogProbabilities:
        """(len(answer), vocabulary): what stood to choose from at each token of `answer`; NaN where it is not known.

        These are logits up to a constant in each row.
        """
        ...


class AnsweringReader(Reader, Protocol):
    def answer(self, row: list[int], stops: Sequence[int], max_tokens: int) -> list[int]:
        """The greedy continuation of `row`, with the token of `stops` that ended it."""
        ...


class ModelReader:
    """A transformers model with its tokenizer. What a prompt shares with the one before is computed once."""

    def __init__(self, model: Any, tokenizer: Any, name: str = "transformers") -> None:
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self._prefix = PrefixCache(model) if can_share_prefix(model.config) else None

    def encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def answer(self, row: list[int], stops: Sequence[int], max_tokens: int) -> list[int]:
        ids = torch.tensor([row], device=self.model.device)
        settings: dict[str, Any] = {"do_sample": False, "max_new_tokens": max_tokens, "pad_token_id": 0}
        settings |= {"attention_mask": torch.ones_like(ids), "past_key_values": self._known(row)}
        out = self.model.generate(input_ids=ids, eos_token_id=list(stops) or None, **settings)
        return [int(t) for t in out[0, len(row) :]]

    @torch.inference_mode()
    def log_probabilities(self, row: list[int], answer: list[int]) -> LogProbabilities:
        known = self._known(row)
        whole = [*row, *answer[:-1]]
        ids = torch.tensor([whole if known is None else whole[len(row) - 1 :]], device=self.model.device)
        mask = torch.ones((1, len(whole)), dtype=torch.long, device=self.model.device)
        settings: dict[str, Any] = {"past_key_values": known, "use_cache": known is not None}
        logits = self.model(input_ids=ids, attention_mask=mask, logits_to_keep=len(answer), **settings).logits[0]
        return torch.log_softmax(logits.float(), dim=-1).cpu().numpy()

    def _known(self, row: list[int]) -> Any:
        """Keys and values of all of `row` but its last token; None where the model's layers need the whole row."""
        return self._prefix.cache(row[:-1], 1) if self._prefix and len(row) > 1 else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the source says to one prompt; `scores` are its log probabilities, (len(tokens), vocabulary)."""

    text: str
    row: list[int]
    tokens: list[int]
    scores: LogProbabilities


@dataclass(frozen=True, slots=True)
class OutputCheck:
    """`equal` of `n` answers are the same token by token, of which `tied` parted where two tokens weighed the same.

    The reader is given the source's answer, token by token. Where the likeliest token is the source's at every place,
    greedy decoding gives the same answer. `token_agreement` is the share of places at which it is;
    `largest_logit_difference` is over all tokens and what is known of the vocabulary, of logits that are shifted to
    be log probabilities, and `largest_logit_range` how far apart the source's are at one place. `misread` describes
    prompts that the reader cut into other tokens, `differences` answers that differ.
    """

    reader: str
    n: int
    equal: int
    tied: int
    token_agreement: float
    largest_logit_difference: float
    largest_logit_range: float
    misread: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def answers_of(
    source: AnsweringReader, texts: Sequence[str], stops: Sequence[int], max_tokens: int, on_answer: OnAnswer = ignore
) -> tuple[Answer, ...]:
    found = []
    for number, text in enumerate(texts, 1):
        row = source.encode(text)
        tokens = source.answer(row, stops, max_tokens)
        found.append(Answer(text, row, tokens, source.log_probabilities(row, tokens)))
        on_answer(number, len(texts))
    return tuple(found)


def rescored(answers: Sequence[Answer], reader: Reader) -> tuple[Answer, ...]:
    """The same answers with what `reader` had to choose from at each of their tokens."""
    return tuple(replace(a, scores=reader.log_probabilities(a.row, a.tokens)) for a in answers)


def compare_answers(answers: Sequence[Answer], reader: Reader, on_answer: OnAnswer = ignore) -> OutputCheck:
    equal = tied = agreeing = 0
    largest = widest = 0.0
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
        widest = max(widest, float(np.ptp(answer.scores, axis=1).max()))
        wanted, chosen = (np.nanargmax(s[:, :width], axis=1) for s in (answer.scores, scores))
        agreeing += int((wanted == chosen).sum())
        at = next((i for i, same in enumerate(wanted == chosen) if not same), None)
        if at is None:
            equal += 1
        elif answer.scores[at, wanted[at]] - answer.scores[at, chosen[at]] < TIE:
            equal, tied = equal + 1, tied + 1
        else:
            differences.append(f"answer {number}: {_first_token(wanted.tolist(), chosen.tolist())}")
        on_answer(number, len(answers))
    total = sum(len(answer.tokens) for answer in answers)
    share = agreeing / max(1, total)
    found = (tuple(misread), tuple(differences))
    return OutputCheck(reader.name, len(answers), equal, tied, share, largest, widest, *found)


def _first_token(expected: Sequence[int], found: Sequence[int]) -> str:
    at = next((i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
    if at is None:
        return f"{len(expected)} tokens at the source, {len(found)} from the file"
    return f"token {at + 1} is {expected[at]} at the source and {found[at]} from the file"
