"""Stage pt: make a small Llama with its own tokenizer and train it from scratch, questions and answers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ...core import ConfigError
from ...prompts import ChatTemplate
from ..on_log import OnLog
from ..settings.language_model import LanguageModelConfig
from .stage import DryRun, Stage


class Config(LanguageModelConfig):
    """A run that makes a new Llama of the sizes in `architecture`, with a tokenizer learned from the run's texts."""

    trains_questions: ClassVar[bool] = True

    stage: Literal["pt"] = "pt"
    finetuning_type: Literal["full", "lora", "qlora"] = Field("full", description="a new model is trained in full")
    architecture: dict[str, int] = Field({}, description="sizes, by the names of transformers' LlamaConfig")
    vocabulary: int = Field(4096, ge=300, description="tokens of the new tokenizer")

    @model_validator(mode="after")
    def _check_new(self) -> Config:
        if self.finetuning_type != "full" or self.model_name_or_path:
            raise ConfigError(
                "Stage pt makes a new model.",
                "Write `finetuning_type: full`, without model_name_or_path; an existing model needs `stage: sft`.",
            )
        self.refuse_without_effect("a base model (stage: sft)", ["compare_base", "template"])
        return self

    def load_tokenizer(self, texts: Iterable[str]) -> tuple[Any, ChatTemplate]:
        from ..tiny import new_tokenizer

        return new_tokenizer(texts, self.vocabulary)

    def load_architecture(self, tokenizer: Any) -> Any:
        return self.load_model(tokenizer).config

    def load_model(self, tokenizer: Any) -> Any:
        from ..tiny import new_model

        return new_model(tokenizer, self.architecture, self.seed)


def train(config: Config, on_log: OnLog) -> Path:
    from ..run import train_language_model

    return train_language_model(config, on_log)


def dry_run(config: Config) -> DryRun:
    from ..run import dry_run_language_model

    return dry_run_language_model(config)


STAGE = Stage("make a small language model and train it from scratch", Config, train, dry_run)
