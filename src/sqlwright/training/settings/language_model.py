"""The settings that the stages of language models share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, cast, get_args

from pydantic import ConfigDict, Field, model_validator

from ...core import ConfigError
from ...data import PromptOptions
from ...generation.rope import Scaling
from ...prompts import PRESETS, TEMPLATE_NAMES, ChatTemplate, Style
from . import llama_factory
from .run_config import Names, OneOf, RunConfig, Translation

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
SCHEDULES = ("linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup")
# Settings that mean something only beside another one: refused elsewhere, unless they have their default value.
ADAPTER_ONLY = (
    "lora_rank",
    "lora_alpha",
    "lora_dropout",
    "lora_target",
    "additional_target",
    "use_dora",
    "use_rslora",
    "device_map",
)
QLORA_ONLY = ("quantization_type", "double_quantization")


class LanguageModelConfig(RunConfig):
    """A training run of a language model. Key names are LLaMA-Factory's where it has them.

    `dataset` names what is learned: files and hub data sets in any format that `data` reads, `demo` for the demo
    database's pairs, `synthetic:N` for N pairs made from each of `databases` (a folder; `demo` for the demo's), or a
    name in `dataset_info.json` of `dataset_dir`. `eval_dataset` is held out: `eval_samples` of it are asked every
    `eval_steps` for execution accuracy, and all of it at the end. Without one, `val_size` or else `eval_samples`
    examples are taken from `dataset`, whole databases where there are ten.

    `per_device_train_batch_size` counts rows, as elsewhere; `group_size` of them that are about one database are
    computed as one tree (`prefix/tree.py`); 0 takes a quarter of a step's rows, at least 4 and at most 32.
    """

    model_config = ConfigDict(json_schema_extra=llama_factory.describe_aliases)
    trains_questions: ClassVar[bool] = False  # as well as the answers
    reads_preferences: ClassVar[bool] = False  # pairs of a better and a worse answer
    unit: ClassVar[str] = "rows"  # what per_device_train_batch_size counts
    task: ClassVar[Literal["CAUSAL_LM", "SEQ_CLS"]] = "CAUSAL_LM"  # PEFT's name of what the model is for

    dataset: Names = Field(description="files, hf:owner/name, demo, synthetic:N, or names in dataset_info.json")
    dataset_dir: str = Field("data", description="folder whose dataset_info.json names data sets")
    max_samples: int = Field(0, ge=0, description="examples read of each data set, from its start; 0 reads all")
    trust_remote_code: bool = Field(False, description="run code that comes with the model")
    databases: str = Field("", description="folder of the databases that the questions are about")
    tables: str = Field("", description="tables.json with the schemas, where there are no databases")
    eval_dataset: Names = Field((), description="held-out data; without it, some of `dataset` is held out")
    eval_samples: int = Field(64, ge=0, description="held-out questions that are asked during training")
    val_size: float = Field(
        0.0, ge=0, description="examples of `dataset` to hold out: a share below 1, else a count; 0 means eval_samples"
    )

    # what the model reads
    template: Annotated[str, OneOf(("", *TEMPLATE_NAMES))] = Field(
        "", description="chat template; empty uses the tokenizer's own"
    )
    preset: Annotated[str, OneOf(tuple(PRESETS))] = Field("default", description="wording of the prompt")
    schema_style: Annotated[str, OneOf(("", *get_args(Style)))] = Field(
        "", description="how the schema is written; empty means as the preset has it"
    )
    samples: int = Field(3, ge=0, description="stored values shown for each column")
    hints: bool = Field(True, description="point out names and values of the question")
    cutoff_len: int = Field(2048, ge=16, description="tokens of a row at most")
    rope_scaling: Literal["", "linear", "dynamic", "yarn"] = Field(
        "", description="scale the positions, so that the model reads rope_factor times as many tokens"
    )
    rope_factor: float = Field(2.0, gt=1)
    over_length: Literal["refuse", "shorten", "leave_out"] = Field(
        "refuse", description="what is done with a row over cutoff_len; shorten drops tables, never SQL"
    )

    # what is trained
    finetuning_type: Literal["full", "lora", "qlora"] = Field("lora", description="qlora is LoRA on a 4-bit base")
    lora_rank: int = Field(16, ge=1)
    lora_alpha: int = Field(32, ge=1, description="scale of the adapter, divided by lora_rank")
    lora_dropout: float = Field(0.05, ge=0, lt=1)
    lora_target: Names = Field(("all-linear",), description="modules with an adapter; all-linear: all of the blocks")
    additional_target: Names = Field(
        (), description="modules trained in full beside the adapter, such as embed_tokens and lm_head"
    )
    use_dora: bool = False
    use_rslora: bool = False
    quantization_type: Literal["nf4", "fp4"] = "nf4"
    double_quantization: bool = True

    # how
    share_prefix: bool = Field(True, description="compute what rows of one database have in common once")
    group_size: int = Field(0, ge=0, description="rows of one database that are computed together; 0 chooses")
    per_device_train_batch_size: int = Field(8, ge=1, description="rows")
    gradient_accumulation_steps: int = Field(1, ge=1)
    learning_rate: float = Field(2e-4, gt=0, le=1)
    lr_scheduler_type: Annotated[str, OneOf(SCHEDULES)] = "cosine"
    warmup: float = Field(0.03, ge=0, description="a share of the run below 1, else steps")
    weight_decay: float = Field(0.0, ge=0, le=1)
    max_grad_norm: float = Field(1.0, ge=0, description="gradients are clipped to this norm; 0 does not clip")
    num_train_epochs: float = 1.0
    max_steps: int = Field(-1, description="at least 1, or -1 for num_train_epochs")
    optim: Annotated[str, OneOf(OPTIMIZERS)] = "adamw_torch"
    bf16: bool = False
    fp16: bool = False
    gradient_checkpointing: bool = Field(False, description="less memory for about a third more time")
    attention: Literal["auto", "sdpa", "eager", "flex_attention"] = "auto"
    device_map: Literal["", "auto"] = Field(
        "", description="auto spreads the layers of a model over the GPUs of one process; for a model larger than a GPU"
    )

    # when something is written
    eval_steps: int = Field(0, ge=0, description="steps between two evaluations; 0 evaluates only at the end")
    save_steps: int = Field(200, ge=1)
    save_total_limit: int = Field(2, ge=1, description="checkpoints that are kept")
    early_stopping: int = Field(0, ge=0, description="evaluations without a better score that end the run; 0: never")
    max_new_tokens: int = Field(256, ge=1, description="of an answer during evaluation")
    compare_base: bool = Field(False, description="score base and tuned model side by side at the end")
    resume: bool = Field(True, description="continue the run in output_dir")
    report_to: Literal["none", "tensorboard", "wandb", "trackio", "mlflow"] = "none"
    deepspeed: str = Field("", description="DeepSpeed's configuration file")
    fsdp: str = Field("", description="options of FSDP, such as full_shard")
    fsdp_config: str = Field("", description="FSDP's configuration file")

    @classmethod
    def translated(cls, given: Mapping[str, Any]) -> Translation:
        return llama_factory.translate(given)

    @model_validator(mode="after")
    def _check_together(self) -> LanguageModelConfig:
        """Settings that exclude each other, or that have no effect beside the others."""
        if not self.dataset:
            raise ConfigError("`dataset` is empty.", "List at least one file: `dataset: [train.json]`.")
        if self.max_steps == 0 or self.max_steps < -1:
            raise ConfigError(f"max_steps is {self.max_steps}.", "It has to be at least 1, or -1 for num_train_epochs.")
        if self.max_steps == -1 and not self.num_train_epochs > 0:
            raise ConfigError(f"num_train_epochs is {self.num_train_epochs}.", "It has to be above 0.")
        if self.val_size and self.eval_dataset:
            raise ConfigError("val_size has no effect beside eval_dataset.", "Take one of them out.")
        if self.val_size >= 1 and self.val_size % 1:
            raise ConfigError(f"val_size is {self.val_size}.", "It has to be a share below 1 or a whole number.")
        self._check_exclusive()
        self.refuse_without_effect("rope_scaling", () if self.rope_scaling else ("rope_factor",))
        no_adapter = self.finetuning_type == "full"
        self.refuse_without_effect("finetuning_type: lora or qlora", ADAPTER_ONLY if no_adapter else ())
        self.refuse_without_effect("finetuning_type: qlora", QLORA_ONLY if self.finetuning_type != "qlora" else ())
        return self

    def _check_exclusive(self) -> None:
        if self.bf16 and self.fp16:
            raise ConfigError("bf16 and fp16 exclude each other.")
        if self.deepspeed and self.fsdp:
            raise ConfigError("deepspeed and fsdp exclude each other.", "Both shard the model. Take one of them out.")
        if self.device_map and (self.deepspeed or self.fsdp):
            raise ConfigError(
                f"device_map and {'deepspeed' if self.deepspeed else 'fsdp'} exclude each other.",
                "device_map spreads a model's layers in one process, the other shards it over processes. Take one out.",
            )
        if self.fsdp_config and not self.fsdp:
            raise ConfigError("fsdp_config is set without fsdp.", "Write `fsdp: full_shard`, or take out fsdp_config.")
        if self.early_stopping and not self.eval_steps:
            raise ConfigError("early_stopping needs a score during training.", "Set eval_steps.")
        if self.group_size > 1 and not self.share_prefix:
            raise ConfigError(
                f"group_size is {self.group_size} with share_prefix: false.",
                "Without sharing, rows are computed one by one. Take out one of the two.",
            )

    def refuse_without_effect(self, needed: str, keys: Iterable[str]) -> None:
        """Raises ConfigError for the first of `keys` that does not have its default value."""
        for key in keys:
            default = type(self).model_fields[key].get_default(call_default_factory=True)
            if getattr(self, key) != default:
                said = list(default) if isinstance(default, tuple) else default
                raise ConfigError(
                    f"{key} has no effect here: it needs {needed}.", f"Take it out; its default is {said}."
                )

    def load_tokenizer(self, texts: Iterable[str]) -> tuple[Any, ChatTemplate]:
        """Tokenizer and chat template. `texts` are the run's, for a stage that makes a tokenizer of its own."""
        from ..data.tokenize import template_of
        from ..loading import load_tokenizer

        tokenizer = load_tokenizer(self)
        return tokenizer, template_of(tokenizer, self.template)

    def load_architecture(self, tokenizer: Any) -> Any:
        """The model's transformers configuration, without weights."""
        from ..loading import load_architecture

        return load_architecture(self)

    def load_model(self, tokenizer: Any) -> Any:
        """The model with what is to be trained in it."""
        from ..loading import load_model

        return load_model(self)

    def make_trainer(self, prepared: Any, model: Any, args: Any, scorer: Any) -> Any:
        """The PrefixTrainer of the stage; `args` are transformers' TrainingArguments, `scorer` may be None."""
        from ..build import tuning_trainer

        return tuning_trainer(prepared, model, args, scorer)

    def computed(self, piece: list[Any], rejected: Mapping[str, Any]) -> list[Any]:
        """The rows that are computed for the `piece` of an epoch, for the forecast."""
        return [row for better in piece for row in (better, rejected[better.id])] if rejected else piece

    def objective_text(self) -> str:
        """What is made smaller, for people; "" for the loss of supervised tuning."""
        return ""

    def scaling(self) -> Scaling | None:
        """Of the positions; None where they stay as they are."""
        return Scaling(self.rope_scaling, self.rope_factor) if self.rope_scaling else None

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
