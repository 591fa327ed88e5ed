"""A configuration as the arguments of transformers' Trainer, with what one setting forbids another."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments

from ..core import MissingExtraError, NotFoundError, UsageError
from ..generation.hf_loading import best_device
from .loading import compute_dtype
from .settings.language_model import LanguageModelConfig

PROJECT = "sqlwright"  # under which trackers file the run


def training_arguments(config: LanguageModelConfig, steps: int) -> Any:
    """Batches come ready-made, one at a time; the row counts of `config` are in them already.

    Raises NotFoundError for a DeepSpeed or FSDP file that is not there, MissingExtraError for an optimizer without its
    package, and UsageError for what the device cannot do.
    """
    dtype, device = compute_dtype(config), best_device()
    prepare_tracker(config, os.environ)
    if device == "cpu" and config.attention == "flex_attention":
        raise UsageError("flex_attention has no backward pass on a CPU.", "Write `attention: auto`.")
    if re.search("bit$", config.optim) and find_spec("bitsandbytes") is None:
        raise MissingExtraError(f"optim: {config.optim} needs bitsandbytes.", "qlora")
    settings: dict[str, Any] = {
        "output_dir": config.output_dir,
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": config.gradient_accumulation_steps,
        "max_steps": steps,
        "learning_rate": config.learning_rate,
        "lr_scheduler_type": config.lr_scheduler_type,
        "warmup_steps": config.warmup if config.warmup < 1 else int(config.warmup),
        "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm,
        "optim": config.optim,
        "seed": config.seed,
        "bf16": dtype == torch.bfloat16 and device != "mps",
        "fp16": dtype == torch.float16 and device in ("cuda", "xpu"),
        "activation_checkpointing": config.gradient_checkpointing,
        "activation_checkpointing_kwargs": {"use_reentrant": False} if config.gradient_checkpointing else None,
        "use_cpu": device == "cpu",
        "logging_strategy": "steps",
        "logging_steps": 1,  # a run that goes on has to give the same numbers; who watches sees each logging_steps-th
        "logging_nan_inf_filter": False,
        "eval_strategy": "steps" if config.eval_steps else "no",
        "eval_steps": config.eval_steps or None,
        "save_strategy": "steps",
        "save_steps": config.save_steps,
        "save_total_limit": config.save_total_limit,
        "report_to": config.report_to,
        "project": PROJECT,
        "run_name": Path(config.output_dir).name,
        "disable_tqdm": True,
        "log_level": "error",
        "remove_unused_columns": False,
        "dataloader_pin_memory": device == "cuda",
        "average_tokens_across_devices": True,
        "ddp_timeout": 24 * 3600,  # while one process asks questions, the others wait for it
    }
    if config.deepspeed:
        settings["deepspeed"] = _file(config.deepspeed)
    if config.fsdp:
        settings |= {"fsdp": config.fsdp, "fsdp_config": _file(config.fsdp_config) if config.fsdp_config else None}
    arguments = TrainingArguments(**settings)
    # One process computes on one device. Where torch sees more, transformers would wrap the model in DataParallel and
    # draw one batch for each device at once, of which the collator keeps the first.
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments


def idle_devices(device_map: str = "") -> str:
    """A sentence about the GPUs that a single process leaves idle; "" where there are none."""
    count = torch.cuda.device_count()
    if count < 2 or "WORLD_SIZE" in os.environ or device_map:
        return ""
    return f"One of {count} GPUs is used. For all: torchrun --nproc_per_node {count} -m sqlwright train ..."


def _file(name: str) -> str:
    if not Path(name).is_file():
        raise NotFoundError(f"No file {name!r}.", "Presets are in configs/deepspeed and configs/fsdp.")
    return name


def prepare_tracker(config: LanguageModelConfig, environment: Mapping[str, str]) -> str:
    """With DeepSpeed, no upload of checkpoints to W&B: it reads them while other processes still write.

    Returns the sentence that says so, "" where nothing had to be changed. Raises UsageError for a tracker that is not
    installed.
    """
    if config.report_to != "none" and find_spec(config.report_to) is None:
        raise UsageError(
            f"report_to is {config.report_to}, which is not installed.", f"Run: pip install {config.report_to}"
        )
    os.environ.setdefault("WANDB_PROJECT", PROJECT)
    uploads = environment.get("WANDB_LOG_MODEL", "false").lower() not in ("", "false", "0")
    if not (config.report_to == "wandb" and config.deepspeed and uploads):
        return ""
    os.environ["WANDB_LOG_MODEL"] = "false"
    return (
        "WANDB_LOG_MODEL is turned off: with DeepSpeed, W&B would copy checkpoints that are not whole yet. "
        "The finished model is in output_dir."
    )
