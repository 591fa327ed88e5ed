"""Stage grpo: reinforcement learning, in which a model's own queries are rewarded for the rows they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ...core import ConfigError
from ..on_log import OnLog
from ..settings.language_model import LanguageModelConfig
from .stage import DryRun, Stage


class Config(LanguageModelConfig):
    """A run of group relative policy optimization, https://arxiv.org/abs/2402.03300, with DAPO's token mean.

    For each question `num_generations` answers are sampled and run; what an answer's reward is above the mean of its
    group says how much likelier it is made. `per_device_train_batch_size` counts questions. The model has to answer
    some questions already: begin with what stage sft made.
    """

    unit: ClassVar[str] = "questions"

    stage: Literal["grpo"] = "grpo"
    model_name_or_path: str = Field(description="a folder, also of an adapter, a .gguf file, or a hub name")
    num_generations: int = Field(8, ge=2, description="answers sampled for each question")
    temperature: float = Field(1.0, gt=0, description="of the samples")
    loss_type: Literal["dapo", "grpo"] = Field("dapo", description="mean over tokens, or over each answer's mean")
    beta: float = Field(0.0, ge=0, description="weight of the KL divergence from the model that the run begins with")
    epsilon: float = Field(0.2, gt=0, lt=1, description="lower clip of the probability ratio")
    epsilon_high: float = Field(0.28, gt=0, description="upper clip of the probability ratio")
    num_iterations: int = Field(1, ge=1, description="steps on the same samples")
    redraws: int = Field(1, ge=0, description="how often a group whose rewards are all equal is sampled again")
    reward_equal: float = Field(1.0, gt=0, description="of a query that gives the gold rows")
    reward_near: float = Field(0.0, ge=0, description="of a near miss, such as a column too many")
    reward_runs: float = Field(0.1, ge=0, description="of a query that runs and reads a table")
    halt_kl: float = Field(0.0, ge=0, description="KL divergence per token that ends the run; 0 does not measure it")
    halt_same: float = Field(
        0.95,
        gt=0,
        le=1,
        description="share of one query among the samples of several questions that ends the run",
    )
    learning_rate: float = Field(1e-5, gt=0, le=1)
    lora_dropout: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _check_samples(self) -> Config:
        if not self.model_name_or_path:
            raise ConfigError("Stage grpo tunes a model.", "Write `model_name_or_path: FOLDER or owner/name`.")
        if not self.databases:
            raise ConfigError("Stage grpo runs queries.", "Name the folder of the databases: `databases: FOLDER`.")
        if self.deepspeed or self.fsdp:
            raise ConfigError("Stage grpo samples from a whole model.", "Take out deepspeed and fsdp.")
        if self.save_steps % self.num_iterations:
            raise ConfigError(
                f"save_steps is {self.save_steps}, num_iterations {self.num_iterations}.",
                "Save on a multiple of num_iterations, where new samples are drawn.",
            )
        if max(self.reward_near, self.reward_runs) >= self.reward_equal:
            raise ConfigError("reward_near and reward_runs have to be below reward_equal.")
        return self

    def make_trainer(self, prepared: Any, model: Any, args: Any, scorer: Any) -> Any:
        from ..grpo import GrpoTrainer

        return GrpoTrainer(self, prepared, model, args, scorer)

    def computed(self, piece: list[Any], rejected: Mapping[str, Any]) -> list[Any]:
        """Each question as often as it is answered, with answers as long as the gold query that share nothing."""
        return [
            replace(row, tokens=(*row.tokens[: row.answer_start], *(-1 - n for _ in row.tokens[row.answer_start :])))
            for row in piece
            for n in range(self.num_generations)
        ]

    def objective_text(self) -> str:
        rewards = f"rewards {self.reward_equal:g} equal rows, {self.reward_near:g} near, {self.reward_runs:g} runs"
        kept = f", KL weight {self.beta:g}" if self.beta else ""
        drawn = f"{self.num_generations} answers a question at temperature {self.temperature:g}"
        return f"{self.loss_type}, {drawn}, {rewards}{kept}; the forecast leaves out the time of sampling"


def train(config: Config, on_log: OnLog) -> Path:
    from ..run import train_language_model

    return train_language_model(config, on_log)


def dry_run(config: Config) -> DryRun:
    from ..run import dry_run_language_model

    return dry_run_language_model(config)


STAGE = Stage("reinforce a language model's own queries that give the gold rows", Config, train, dry_run)
