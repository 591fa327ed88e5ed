"""What a training step makes smaller: sums over a batch, each over a count, so that steps of any shape weigh alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from .prefix.loss import Batch, summed_loss


@dataclass(frozen=True, slots=True)
class Sums:
    """`terms` (terms,) are sums, of which each is divided by the step's count of the same term and then added up.

    `facts` has by name a sum and its count, of which the mean is shown.
    """

    terms: Tensor
    facts: Mapping[str, tuple[Tensor, Tensor]]


class Objective(Protocol):
    """The loss of one stage."""

    def counts(self, batch: Batch) -> Tensor:
        """(terms,): what each term is a mean over, of this batch."""
        ...

    def sums(self, model: Any, batch: Batch, *, shared: bool, config: Any) -> Sums:
        """The terms of this batch, with gradients."""
        ...


class Answers:
    """Supervised tuning: the mean of -log p over all trained tokens."""

    def counts(self, batch: Batch) -> Tensor:
        return batch["weights"].sum()[None].float()

    def sums(self, model: Any, batch: Batch, *, shared: bool, config: Any) -> Sums:
        return Sums(summed_loss(model, batch, shared=shared, config=config)[None], {})


def total(sums: Sums, counts: Tensor) -> Tensor:
    """The loss: every term over its count. A term that nothing counts for is 0."""
    return torch.where(counts > 0, sums.terms / counts.clamp(min=1), 0 * sums.terms).sum()
