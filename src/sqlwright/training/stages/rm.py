"""Stage rm: train a reward model, which scores queries, on pairs of a right and a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ...core import ConfigError
from ..on_log import OnLog
from ..settings.language_model import LanguageModelConfig
from .stage import DryRun, Stage

NEEDS_ANSWERS = ("compare_base", "max_new_tokens")


class Config(LanguageModelConfig):
    """A run that gives a language model a score instead of words, and trains it to score better answers higher.

    `dataset` are files of preferences, as for stage dpo. `eval_dataset`, or the databases held out of `dataset`, give
    the pair accuracy. The finished folder is what `predict --rerank` and `ask --rerank` take.
    """

    reads_preferences: ClassVar[bool] = True
    unit: ClassVar[str] = "pairs"
    task: ClassVar[Literal["CAUSAL_LM", "SEQ_CLS"]] = "SEQ_CLS"

    stage: Literal["rm"] = "rm"
    model_name_or_path: str = Field(description="a folder, a .gguf file or a hub name; no adapter")
    center_rewards_coefficient: float = Field(0.0, ge=0, description="pulls the sum of a pair's scores to 0")
    learning_rate: float = Field(1e-4, gt=0, le=1)

    @model_validator(mode="after")
    def _check_model(self) -> Config:
        if not self.model_name_or_path:
            raise ConfigError("Stage rm trains a model.", "Write `model_name_or_path: FOLDER or owner/name`.")
        if self.finetuning_type == "qlora":
            raise ConfigError("Stage rm trains no 4-bit model.", "Write `finetuning_type: lora`.")
        self.refuse_without_effect("a stage whose model answers questions", NEEDS_ANSWERS)
        return self

    def load_model(self, tokenizer: Any) -> Any:
        from ..loading import load_model

        model = load_model(self)
        model.config.get_text_config().pad_token_id = tokenizer.pad_token_id
        return model

    def make_trainer(self, prepared: Any, model: Any, args: Any, scorer: Any) -> Any:
        from ..preference import PairwiseReward
        from ..reward import RewardTrainer

        return RewardTrainer(prepared, model, args, PairwiseReward(self.center_rewards_coefficient))

    def objective_text(self) -> str:
        return "pairwise loss of the scores at the last token"


def train(config: Config, on_log: OnLog) -> Path:
    from ..run import train_language_model

    return train_language_model(config, on_log)


def dry_run(config: Config) -> DryRun:
    from ..run import dry_run_language_model

    return dry_run_language_model(config)


STAGE = Stage("train a reward model on pairs of a right and a wrong query", Config, train, dry_run)
