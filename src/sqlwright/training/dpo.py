"""Preference tuning: a trainer that first computes the reference's log-probabilities of all pairs, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch

from .build import pair_batches
from .checkpoint import write_text
from .data.pairs import PairBatches
from .on_log import OnLog
from .preference import Dpo
from .prefix.loss import row_logprobs
from .prepare import Prepared
from .score import Scorer
from .trainer import PrefixTrainer

REFERENCE = "reference.json"


class DpoTrainer(PrefixTrainer):
    """The reference is the model that the run begins with: the base without the adapter, or the adapter that is tuned.

    It is computed before the first step and kept in `reference.json` of the run's folder, so that a run that goes on
    has the same numbers, and no second model is ever in memory.
    """

    batches: PairBatches
    held_out: PairBatches | None

    def __init__(self, prepared: Prepared, model: Any, args: Any, scorer: Scorer | None, objective: Dpo) -> None:
        train, held_out = pair_batches(prepared)
        super().__init__(model, args, train, held_out, scorer, objective)
        self.data = {
            "train": prepared.train.sha256(prepared.rejected),
            "held_out": prepared.held_out.sha256(prepared.rejected),
        }

    def before_training(self, on_log: OnLog) -> None:
        """Read or compute the reference. With several processes each computes all of it, which is deterministic."""
        parts = [self.batches, *([self.held_out] if self.held_out else [])]
        path = self.folder / REFERENCE
        if path.is_file():
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept.pop("of", None) == self.data:
                for part, values in zip(parts, (kept["train"], kept.get("held_out", {})), strict=False):
                    part.reference = {name: (a, b) for name, (a, b) in values.items()}
                return
        on_log({"say": f"Computes the reference of {sum(len(part.rows) for part in parts):,} pairs."})
        for part in parts:
            part.reference = self._reference(part)
        if self.is_world_process_zero():
            found = dict(zip(("train", "held_out"), (part.reference for part in parts), strict=False))
            write_text(path, json.dumps({"of": self.data, **found}) + "\n")

    @torch.no_grad()
    def _reference(self, batches: PairBatches) -> dict[str, tuple[float, float]]:
        model, found = self.model, dict[str, tuple[float, float]]()
        was_training = model.training
        model.eval()
        with untouched(model):
            for index in range(batches.per_epoch):
                rows = [row for piece in batches.pieces(index) for row in piece]
                batch = self._prepare_inputs(batches[index])
                with self.compute_loss_context_manager(), self.accelerator.autocast():
                    values = row_logprobs(model, batch, shared=batches.shared, config=model.config)
                pairs = values.float().reshape(-1, 2).tolist()
                found |= {row.id: (better, worse) for row, (better, worse) in zip(rows, pairs, strict=True)}
        model.train(was_training)
        return found


@contextmanager
def untouched(model: Any) -> Iterator[None]:
    """Within, `model` is what the run began with: a new adapter is switched off, one that was loaded stays on.

    Only right before the first step, unless the adapter is new.
    """
    fresh = hasattr(model, "disable_adapter") and not getattr(model, "began_with_adapter", False)
    with model.disable_adapter() if fresh else nullcontext():
        yield
