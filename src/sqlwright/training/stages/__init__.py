"""The training stages, one file each. Importing them does not import torch."""

from __future__ import annotations

from typing import Any

from . import dpo, grpo, parser, pt, rm, sft
from .stage import DryRun, Stage

STAGES: dict[str, Stage[Any]] = {
    "sft": sft.STAGE,
    "pt": pt.STAGE,
    "dpo": dpo.STAGE,
    "rm": rm.STAGE,
    "grpo": grpo.STAGE,
    "parser": parser.STAGE,
}

__all__ = ["STAGES", "DryRun", "Stage"]
