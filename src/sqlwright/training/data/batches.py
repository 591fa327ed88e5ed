"""All batches of a run, in order: number i is the same for the same seed, whenever it is asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from torch import Tensor
from torch.utils.data import Dataset

from ..prefix.loss import to_batch
from ..prefix.tree import Savings, TokenRow, epoch_batches, lay_out, merge, savings


class Batches(Dataset[dict[str, Tensor]]):
    """`count` batches of `batch_size` rows, epoch after epoch, each epoch mixed anew.

    A run that goes on asks from where it stopped and gets what it would have got. With `shared` off, rows are drawn
    and computed one by one.
    """

    def __init__(
        self, rows: Sequence[TokenRow], batch_size: int, group_size: int, count: int, seed: int, *, pad_id: int = 0
    ) -> None:
        self.rows, self.batch_size, self.group_size, self.count = rows, batch_size, group_size, count
        self.seed, self.pad_id = seed, pad_id
        self.shared = group_size > 1
        self._epoch = lru_cache(maxsize=2)(self._drawn)

    def __len__(self) -> int:
        return self.count

    @property
    def per_epoch(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        epoch, place = divmod(index, self.per_epoch)
        return self.batch_of(self._epoch(epoch, self.shared)[place])

    def batch_of(self, pieces: Sequence[Sequence[TokenRow]], *, shared: bool | None = None) -> dict[str, Tensor]:
        """Tensors of the rows in `pieces`, of which each becomes one tree; see `loss.summed_loss`."""
        if self.shared if shared is None else shared:
            return to_batch(lay_out([merge(piece) for piece in pieces], self.pad_id))
        return to_batch(lay_out([merge([row]) for piece in pieces for row in piece], self.pad_id, alone=True))

    def pieces(self, index: int) -> list[list[TokenRow]]:
        """The rows of batch `index`."""
        epoch, place = divmod(index, self.per_epoch)
        return self._epoch(epoch, self.shared)[place]

    def savings(self) -> Savings:
        return savings(self._epoch(0, self.shared))

    def _drawn(self, epoch: int, shared: bool) -> list[list[list[TokenRow]]]:
        rng = random.Random(f"{self.seed}/{epoch}")  # noqa: S311
        return epoch_batches(self.rows, self.batch_size, self.group_size if shared else 1, rng)
