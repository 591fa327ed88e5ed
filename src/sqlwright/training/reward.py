"""A reward model's trainer, which ends with the pair accuracy of the best weights."""

from __future__ import annotations

from typing import Any

import torch

from ..evaluation.interval import cluster_bootstrap_interval
from .build import pair_batches
from .data.pairs import PairBatches
from .preference import PairwiseReward, row_scores
from .prepare import Prepared
from .proof import load_weights
from .trainer import PrefixTrainer


class RewardTrainer(PrefixTrainer):
    """The model answers no questions, so that there is no scorer."""

    batches: PairBatches
    held_out: PairBatches | None

    def __init__(self, prepared: Prepared, model: Any, args: Any, objective: PairwiseReward) -> None:
        train, held_out = pair_batches(prepared)
        super().__init__(model, args, train, held_out, None, objective)

    @torch.no_grad()
    def final_facts(self) -> dict[str, Any]:
        """How many held-out pairs the best weights put in the right order, with an interval over databases."""
        if self.held_out is None:
            return {}
        model = self.accelerator.unwrap_model(self.model)
        load_weights(model, self.folder)
        model.eval()
        right: list[bool] = []
        databases: list[str] = []
        for index in range(self.held_out.per_epoch):
            batch = self._prepare_inputs(self.held_out[index])
            with self.compute_loss_context_manager(), self.accelerator.autocast():
                scores = row_scores(model, batch, shared=self.held_out.shared, config=model.config)
            right += (scores[0::2] > scores[1::2]).tolist()
            databases += [row.group for piece in self.held_out.pieces(index) for row in piece]
        interval = cluster_bootstrap_interval(right, databases)
        found = {"value": sum(right) / len(right), "correct": sum(right), "n": len(right)}
        return {"pair_accuracy": {**found, "interval_95": interval.to_dict(), "databases": len(set(databases))}}
