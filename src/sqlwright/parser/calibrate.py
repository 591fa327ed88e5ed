"""From what a choice saw to the probability that it is right: a logistic curve, and how well it keeps its word."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

RIDGE = 1e-3  # keeps the weights finite where the features separate right from wrong
STEPS = 50


@dataclass(frozen=True, slots=True)
class Calibration:
    """confidence = 1 / (1 + exp(-(bias + agreement * share + top * probability)))."""

    bias: float = -2.0
    agreement: float = 2.0
    top: float = 2.5

    def confidence(self, agreement: float, top: float) -> float:
        """`agreement` is the share of the probability on the chosen result, `top` that of the chosen query alone."""
        return 1 / (1 + math.exp(-(self.bias + self.agreement * agreement + self.top * top)))

    def to_dict(self) -> dict[str, float]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, float]) -> Calibration:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence lies in [low, high): a calibrated model has `confidence` near `correct`."""

    low: float
    high: float
    n: int
    confidence: float
    correct: float


def fit(features: NDArray[np.float64], correct: Sequence[bool] | NDArray[np.bool_]) -> Calibration:
    """The likeliest curve for `features` (n, 2), agreement and top probability, by Newton's method."""
    inputs = np.column_stack([np.ones(len(features)), np.asarray(features, dtype=np.float64)])
    labels = np.asarray(correct, dtype=np.float64)
    if not len(labels) or inputs.shape != (len(labels), 3):
        raise ValueError(f"Calibration needs (n, 2) features and n labels; found {np.shape(features)}, {labels.shape}.")
    weights, ridge = np.zeros(3), RIDGE * np.eye(3)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ weights, -30, 30)))
        slope = inputs.T @ (labels - chance) - ridge @ weights
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + ridge
        step = np.linalg.solve(curvature, slope)
        # A full step overshoots where nearly all answers are right.
        weights += step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return Calibration(*(float(w) for w in weights))


def reliability(confidences: Sequence[float], correct: Sequence[bool], bins: int = 10) -> tuple[Bin, ...]:
    """Bins of equal width from 0 to 1, without empty ones."""
    values, right = np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    places = np.minimum((values * bins).astype(np.int64), bins - 1)
    found = []
    for place in np.unique(places):
        here = places == place
        means = float(values[here].mean()), float(right[here].mean())
        found.append(Bin(int(place) / bins, (int(place) + 1) / bins, int(here.sum()), *means))
    return tuple(found)
