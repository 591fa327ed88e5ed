"""LLaMA-Factory's flat names, read as sqlwright's settings.

The names are those of its `hparams` and of transformers' TrainingArguments, 2026. A key that has a counterpart here is
renamed. A key that only changes speed, logging or caching is left out with a note. A key that would change the result
and has no counterpart is refused with what it stands for, unless it is switched off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core import ConfigError
from ...prompts import named_template
from .run_config import Problem, Translation

RENAMED = {
    "warmup_ratio": "warmup",
    "warmup_steps": "warmup",
    "pref_beta": "beta",
    "pref_ftx": "sft_weight",
    "pref_loss": "loss_type",
}
# Read together with another key or by their value; see `_read`.
READ = {
    "quantization_bit": "finetuning_type: qlora",
    "quantization_method": "finetuning_type: qlora",
    "flash_attn": "attention",
    "disable_gradient_checkpointing": "gradient_checkpointing",
    "pure_bf16": "bf16",
    "eval_strategy": "eval_steps",
    "evaluation_strategy": "eval_steps",
    "save_strategy": "save_steps",
    "overwrite_output_dir": "resume",
    "resume_from_checkpoint": "resume",
}
CACHES, LOADERS = "sqlwright keeps no cache of tokens", "sqlwright reads rows in one process"
SPEED = "it changes speed or memory only, and sqlwright has its own"
WITHOUT_EFFECT = {
    "do_train": "train always trains",
    "do_eval": "held-out questions are always scored",
    "overwrite_cache": CACHES,
    "cache_dir": "HF_HOME sets the cache",
    "preprocessing_num_workers": LOADERS,
    "preprocessing_batch_size": LOADERS,
    "dataloader_num_workers": LOADERS,
    "dataloader_pin_memory": LOADERS,
    "plot_loss": "report.html always has the plots",
    "save_only_model": "checkpoints always hold what a run needs to continue",
    "run_name": "the name is that of output_dir",
    "logging_strategy": "every step is logged",
    "log_level": "every step is logged",
    "disable_tqdm": "progress is shown where somebody watches",
    "include_num_input_tokens_seen": "tokens are always counted",
    "print_param_status": "the run prints its parameters",
    "ddp_timeout": "the timeout is one day",
    "ddp_find_unused_parameters": "all trained parameters are used",
    "remove_unused_columns": "columns are chosen by the data format",
    "per_device_eval_batch_size": "per_device_train_batch_size is used for both",
    "predict_with_generate": "execution accuracy is always measured",
    "compute_accuracy": "execution accuracy is always measured",
    "packing": "rows that share nothing are always packed",
    "neat_packing": "rows that share nothing are always packed",
    "use_fast_tokenizer": "only fast tokenizers are used",
    "group_by_length": SPEED,
    "low_cpu_mem_usage": SPEED,
    "torch_compile": SPEED,
    "use_reentrant_gc": SPEED,
    "use_unsloth": SPEED,
    "use_unsloth_gc": SPEED,
    "enable_liger_kernel": SPEED,
    "use_v1_kernels": SPEED,
}
# By the beginning of a key's name.
LACKED = {
    "use_galore": "GaLore",
    "galore_": "GaLore",
    "use_apollo": "APOLLO",
    "apollo_": "APOLLO",
    "use_badam": "BAdam",
    "badam_": "BAdam",
    "use_muon": "the Muon optimizer",
    "use_adam_mini": "Adam-mini",
    "use_llama_pro": "LLaMA Pro",
    "freeze_": "freeze tuning",
    "oft_": "OFT",
    "pissa_": "PiSSA",
    "loraplus_": "LoRA+",
    "ref_model": "preference training",
    "reward_model": "training with a reward model",
    "ppo_": "PPO",
    "kto_": "KTO",
    "simpo_": "SimPO",
    "dpo_": "preference training",
    "neftune_": "NEFTune",
    "adam_": "other constants of Adam",
    "label_smoothing": "label smoothing",
    "lr_scheduler_kwargs": "options of a schedule",
    "enable_thinking": "reasoning before the answer",
    "adapter_name_or_path": "training an existing adapter further",
    "create_new_adapter": "training an existing adapter further",
    "mask_history": "training on the last turn only",
    "train_on_prompt": "training on the prompt",
    "streaming": "streaming",
    "mix_strategy": "interleaving of data sets",
    "interleave_probs": "interleaving of data sets",
    "shift_attn": "shifted attention (LongLoRA)",
    "mixture_of_depths": "mixture of depths",
    "moe_aux_loss_coef": "a router loss",
    "fp8": "FP8 training",
    "resize_vocab": "new tokens in a model's vocabulary",
    "add_tokens": "new tokens in a model's vocabulary",
    "add_special_tokens": "new tokens in a model's vocabulary",
    "new_special_tokens_config": "new tokens in a model's vocabulary",
    "train_from_scratch": "random weights for a known model; stage pt makes a new one",
    "model_revision": "a model's revision",
    "tokenized_path": "data sets that are tokenized already",
    "media_dir": "images, video and audio",
    "image_": "images",
    "video_": "video",
    "audio_": "audio",
    "freeze_vision_tower": "images",
    "ray_": "Ray",
    "use_swanlab": "SwanLab; report_to has the trackers that are known",
    "swanlab_": "SwanLab; report_to has the trackers that are known",
    "push_to_hub": "uploads in a training run; use `sqlwright models push`",
    "hub_": "uploads in a training run; use `sqlwright models push`",
    "do_predict": "predictions in a training run; use `sqlwright predict` and `sqlwright evaluate`",
    "export_": "export in a training run; use `sqlwright export`",
    "infer_": "inference in a training run; use `sqlwright chat` or `sqlwright serve`",
    "vllm_": "inference in a training run; use `sqlwright chat` or `sqlwright serve`",
}
NULLABLE = ("additional_target", "eval_dataset", "lora_alpha", "max_samples", "template")  # null is the default
OFF = (None, False, 0, "", "none")
ATTENTION = {"auto": "auto", "sdpa": "sdpa", "disabled": "eager"}


def translate(given: Mapping[str, Any]) -> Translation:
    """`given` with sqlwright's names; its own names pass through, and unknown ones too, to be refused by name."""
    found = Translation()
    lacked: dict[str, list[str]] = {}
    for key, value in given.items():
        if key in WITHOUT_EFFECT:
            found.notes.append(f"{key} has no effect: {WITHOUT_EFFECT[key]}.")
        elif key in READ:
            _read(key, value, found)
        elif (what := next((said for start, said in LACKED.items() if key.startswith(start)), None)) is not None:
            if value not in OFF:
                lacked.setdefault(what, []).append(key)
        elif value is not None or key not in NULLABLE:
            _set(found, key, RENAMED.get(key, key), _value(key, value))
    _quantize(given, found)
    if given.get("eval_strategy", given.get("evaluation_strategy")) in ("no", False):
        found.settings["eval_steps"] = 0
    for what, keys in lacked.items():
        hint = f"Take {'it' if len(keys) == 1 else 'them'} out."
        found.problems.append(Problem(f"{', '.join(keys)}: sqlwright does not support {what}.", hint))
    return found


def other_command(given: Mapping[str, Any]) -> str:
    """The command for a file of LLaMA-Factory that does not describe a training; "" for any other file."""
    if any(key.startswith("export_") for key in given):
        return "This is a file for LLaMA-Factory's export: use `sqlwright export`."
    if any(key.startswith(("infer_", "vllm_", "sglang_")) for key in given):
        return "This is a file for LLaMA-Factory's chat: use `sqlwright chat` or `sqlwright serve`."
    return ""


def describe_aliases(schema: dict[str, Any]) -> None:
    """Add the names that are read to a JSON schema, as deprecated, so that an editor does not mark them."""
    for key, own in {**RENAMED, **READ}.items():
        schema["properties"][key] = {"description": f"LLaMA-Factory's name; see {own}", "deprecated": True}
    for key, why in WITHOUT_EFFECT.items():
        schema["properties"][key] = {"description": f"no effect: {why}", "deprecated": True}


def _set(found: Translation, key: str, own: str, value: Any) -> None:
    if found.settings.get(own, value) != value:
        found.problems.append(Problem(f"{key} sets {own}, which another key sets as well.", "Take one of them out."))
    found.settings[own] = value


def _value(key: str, value: Any) -> Any:
    if key == "template" and isinstance(value, str) and value:
        try:
            return named_template(value).name  # llama3 is llama-3
        except ConfigError:
            return value
    if key == "lora_target" and value in ("all", ["all"]):
        return ["all-linear"]
    if key == "report_to" and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def _read(key: str, value: Any, found: Translation) -> None:
    """Keys whose value decides what they mean."""
    notes, problems = found.notes, found.problems
    if key == "flash_attn":
        if value in ATTENTION:
            _set(found, key, "attention", ATTENTION[value])
        elif value is not None:
            notes.append(f"flash_attn: {value} has no effect: {SPEED} (attention: auto).")
    elif key == "disable_gradient_checkpointing":
        _set(found, key, "gradient_checkpointing", not value)
    elif key == "pure_bf16" and value:
        _set(found, key, "bf16", True)
        notes.append("pure_bf16 is read as bf16: trained weights stay in float32.")
    elif key in ("eval_strategy", "evaluation_strategy", "save_strategy"):
        steps = "save_steps" if key == "save_strategy" else "eval_steps"
        if value not in ("steps", None) and not (steps == "eval_steps" and value in ("no", False)):
            problems.append(Problem(f"{key} is {value!r}.", f"sqlwright counts in steps: write {steps}."))
    elif key == "overwrite_output_dir" and value:
        notes.append("overwrite_output_dir has no effect: a run in output_dir is continued. Delete it to start anew.")
    elif key == "resume_from_checkpoint" and isinstance(value, str):
        problems.append(
            Problem(
                f"resume_from_checkpoint is {value!r}.",
                "Take it out: a run continues from the last checkpoint in output_dir.",
            )
        )


def _quantize(given: Mapping[str, Any], found: Translation) -> None:
    bits, method = given.get("quantization_bit"), given.get("quantization_method", "bnb")
    if bits is None:
        return
    if bits != 4 or method not in ("bnb", "bitsandbytes"):
        found.problems.append(
            Problem(
                f"quantization_bit is {bits}, with {method}.", "sqlwright trains on 4 bits of bitsandbytes: write 4."
            )
        )
    elif given.get("finetuning_type", "lora") not in ("lora", "qlora"):
        found.problems.append(
            Problem(f"quantization_bit needs finetuning_type: lora; found {given['finetuning_type']!r}.")
        )
    else:
        found.settings["finetuning_type"] = "qlora"
