"""Stage sft: tune a language model on questions with SQL. Only answers are trained."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from ...core import ConfigError
from ..on_log import OnLog
from ..settings.language_model import LanguageModelConfig
from .stage import DryRun, Stage


class Config(LanguageModelConfig):
    """A run that tunes the language model `model_name_or_path`: in full, or with an adapter."""

    stage: Literal["sft"] = "sft"
    model_name_or_path: str = Field(description="a folder or a hub name")

    @model_validator(mode="after")
    def _check_model(self) -> Config:
        if not self.model_name_or_path:
            raise ConfigError("Stage sft tunes a model.", "Write `model_name_or_path: FOLDER or owner/name`.")
        return self


def train(config: Config, on_log: OnLog) -> Path:
    from ..run import train_language_model

    return train_language_model(config, on_log)


def dry_run(config: Config) -> DryRun:
    from ..run import dry_run_language_model

    return dry_run_language_model(config)


STAGE = Stage("tune a language model on questions with SQL", Config, train, dry_run)
