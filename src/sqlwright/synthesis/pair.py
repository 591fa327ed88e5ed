"""A made question with its SQL, and what is asked of those that are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..core import ConfigError, Example, QueryLimits

Style = Literal["benchmark", "analyst", "both"]
STYLES: tuple[Style, ...] = ("benchmark", "analyst", "both")


@dataclass(frozen=True, slots=True)
class SynthesisOptions:
    """`style`: "benchmark" draws queries in the shapes of Spider's and words them as sentences. "analyst" asks for
    periods, shares, missing values, flags and units in the words of analysts. "both" makes half of each.

    For the style "benchmark", `wordings` is how often one query may come, each time in other words, and `shapes` are
    the shapes to draw from with their weights, the common ones unless given. No question or statement of the examples
    in `avoid` is made, however the statement is written. Raises ConfigError for `wordings` below 1.
    """

    wordings: int = 1
    limits: QueryLimits = field(default_factory=lambda: QueryLimits(timeout_s=2.0))
    shapes: Mapping[str, int] | None = None
    avoid: tuple[Example, ...] = ()
    style: Style = "benchmark"

    def __post_init__(self) -> None:
        if self.wordings < 1:
            raise ConfigError(f"wordings has to be 1 or more, not {self.wordings}.")


@dataclass(frozen=True, slots=True)
class Pair:
    """`shape` is the name of the query's shape in the style "benchmark", `kind` the intent in the style "analyst"."""

    example: Example
    shape: str = ""
    kind: str = ""
