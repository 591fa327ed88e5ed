"""Stage dpo: tune a language model on pairs of a right and a wrong query."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ...core import ConfigError
from ..on_log import OnLog
from ..settings.language_model import LanguageModelConfig
from .stage import DryRun, Stage


class Config(LanguageModelConfig):
    """A run of direct preference optimization, https://arxiv.org/abs/2305.18290.

    `dataset` are files of preferences: of `sqlwright data prefer`, LLaMA-Factory (ranking: true) or TRL. The reference
    is the model that the run begins with; an adapter that `model_name_or_path` names is tuned on.
    """

    reads_preferences: ClassVar[bool] = True
    unit: ClassVar[str] = "pairs"

    stage: Literal["dpo"] = "dpo"
    model_name_or_path: str = Field(description="a folder, also of an adapter, a .gguf file, or a hub name")
    beta: float = Field(0.1, gt=0, description="how strongly the model is kept near the reference")
    loss_type: Literal["sigmoid", "ipo"] = "sigmoid"
    sft_weight: float = Field(
        0.0, ge=0, description="weight of the tuning loss on the better answers, which keeps them likely"
    )
    learning_rate: float = Field(5e-6, gt=0, le=1)

    @model_validator(mode="after")
    def _check_model(self) -> Config:
        if not self.model_name_or_path:
            raise ConfigError("Stage dpo tunes a model.", "Write `model_name_or_path: FOLDER or owner/name`.")
        if self.deepspeed or self.fsdp:
            raise ConfigError("Stage dpo computes its reference on a whole model.", "Take out deepspeed and fsdp.")
        return self

    def make_trainer(self, prepared: Any, model: Any, args: Any, scorer: Any) -> Any:
        from ..dpo import DpoTrainer
        from ..preference import Dpo

        objective = Dpo(self.beta, self.loss_type, self.sft_weight)
        return DpoTrainer(prepared, model, args, scorer, objective)

    def objective_text(self) -> str:
        added = f", {self.sft_weight:g} x tuning loss of the better answers" if self.sft_weight else ""
        return f"{self.loss_type}, beta {self.beta:g}{added}"


def train(config: Config, on_log: OnLog) -> Path:
    from ..run import train_language_model

    return train_language_model(config, on_log)


def dry_run(config: Config) -> DryRun:
    from ..run import dry_run_language_model

    return dry_run_language_model(config)


STAGE = Stage("tune a language model on pairs of a right and a wrong query", Config, train, dry_run)
