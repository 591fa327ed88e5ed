"""Stage parser: train the built-in parser, from its own weights, a tuned parser, or a bare encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...core import ConfigError
from ..on_log import OnLog
from ..settings.run_config import RunConfig
from .stage import DryRun, Stage


class Config(RunConfig):
    """A training run of the built-in parser. Key names are LLaMA-Factory's where it has them.

    The questions of `translations` are asked of `databases`, and the translated names are the words of Chinese
    questions generated about them. `products` databases are made of each invented product, with about
    `product_questions` questions in English and Chinese on each. `encoder` is a folder with a BERT encoder of the same
    width, of which the lower `encoder_layers` take the place of the model's own (`parser.transfer`).
    """

    stage: Literal["parser"] = "parser"
    dataset: dict[str, Annotated[float, Field(ge=0)]] = Field(
        description="files of questions, each with how often an epoch shows it; 0.15 is a random 15 %"
    )
    translations: dict[str, str] = Field(
        default_factory=dict,
        description="files of questions on translated schemas of `databases`, each with the tables.json of these",
    )
    original_tables: str = Field("", description="tables.json of `databases`, in the order of the translations")
    databases: str = Field(description="folder of the databases that the questions are about")
    profiled: list[str] = Field(
        default_factory=list,
        description="files whose queries are read with the database's profile: dates, flags, units, today",
    )
    model_name_or_path: str = Field(
        "built-in", description="built-in, a folder with a tuned parser, or one with MiniLM's model.safetensors"
    )
    held_out: int = Field(8, ge=0, description="databases left out of training")
    eval_samples: int = Field(240, ge=0, description="questions about them that choose the checkpoint")
    products: int = Field(0, ge=0, description="databases generated for each invented product")
    product_questions: int = Field(200, ge=1, description="questions for each of these databases")
    analyst_questions: int = Field(0, ge=0, description="generated questions for each database of the data sets")
    encoder: str = Field("", description="folder of another BERT encoder")
    encoder_layers: int = Field(6, ge=1)
    max_steps: int = Field(2000, ge=1)
    batch_size: int = Field(32, ge=1, description="questions")
    group_size: int = Field(8, ge=1, description="questions about one database, whose schema is encoded once")
    learning_rate: float = Field(7e-4, gt=0, le=1, description="of the bridge, the decoder and the relation biases")
    encoder_learning_rate: float = Field(2e-4, ge=0, le=1, description="of all encoder layers")
    embedding_learning_rate: float = Field(0.0, ge=0, le=1, description="of its word embeddings; 0 keeps them")
    bf16: bool | None = Field(None, description="compute in bfloat16; by default where the processor or GPU has it")
    warmup_steps: int = Field(150, ge=0)
    decay_share: float = Field(0.25, ge=0, le=1, description="last share of the steps, in which the rate falls")
    eval_steps: int = Field(250, ge=1)
    save_steps: int = Field(100, ge=1)
    logging_steps: int = Field(20, ge=1)

    @model_validator(mode="after")
    def _check_dataset(self) -> Config:
        if not self.dataset:
            raise ConfigError("`dataset` is empty.", "List at least one file: `dataset: {train.json: 1}`.")
        if unknown := sorted(self.translations.keys() - self.dataset.keys()):
            raise ConfigError(
                f"`translations` names {unknown[0]!r}, which is not a key of `dataset`.", "List it in both."
            )
        if unknown := sorted({*self.profiled} - self.dataset.keys()):
            raise ConfigError(f"`profiled` names {unknown[0]!r}, which is not a key of `dataset`.", "List it in both.")
        if both := sorted({*self.profiled} & self.translations.keys()):
            raise ConfigError(
                f"{both[0]!r} is in `profiled` and in `translations`.", "A translated file has no profile."
            )
        if self.translations and not self.original_tables:
            raise ConfigError("`translations` needs `original_tables`.", "Name the tables.json of the databases.")
        return self


def train(config: Config, on_log: OnLog) -> Path:
    from ..parser import train_parser

    return train_parser(config, on_log)


def dry_run(config: Config) -> DryRun:
    from ..parser import dry_run_parser

    return dry_run_parser(config)


STAGE = Stage("train the built-in model", Config, train, dry_run)
