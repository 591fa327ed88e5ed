"""What a training stage consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ..on_log import OnLog
from ..settings.run_config import RunConfig

C = TypeVar("C", bound=RunConfig)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would do: its parameters, its first example in pieces with whether each is trained, its forecast."""

    parameters: tuple[str, ...]
    example: tuple[tuple[str, bool], ...]
    forecast: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage(Generic[C]):
    """`train` runs or continues a training and returns the folder of the finished model; `dry_run` does all but that.

    `train` tells its second argument sentences ({"say": ...}), counts, and the numbers of each step.
    """

    summary: str
    config: type[C]
    train: Callable[[C, OnLog], Path]
    dry_run: Callable[[C], DryRun]
