"""A run sees its rows as often as it was asked to."""

from __future__ import annotations

import pytest

from sqlwright.training.data.batches import Batches
from sqlwright.training.data.tokenize import Tokenized
from sqlwright.training.prefix.tree import TokenRow
from sqlwright.training.prepare import Prepared
from sqlwright.training.stages.sft import Config


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    ("rows", "batch", "accumulation", "epochs"),
    [(33, 32, 1, 3), (40, 32, 1, 3), (100, 32, 1, 3), (40, 8, 4, 3), (20, 16, 1, 5), (7, 2, 1, 0.5)],
)
def test_no_epoch_is_cut_short(rows, batch, accumulation, epochs, processes, monkeypatch):
    """The last batch of an epoch is short, so that counting rows alone would give too few steps."""
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    config = Config(
        stage="sft",
        dataset=("x",),
        output_dir="o",
        model_name_or_path="m",
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=accumulation,
        num_train_epochs=epochs,
    )
    tokens = Tokenized(tuple(TokenRow(str(i), (1, 2, 3 + i), 2, "a") for i in range(rows)))
    prepared = Prepared(config, None, None, None, tokens, Tokenized(()))
    count = prepared.steps * accumulation * processes
    batches = Batches(tokens.rows, batch, config.rows_together(processes), count, 0)
    seen = sum(len(piece) for index in range(count) for piece in batches.pieces(index))
    assert seen >= epochs * rows
    assert prepared.epochs(prepared.steps) == pytest.approx(count / batches.per_epoch)
    assert prepared.epochs(prepared.steps - 1) < epochs
