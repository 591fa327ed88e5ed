"""The training stages, one file each. Importing them does not import torch."""

from __future__ import annotations

from typing import Any

from . import parser, pt, sft
from .stage import DryRun, Stage, Told

STAGES: dict[str, Stage[Any]] = {
    "sft": sft.STAGE,
    "pt": pt.STAGE,
    "parser": parser.STAGE,
}

__all__ = ["STAGES", "DryRun", "Stage", "Told"]
