"""How a prompt is made of a question and a schema: what asking, predicting and training rows choose alike."""

from __future__ import annotations

from dataclasses import dataclass

from .presets import Style


@dataclass(frozen=True, slots=True)
class PromptOptions:
    """`samples`: stored values shown per column. `hints`: whether names and values in the question are pointed out.

    `style` is how the schema is written, None as the preset has it. Of a schema with more than `max_tables` tables the
    most relevant ones are shown; None shows what fits.
    """

    preset: str = "default"
    style: Style | None = None
    samples: int = 3
    hints: bool = True
    max_tables: int | None = None
