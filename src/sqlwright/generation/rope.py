"""Scaled positions, with which a model reads more tokens than it was trained on.

Linear: positions are divided by the factor (https://arxiv.org/abs/2306.15595). Dynamic: the base of the angles grows
with the length, beyond the trained one. YaRN: https://arxiv.org/abs/2309.00071. A model's own config.json carries the
scaling; beside an adapter, whose base has none, it is in FILE.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..core import ConfigError

FILE = "rope.json"
Kind = Literal["linear", "dynamic", "yarn"]
KINDS: tuple[Kind, ...] = ("linear", "dynamic", "yarn")


@dataclass(frozen=True, slots=True)
class Scaling:
    """`factor` times the trained length can be read."""

    type: Kind
    factor: float

    def apply(self, config: Any) -> None:
        """Change a transformers configuration that is not scaled yet. Raises ConfigError for one that cannot be."""
        text = config.get_text_config()
        rope = dict(getattr(text, "rope_parameters", None) or {})
        if "rope_theta" not in rope:
            raise ConfigError(f"A model of the type {text.model_type!r} has no rotary positions to scale.")
        if rope.get("rope_type", "default") != "default":
            raise ConfigError(
                f"The model scales its positions already, by {rope['rope_type']!r}.", "Take out rope_scaling."
            )
        trained = int(text.max_position_embeddings)
        rope |= {"rope_type": self.type, "factor": float(self.factor)}
        if self.type == "yarn":
            rope["original_max_position_embeddings"] = trained
        text.rope_parameters = rope
        if self.type != "dynamic":  # which stretches beyond this length, so that it has to stay
            text.max_position_embeddings = int(trained * self.factor)

    def write(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def read_scaling(folder: Path) -> Scaling | None:
    """What stands beside an adapter; None where nothing does. Raises ConfigError for a file that cannot be read."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["type"] not in KINDS or not found["factor"] > 1:
            raise ValueError(found)
        return Scaling(found["type"], float(found["factor"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error}.", "Restore it: the adapter needs it.") from error


def context_tokens(config: Any) -> int:
    """How many tokens a model reads, by its configuration."""
    text = config.get_text_config()
    length = getattr(text, "max_position_embeddings", None) or getattr(text, "n_positions", None) or 2048
    rope = getattr(text, "rope_parameters", None) or {}
    if rope.get("rope_type") == "dynamic":
        return int(length * rope.get("factor", 1.0))
    return int(length)
