"""The settings of a training run of a language model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, cast, get_args

from ..core import ConfigError, closest
from ..data import PromptOptions
from ..prompts import PRESETS, TEMPLATE_NAMES, Style

CHOICES: dict[str, tuple[str, ...]] = {
    "stage": ("pt", "sft"),
    "finetuning_type": ("full", "lora", "qlora"),
    "template": ("", *TEMPLATE_NAMES),
    "preset": tuple(PRESETS),
    "schema_style": ("", *get_args(Style)),
    "over_length": ("refuse", "shorten", "leave_out"),
    "quantization_type": ("nf4", "fp4"),
    "report_to": ("none", "tensorboard", "wandb", "trackio", "mlflow"),
    "attention": ("auto", "sdpa", "eager", "flex_attention"),
}
# Optimizers of transformers that need torch or, for those in 8 bits or paged, bitsandbytes.
OPTIMIZERS = (
    "adamw_torch",
    "adamw_torch_fused",
    "adafactor",
    "sgd",
    "adagrad",
    "rmsprop",
    "adamw_bnb_8bit",
    "adamw_8bit",
    "paged_adamw_32bit",
    "paged_adamw_8bit",
    "lion_32bit",
    "lion_8bit",
    "paged_lion_32bit",
    "paged_lion_8bit",
)
# Settings that mean something only beside another one: refused elsewhere, unless they have their default value.
ADAPTER_ONLY = (
    "lora_rank",
    "lora_alpha",
    "lora_dropout",
    "lora_target",
    "additional_target",
    "use_dora",
    "use_rslora",
)
QLORA_ONLY = ("quantization_type", "double_quantization")
NEW_MODEL_ONLY = ("architecture", "vocabulary")
SCHEDULES = ("linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup")


MANY = math.inf
RANGES: dict[str, tuple[float, float]] = {  # both ends are allowed
    "cutoff_len": (16, MANY),
    "lora_rank": (1, MANY),
    "lora_alpha": (1, MANY),
    "lora_dropout": (0, 1),
    "per_device_train_batch_size": (1, MANY),
    "gradient_accumulation_steps": (1, MANY),
    "logging_steps": (1, MANY),
    "save_steps": (1, MANY),
    "save_total_limit": (1, MANY),
    "max_new_tokens": (1, MANY),
    "vocabulary": (300, MANY),
    "eval_steps": (0, MANY),
    "eval_samples": (0, MANY),
    "early_stopping": (0, MANY),
    "group_size": (0, MANY),
    "samples": (0, MANY),
    "warmup": (0, MANY),
    "weight_decay": (0, 1),
    "max_grad_norm": (0, MANY),
    "seed": (0, 2**32 - 1),
}


def _range(least: float, most: float) -> str:
    return f"at least {least:g}" if most == MANY else f"between {least:g} and {most:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModelConfig:
    """A training run of a language model. Key names are LLaMA-Factory's where it has them.

    Stage `sft` tunes `model_name_or_path`, a folder or a hub name; only answers are trained. Stage `pt` makes a new
    Llama of the sizes in `architecture`, with a tokenizer of `vocabulary` tokens learned from the data, and trains
    questions too.

    `dataset` names what is learned: files and hub data sets in any format that `data` reads, `demo` for the demo
    database's pairs, `synthetic:N` for N pairs made from each of `databases` (a folder; `demo` for the demo's).
    `eval_dataset` is held out: `eval_samples` of it are asked every `eval_steps` for execution accuracy, and all of it
    at the end. Without one, `eval_samples` examples are taken from `dataset`, whole databases where there are ten.

    `per_device_train_batch_size` counts rows, as elsewhere; `group_size` of them that are about one database are
    computed as one tree (`prefix.py`); 0 takes a quarter of a step's rows, at least 4 and at most 32. `warmup`
    below 1 is a share of the run, else steps. `early_stopping` is how many evaluations may bring nothing better; 0
    never stops. With `compare_base` base and tuned model are scored side by side at the end.

    `additional_target` names modules that are trained whole beside the adapter, such as `embed_tokens` and `lm_head`,
    without which a base model hardly learns a template's stop token.
    """

    stage: str
    dataset: tuple[str, ...]
    output_dir: str
    model_name_or_path: str = ""
    trust_remote_code: bool = False
    databases: str = ""
    tables: str = ""
    eval_dataset: tuple[str, ...] = ()
    eval_samples: int = 64

    # what the model reads
    template: str = ""
    preset: str = "default"
    schema_style: str = ""
    samples: int = 3
    hints: bool = True
    cutoff_len: int = 2048
    over_length: str = "refuse"

    # what is trained
    finetuning_type: str = "lora"
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.05
    lora_target: tuple[str, ...] = ("all-linear",)
    additional_target: tuple[str, ...] = ()
    use_dora: bool = False
    use_rslora: bool = False
    quantization_type: str = "nf4"
    double_quantization: bool = True
    architecture: dict[str, int] = field(default_factory=dict)
    vocabulary: int = 4096

    # how
    share_prefix: bool = True
    group_size: int = 0
    per_device_train_batch_size: int = 8
    gradient_accumulation_steps: int = 1
    learning_rate: float = 2e-4
    lr_scheduler_type: str = "cosine"
    warmup: float = 0.03
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    num_train_epochs: float = 1.0
    max_steps: int = -1
    optim: str = "adamw_torch"
    bf16: bool = False
    fp16: bool = False
    gradient_checkpointing: bool = False
    attention: str = "auto"
    seed: int = 0

    # when something is written
    logging_steps: int = 10
    eval_steps: int = 0
    save_steps: int = 200
    save_total_limit: int = 2
    early_stopping: int = 0
    max_new_tokens: int = 256
    compare_base: bool = False
    resume: bool = True
    report_to: str = "none"
    deepspeed: str = ""
    fsdp: str = ""
    fsdp_config: str = ""

    def __post_init__(self) -> None:
        for key, known in {**CHOICES, "lr_scheduler_type": SCHEDULES, "optim": OPTIMIZERS}.items():
            if getattr(self, key) not in known:
                raise ConfigError(f"{key} is {getattr(self, key)!r}.", closest(getattr(self, key), filter(None, known)))
        if not self.dataset:
            raise ConfigError("dataset names nothing.", "Write `dataset: [train.json]`.")
        if self.stage == "sft" and not self.model_name_or_path:
            raise ConfigError("Stage sft tunes a model.", "Write `model_name_or_path: FOLDER or owner/name`.")
        if self.stage == "pt" and (self.finetuning_type != "full" or self.model_name_or_path):
            raise ConfigError(
                "Stage pt makes a new model.", "Write `finetuning_type: full`, without model_name_or_path."
            )
        self._check_numbers()
        self._check_pairs()

    def _check_numbers(self) -> None:
        for key, (least, most) in RANGES.items():
            value = getattr(self, key)
            if not least <= value <= most:  # also false for a value that is not a number
                raise ConfigError(f"{key} is {value}.", f"It has to be {_range(least, most)}.")
        if not self.lora_dropout < 1:
            raise ConfigError(f"lora_dropout is {self.lora_dropout}.", "It has to be at least 0 and below 1.")
        if not 0 < self.learning_rate <= 1:
            raise ConfigError(
                f"learning_rate is {self.learning_rate}.", "It has to be above 0 and at most 1; 0.0002 suits LoRA."
            )
        if self.max_steps == 0 or self.max_steps < -1:
            raise ConfigError(f"max_steps is {self.max_steps}.", "It has to be at least 1, or -1 for num_train_epochs.")
        if self.max_steps == -1 and not self.num_train_epochs > 0:
            raise ConfigError(f"num_train_epochs is {self.num_train_epochs}.", "It has to be above 0.")

    def _check_pairs(self) -> None:
        """Settings that exclude each other, or that have no effect beside the others."""
        if self.bf16 and self.fp16:
            raise ConfigError("bf16 and fp16 exclude each other.")
        if self.deepspeed and self.fsdp:
            raise ConfigError("deepspeed and fsdp exclude each other.", "Both shard the model. Take one of them out.")
        if self.fsdp_config and not self.fsdp:
            raise ConfigError("fsdp_config is set without fsdp.", "Write `fsdp: full_shard`, or take out fsdp_config.")
        if self.early_stopping and not self.eval_steps:
            raise ConfigError("early_stopping needs a score during training.", "Set eval_steps.")
        if self.group_size > 1 and not self.share_prefix:
            raise ConfigError(
                f"group_size is {self.group_size} with share_prefix: false.",
                "Without sharing, rows are computed one by one. Take out one of the two.",
            )
        defaults = {f.name: f.default_factory() if callable(f.default_factory) else f.default for f in fields(self)}
        for needed, holds, keys in (
            ("finetuning_type: lora or qlora", self.finetuning_type != "full", ADAPTER_ONLY),
            ("finetuning_type: qlora", self.finetuning_type == "qlora", QLORA_ONLY),
            ("stage: pt", self.stage == "pt", NEW_MODEL_ONLY),
        ):
            unused = next((key for key in keys if not holds and getattr(self, key) != defaults[key]), None)
            if unused:
                value = defaults[unused]
                raise ConfigError(
                    f"{unused} has no effect here: it needs {needed}.",
                    f"Take it out; its default is {list(value) if isinstance(value, tuple) else value}.",
                )

    def rows_together(self, processes: int = 1) -> int:
        """How many rows of one database are computed as one tree; 1 where nothing is shared."""
        if not self.share_prefix:
            return 1
        step = self.per_device_train_batch_size * self.gradient_accumulation_steps * processes
        chosen = self.group_size or min(32, max(4, step // 4))
        return min(chosen, self.per_device_train_batch_size)

    def prompt_options(self) -> PromptOptions:
        style = cast("Style | None", self.schema_style or None)
        return PromptOptions(self.preset, style, self.samples, self.hints)

    def to_dict(self) -> dict[str, Any]:
        from dataclasses import asdict

        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
