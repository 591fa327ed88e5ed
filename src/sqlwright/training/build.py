"""From a prepared run to its trainer: the batches, the objective, what is asked in between."""

from __future__ import annotations

from typing import Any

from .data.batches import Batches
from .data.pairs import PairBatches
from .prepare import Prepared, processes
from .score import Scorer
from .trainer import PrefixTrainer


def tuning_trainer(prepared: Prepared, model: Any, args: Any, scorer: Scorer | None) -> PrefixTrainer:
    """For supervised tuning."""
    size, together, pad_id = _sizes(prepared)
    train = Batches(prepared.train.rows, size, together, batches_of_run(prepared), prepared.config.seed, pad_id=pad_id)
    rows = prepared.held_out.rows
    held_out = Batches(rows, size, together, 1, 0, pad_id=pad_id) if rows else None
    return PrefixTrainer(model, args, train, held_out, scorer)


def pair_batches(prepared: Prepared) -> tuple[PairBatches, PairBatches | None]:
    """Of the run, and of what is held out where there are pairs in it."""
    size, together, pad_id = _sizes(prepared)
    count, seed, rejected = batches_of_run(prepared), prepared.config.seed, prepared.rejected
    train = PairBatches(prepared.train.rows, rejected, size, together, count, seed, pad_id=pad_id)
    rows = [row for row in prepared.held_out.rows if row.id in rejected]
    held_out = PairBatches(rows, rejected, size, together, 1, 0, pad_id=pad_id) if rows else None
    return train, held_out


def batches_of_run(prepared: Prepared) -> int:
    return prepared.steps * prepared.config.gradient_accumulation_steps * processes()


def _sizes(prepared: Prepared) -> tuple[int, int, int]:
    config = prepared.config
    return config.per_device_train_batch_size, config.rows_together(processes()), prepared.tokenizer.pad_token_id
