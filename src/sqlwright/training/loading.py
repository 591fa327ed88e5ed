"""From a configuration to a tokenizer and a model that is ready to be trained."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BitsAndBytesConfig,
)
from transformers.utils.logging import disable_progress_bar

from ..core import ConfigError, MissingExtraError, NotFoundError, UsageError, closest
from ..generation.find import is_gguf, own_model
from ..generation.hf_loading import base_of, best_device, best_dtype, local_folder
from ..generation.rope import Scaling, read_scaling
from .settings.language_model import LanguageModelConfig

# On a CPU bitsandbytes warns at its import that an optional, faster kernel is missing.
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)


def load_tokenizer(config: LanguageModelConfig) -> Any:
    """Raises NotFoundError where there is none to be had, ConfigError for one that tells no character offsets."""
    tokenizer = _from_pretrained(AutoTokenizer, config)
    if not tokenizer.is_fast:
        raise ConfigError(
            f"The tokenizer of {config.model_name_or_path!r} has no tokenizer.json, which says where tokens stand.",
            "Save it with a current transformers, which converts it.",
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token  # masked and never trained, so any token will do
    return tokenizer


def load_architecture(config: LanguageModelConfig) -> Any:
    """The model's configuration alone, without weights."""
    start = start_adapter(config)
    found = _from_pretrained(AutoConfig, config, str(base_of(start)) if start else None)
    if scaling := scaling_of(config):
        scaling.apply(found)
    return found


def _from_pretrained(kind: Any, config: LanguageModelConfig, source: str | None = None) -> Any:
    name = config.model_name_or_path
    try:
        return kind.from_pretrained(source or source_of(config), trust_remote_code=config.trust_remote_code)
    except (OSError, ValueError) as error:
        raise NotFoundError(
            f"No model {name!r}: neither a folder, nor in the cache, nor to be had from the Hugging Face hub.",
            "A gated model needs HF_TOKEN; offline, write model_name_or_path=FOLDER.",
        ) from error


def source_of(config: LanguageModelConfig) -> str:
    """The folder that `model_name_or_path` means, as -m reads it, or the hub name that it is."""
    name = config.model_name_or_path
    if is_gguf(name):
        return str(local_folder(name))
    return next((str(p) for p in (Path(name).expanduser(), own_model(name)) if p and p.is_dir()), name)


def start_adapter(config: LanguageModelConfig) -> Path | None:
    """The folder of the adapter that `model_name_or_path` names; None where it names a whole model."""
    folder = Path(source_of(config))
    return folder if (folder / "adapter_config.json").is_file() else None


def scaling_of(config: LanguageModelConfig) -> Scaling | None:
    """What is asked for, else what the adapter that is tuned on was tuned with. Raises ConfigError for both at once."""
    start = start_adapter(config)
    own, asked = read_scaling(start) if start else None, config.scaling()
    if own and asked and own != asked:
        said = f"rope_scaling: {own.type}, rope_factor: {own.factor:g}"
        raise ConfigError(f"The adapter was tuned with {said}.", "Take out rope_scaling.")
    return asked or own


def compute_dtype(config: LanguageModelConfig, device: str | None = None) -> torch.dtype:
    """As the configuration says, else what the device does well; a CPU trains in float32 unless told otherwise."""
    device = device or best_device()
    if config.bf16:
        return torch.bfloat16
    if config.fp16:
        if device == "cpu":
            raise UsageError("float16 on a CPU is a hundred times slower than float32.", "Take out fp16.")
        return torch.float16
    return torch.float32 if device == "cpu" else best_dtype(device)


def load_model(config: LanguageModelConfig) -> Any:
    """The base model with what is to be trained in it, on the CPU or, quantised, where it has to be.

    Full tuning keeps float32 weights, which a step is added to; with an adapter the frozen ones take the compute
    dtype. With `device_map` transformers puts each layer on one of the GPUs. Raises NotFoundError, ConfigError,
    MissingExtraError for qlora without bitsandbytes, and UsageError for a model that the GPUs together cannot hold.
    """
    dtype = compute_dtype(config)
    full = config.finetuning_type == "full"
    settings: dict[str, Any] = {
        "dtype": torch.float32 if full else dtype,
        "trust_remote_code": config.trust_remote_code,
    }
    if config.attention != "auto":
        settings["attn_implementation"] = config.attention
    if config.device_map:
        settings["device_map"] = config.device_map
    if config.finetuning_type == "qlora":
        settings |= _quantised(config, dtype)
    if not sys.stderr.isatty():
        disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.manual_seed(config.seed)
    start = start_adapter(config)
    _check_start(config, start)
    if scaling_of(config):
        settings["config"] = load_architecture(config)
    kind = AutoModelForCausalLM if config.task == "CAUSAL_LM" else AutoModelForSequenceClassification
    if config.task == "SEQ_CLS" and "config" in settings:
        settings["config"].num_labels = 1
    elif config.task == "SEQ_CLS":
        settings["num_labels"] = 1
    try:
        model = kind.from_pretrained(str(base_of(start)) if start else source_of(config), **settings)
    except (OSError, ValueError) as error:
        raise NotFoundError(
            f"{config.model_name_or_path!r} cannot be loaded: {' '.join(str(error).split())[:300]}"
        ) from error
    refuse_offloaded(model)
    protect_gradients(model)
    model.config.use_cache = False
    return model if full else with_adapter(model, config)


def _check_start(config: LanguageModelConfig, start: Path | None) -> None:
    """Raises ConfigError where an adapter cannot be tuned on as the settings say."""
    if start is None:
        return
    name = config.model_name_or_path
    if config.task != "CAUSAL_LM" or config.finetuning_type == "full":
        what = "a reward model" if config.task != "CAUSAL_LM" else "finetuning_type: full"
        raise ConfigError(f"{name!r} is an adapter, and {what} begins with a whole model.", "Name its base, or export.")
    own = json.loads((start / "adapter_config.json").read_text(encoding="utf-8"))
    for key, value in (("lora_rank", own.get("r")), ("lora_alpha", own.get("lora_alpha"))):
        default = type(config).model_fields[key].get_default()
        if getattr(config, key) not in (value, default):
            raise ConfigError(f"{key} is {getattr(config, key)}; the adapter has {value}.", "Take it out.")


def _quantised(config: LanguageModelConfig, dtype: torch.dtype) -> dict[str, Any]:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("qlora needs bitsandbytes.", "qlora") from error
    quantisation = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type=config.quantization_type,
        bnb_4bit_use_double_quant=config.double_quantization,
        bnb_4bit_compute_dtype=dtype,
    )
    if config.device_map:
        return {"quantization_config": quantisation}
    device = best_device()
    if device == "cuda":
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    return {"quantization_config": quantisation, "device_map": {"": device}}


def refuse_offloaded(model: Any) -> None:
    """Raises UsageError where layers are in memory or on the disk because the GPUs are full.

    Their weights are on a GPU only while their forward pass runs, and a backward pass needs them again.
    """
    placed = {name: str(device) for name, device in (getattr(model, "hf_device_map", None) or {}).items()}
    places = set(placed.values())
    left = [name for name, device in placed.items() if device == "disk" or (device == "cpu" and len(places) > 1)]
    if left:
        raise UsageError(
            f"The model does not fit into the devices of this machine: {len(left)} of its {len(placed)} parts are left "
            f"over ({', '.join(left[:3])}).",
            "Write `finetuning_type: qlora`, or train with deepspeed and offload_param.",
        )


def protect_gradients(model: Any) -> None:
    """Keep 4-bit layers differentiable on CPUs with avx512_bf16.

    There the first forward pass of an evaluation repacks the weights, and from then on a kernel without a backward
    pass is used: the gradient through the layer is dropped, with no more than a warning (bitsandbytes 0.50).
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def with_adapter(model: Any, config: LanguageModelConfig) -> Any:
    """`model`, frozen, with the LoRA layers that `config` asks for."""
    from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training

    target = "all-linear" if config.lora_target == ("all-linear",) else list(config.lora_target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft's own use of renamed flags
        if config.finetuning_type == "qlora":
            model = prepare_model_for_kbit_training(  # type: ignore[no-untyped-call]
                model, use_gradient_checkpointing=False
            )
        torch.manual_seed(config.seed)
        if start := start_adapter(config):
            adapted: Any = PeftModel.from_pretrained(model, str(start), is_trainable=True)
            adapted.began_with_adapter = True
            return _ready(adapted, config)
        lora = LoraConfig(
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            target_modules=target,
            modules_to_save=list(config.additional_target) or None,
            ensure_weight_tying=_trains_tied(model, config),
            use_dora=config.use_dora,
            use_rslora=config.use_rslora,
            task_type=config.task,
        )
        try:
            adapted = get_peft_model(model, lora)
        except ValueError as error:  # NoMatchingPeftModuleError is one
            raise ConfigError(
                f"LoRA cannot be put on this model: {' '.join(str(error).split())[:200]}", _linear(model)
            ) from error
    _refuse_missing(adapted, config)
    folder = Path(source_of(config))
    if folder.is_dir():  # found again from whichever folder the model is asked in
        named = config.model_name_or_path
        is_own = own_model(named) == folder
        adapted.peft_config["default"].base_model_name_or_path = named if is_own else str(folder.resolve())
    return _ready(adapted, config)


def _ready(adapted: Any, config: LanguageModelConfig) -> Any:
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()  # what a step is added to; PEFT does so for its own layers alone
    if config.gradient_checkpointing:
        adapted.enable_input_require_grads()
    return adapted


def _trains_tied(model: Any, config: LanguageModelConfig) -> bool:
    """Whether embedding and output are one tensor that is to be trained, and has to stay one."""
    output = model.get_output_embeddings()
    tied = output is not None and output.weight is model.get_input_embeddings().weight
    return bool(tied and config.additional_target)


def _linear(model: Any) -> str:
    names = sorted({name.rpartition(".")[2] for name, m in model.named_modules() if "Linear" in type(m).__name__})
    return f"Its linear layers are {', '.join(names)}; `lora_target: [all-linear]` takes all of the blocks."


def _refuse_missing(adapted: Any, config: LanguageModelConfig) -> None:
    """PEFT skips a name that the model does not have, without a word."""
    trained = {name for name, p in adapted.named_parameters() if p.requires_grad}
    for wanted in config.additional_target:
        if not any(f".{wanted}." in f".{name}" for name in trained):
            names = sorted({name.rpartition(".")[2] for name, _ in adapted.base_model.model.named_modules()})
            raise ConfigError(
                f"additional_target names {wanted!r}, which the model lacks.", closest(wanted, filter(None, names))
            )
