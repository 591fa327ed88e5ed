"""The settings of `predict`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..inference import InferenceOptions

if TYPE_CHECKING:
    from ..retrieval import RetrievalOptions

History = Literal["gold", "predicted"]


@dataclass(frozen=True, slots=True)
class PredictOptions(InferenceOptions):
    """How to ask: as `ask` does, with the same defaults.

    `history`: the SQL of earlier turns is the data set's, or the model's own (where the turn was asked; a row that
    carries its history without a dialogue keeps it). `retrieval`: how what a database was taught is searched; with
    None, the default, a score does not depend on what this machine was taught. `batch_size`: prompts handed over at
    once. Where a database is not available, or without `run`, no query runs.
    """

    history: History = "gold"
    retrieval: RetrievalOptions | None = None
    batch_size: int = 32
