"""The settings of a training run of the built-in parser."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import ConfigError


@dataclass(frozen=True, slots=True)
class ParserConfig:
    """A training run of the built-in parser. Key names are LLaMA-Factory's where it has them.

    `dataset` maps files of questions to how often an epoch shows them (0.15: a random 15 %). `model_name_or_path` is
    `built-in`, a folder with a tuned parser, or a folder with MiniLM's model.safetensors and tokenizer.json, from
    which a new parser begins. `held_out` databases are left out of training; `eval_samples` of their questions choose
    the best checkpoint. `products` databases are made of each invented product, with about `product_questions`
    questions in English and Chinese on each; `analyst_questions` in English are made about each database of the
    data sets. `encoder` is a folder with a BERT encoder of the same width, of which the lower `encoder_layers` take
    the place of the model's own (`parser.transfer`).
    """

    stage: str
    dataset: dict[str, float]
    databases: str
    output_dir: str
    model_name_or_path: str = "built-in"
    held_out: int = 8
    eval_samples: int = 240
    products: int = 0
    product_questions: int = 200
    analyst_questions: int = 0
    encoder: str = ""
    encoder_layers: int = 6
    max_steps: int = 2000
    batch_size: int = 32
    group_size: int = 8
    learning_rate: float = 7e-4
    encoder_learning_rate: float = 2e-4
    warmup_steps: int = 150
    decay_share: float = 0.25
    eval_steps: int = 250
    save_steps: int = 100
    logging_steps: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.dataset:
            raise ConfigError("dataset names no file.", "Write `dataset: {train.json: 1}`.")
