"""Losses over pairs of a better and a worse answer: DPO, IPO, and the pairwise loss of a reward model.

DPO: https://arxiv.org/abs/2305.18290; IPO: https://arxiv.org/abs/2310.12036, over the mean of an answer's tokens as its
authors confirmed to TRL; reward models: https://arxiv.org/abs/2203.02155. The losses are those of TRL 1.16's DPOTrainer
and RewardTrainer (tests/training/test_preference.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from .objective import Sums
from .prefix.loss import Batch, by_row, inputs_of, token_logprobs, unwrapped

LossType = Literal["sigmoid", "ipo"]


@dataclass(frozen=True, slots=True)
class Dpo:
    """Rows of a batch are a better answer, its worse one, the next better one, and so on.

    `batch["reference"]` (rows,) has their log-probabilities under the reference. With `sft_weight` the mean of -log p
    over the tokens of the better answers is added, as TRL's `loss_type: [sigmoid, sft]` does.
    """

    beta: float = 0.1
    loss_type: LossType = "sigmoid"
    sft_weight: float = 0.0

    def counts(self, batch: Batch) -> Tensor:
        """(2,): pairs, and tokens of better answers."""
        pairs = torch.tensor(len(batch["lasts"]) // 2, device=batch["owners"].device)
        return torch.stack([pairs, (batch["owners"] % 2 == 0).sum()]).float()

    def sums(self, model: Any, batch: Batch, *, shared: bool, config: Any) -> Sums:
        each = token_logprobs(model, batch, shared=shared, config=config)
        rows = by_row(each, batch)
        ratios = rows - batch["reference"]
        better, worse = ratios[0::2], ratios[1::2]
        if self.loss_type == "ipo":
            lengths = by_row(torch.ones_like(each), batch)
            losses = (better / lengths[0::2] - worse / lengths[1::2] - 1 / (2 * self.beta)) ** 2
        else:
            losses = -F.logsigmoid(self.beta * (better - worse))
        terms = torch.stack([losses.sum(), -self.sft_weight * rows[0::2].sum()])
        return Sums(terms, _facts(self.beta * better.detach(), self.beta * worse.detach()))


@dataclass(frozen=True, slots=True)
class PairwiseReward:
    """The loss of a reward model whose score is read at the last token of each row.

    `center` pulls the sum of the two scores of a pair to 0, as TRL's `center_rewards_coefficient` does.
    """

    center: float = 0.0

    def counts(self, batch: Batch) -> Tensor:
        return torch.tensor([len(batch["lasts"]) // 2], device=batch["owners"].device).float()

    def sums(self, model: Any, batch: Batch, *, shared: bool, config: Any) -> Sums:
        scores = row_scores(model, batch, shared=shared, config=config)
        better, worse = scores[0::2], scores[1::2]
        losses = -F.logsigmoid(better - worse) + self.center * (better + worse) ** 2
        return Sums(losses.sum()[None], _facts(better.detach(), worse.detach()))


def _facts(better: Tensor, worse: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    count = torch.tensor(len(better), device=better.device)
    return {
        "pair_accuracy": ((better > worse).sum(), count),
        "margin": ((better - worse).sum(), count),
        "chosen_reward": (better.sum(), count),
        "rejected_reward": (worse.sum(), count),
    }


def row_scores(model: Any, batch: Batch, *, shared: bool, config: Any) -> Tensor:
    """(rows,): the score of a sequence classification model with one label, at the last token of each row.

    The model's own forward would read one score a line, where a line holds many rows.
    """
    with _scores_of(model) as found:
        model(**inputs_of(batch, shared=shared, config=config), use_cache=False)
    scores = found[0].to(batch["lasts"].device).flatten(0, 1)[batch["lasts"], 0]
    return scores.float()


@contextmanager
def _scores_of(model: Any) -> Iterator[list[Tensor]]:
    """Within, what the model's score layer gives, (lines, width, 1), is kept in the list."""
    kept: list[Tensor] = []
    layer = score_layer(model)
    handle = layer.register_forward_hook(lambda module, inputs, output: kept.append(output))
    try:
        yield kept
    finally:
        handle.remove()


def score_layer(model: Any) -> Any:
    """The layer that gives the score, inside PEFT's wrapper where there is one."""
    inner = unwrapped(model)
    inner = inner.get_base_model() if hasattr(inner, "get_base_model") else inner
    return inner.score
