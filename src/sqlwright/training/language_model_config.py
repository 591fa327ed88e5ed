"""The settings of a training run of a language model."""

from __future__ import annotations

from dataclasses import dataclass, field
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
SCHEDULES = ("linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup")


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
        for key, known in CHOICES.items():
            if getattr(self, key) not in known:
                raise ConfigError(f"{key} is {getattr(self, key)!r}.", closest(getattr(self, key), filter(None, known)))
        if self.lr_scheduler_type not in SCHEDULES:
            raise ConfigError(
                f"lr_scheduler_type is {self.lr_scheduler_type!r}.", closest(self.lr_scheduler_type, SCHEDULES)
            )
        if not self.dataset:
            raise ConfigError("dataset names nothing.", "Write `dataset: [train.json]`.")
        if self.stage == "sft" and not self.model_name_or_path:
            raise ConfigError("Stage sft tunes a model.", "Write `model_name_or_path: FOLDER or owner/name`.")
        if self.stage == "pt" and (self.finetuning_type != "full" or self.model_name_or_path):
            raise ConfigError(
                "Stage pt makes a new model.", "Write `finetuning_type: full`, without model_name_or_path."
            )
        if self.bf16 and self.fp16:
            raise ConfigError("bf16 and fp16 exclude each other.")
        self._check_numbers()

    def _check_numbers(self) -> None:
        least = {
            "cutoff_len": 16,
            "lora_rank": 1,
            "per_device_train_batch_size": 1,
            "gradient_accumulation_steps": 1,
            "logging_steps": 1,
            "save_steps": 1,
            "save_total_limit": 1,
            "vocabulary": 300,
        }
        for key, low in least.items():
            if getattr(self, key) < low:
                raise ConfigError(f"{key} has to be at least {low}, not {getattr(self, key)}.")
        for key in ("eval_steps", "eval_samples", "early_stopping", "group_size", "warmup", "weight_decay"):
            if getattr(self, key) < 0:
                raise ConfigError(f"{key} cannot be negative, as {getattr(self, key)} is.")
        if self.early_stopping and not self.eval_steps:
            raise ConfigError("early_stopping needs a score during training.", "Set eval_steps.")

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
