"""Batches of pairs: every better answer with its worse one, both on one tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..prefix.loss import to_batch
from ..prefix.tree import TokenRow, lay_out, merge
from .batches import Batches


class PairBatches(Batches):
    """As Batches, where `rows` are the better answers and `rejected` has the worse one of each by its id.

    `reference` has the log-probabilities of both under the reference, by id; 0 where there is none.
    """

    def __init__(
        self,
        rows: Sequence[TokenRow],
        rejected: Mapping[str, TokenRow],
        batch_size: int,
        group_size: int,
        count: int,
        seed: int,
        *,
        pad_id: int = 0,
    ) -> None:
        super().__init__(rows, batch_size, group_size, count, seed, pad_id=pad_id)
        self.rejected = rejected
        self.reference: Mapping[str, tuple[float, float]] = {}

    def batch_of(self, pieces: Sequence[Sequence[TokenRow]], *, shared: bool | None = None) -> dict[str, Tensor]:
        """Tensors of the pairs in `pieces`, laid out per row: a better answer, its worse one, the next better one."""
        both = [with_rejected(piece, self.rejected) for piece in pieces]
        if self.shared if shared is None else shared:
            batch = to_batch(lay_out([merge(piece) for piece in both], self.pad_id, per_row=True))
        else:
            alone = [merge([row]) for piece in both for row in piece]
            batch = to_batch(lay_out(alone, self.pad_id, alone=True, per_row=True))
        known = [self.reference.get(row.id, (0.0, 0.0)) for piece in pieces for row in piece]
        return {**batch, "reference": torch.tensor([value for pair in known for value in pair])}


def with_rejected(piece: Sequence[TokenRow], rejected: Mapping[str, TokenRow]) -> list[TokenRow]:
    """Each row followed by its worse one."""
    return [row for better in piece for row in (better, rejected[better.id])]
