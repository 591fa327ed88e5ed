"""Load a local language model: device and dtype, download, quantization, PEFT adapter."""

from __future__ import annotations

import json
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import is_flash_attn_2_available  # type: ignore[attr-defined]
from transformers.utils.logging import disable_progress_bar

from ..core import GenerationError, MissingExtraError, NotFoundError, UsageError
from .find import is_gguf, own_model
from .pull import PULLABLE
from .rope import Scaling

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
QUANTIZATIONS = ("nf4", "nf4-double", "fp4", "fp4-double")  # of a base: QLoRA, https://arxiv.org/abs/2305.14314


def best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        return "xpu"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def device_map_of(device: str) -> str:
    """What transformers is given: "auto" spreads the layers over all GPUs, also where `device` is cuda and has several.

    A model that the GPUs cannot hold is then in part in memory, and slow.
    """
    return "auto" if device == "auto" or (device == "cuda" and torch.cuda.device_count() > 1) else device


def best_dtype(device: str) -> torch.dtype:
    """The fastest dtype the device computes well: float16 on a CPU is a hundred times slower than float32."""
    device = best_device() if device == "auto" else device
    kind = device.partition(":")[0]
    if kind == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    if kind == "xpu":
        return torch.bfloat16
    if kind == "mps":
        return torch.float16
    has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)
    return torch.bfloat16 if has_bf16() else torch.float32


def local_folder(source: str) -> Path:
    """`source` itself, the folder made from a GGUF file, or the snapshot of a hub model, both made on first use.

    Raises NotFoundError, and what reading a GGUF file raises.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        return path
    if is_gguf(source):
        from .gguf_folder import folder_of

        return folder_of(path)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = ["*.json", "*.jinja", "*.txt", "*.model", "*.py", "*.safetensors"]
    doubled = ["original/*", "onnx/*", "consolidated*"]  # the same weights in other forms
    try:
        return Path(snapshot_download(source, allow_patterns=wanted, ignore_patterns=doubled))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise NotFoundError(
            f"No model {source!r}: neither a folder, nor in the cache, nor to be had from the Hugging Face hub.",
            f"{type(error).__name__}. A gated model needs HF_TOKEN; offline, name a local folder.",
        ) from error


def base_of(adapter: Path) -> Path:
    """The folder of the base model that an adapter names: a path, also relative to the adapter, one of the user's own
    models, or a hub model. Raises NotFoundError.
    """
    base = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8")).get("base_model_name_or_path")
    if not base:
        raise NotFoundError(f"{str(adapter)!r} names no base model.", "Pass the base with -m and this with --adapter.")
    found = next((p for p in (Path(base), adapter / base, own_model(base)) if p and p.is_dir()), None)
    if found is None and base in PULLABLE:
        raise NotFoundError(f"{str(adapter)!r} needs the model {base!r}.", f"Run: sqlwright models pull {base}")
    return found or local_folder(base)


def stored_dtype(folder: Path) -> torch.dtype | None:
    """What a model's config says its weights are stored in."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    named = config.get("dtype") or config.get("torch_dtype") or (config.get("text_config") or {}).get("dtype")
    return DTYPES.get(str(named))


def load_model(
    folder: Path,
    device: str,
    dtype: str | None,
    quantization: str | None,
    base_dtype: str | None,
    trust_remote_code: bool,
    scaling: Scaling | None = None,
) -> Any:
    """The model in `dtype`. A base in 4 bits is quantized from `base_dtype`, by default from what it is stored in.

    `device` is "auto" for a model whose layers are spread over all GPUs.
    `scaling` is that of the positions, of an adapter that was tuned with it.
    """
    for name in (dtype, base_dtype):
        if name and name not in DTYPES:
            raise UsageError(f"No dtype {name!r}.", f"Known: {', '.join(DTYPES)}.")
    chosen = DTYPES[dtype] if dtype else best_dtype(device)
    loaded = (DTYPES[base_dtype] if base_dtype else stored_dtype(folder) or chosen) if quantization else chosen
    kind = best_device() if device == "auto" else device
    if kind == "cpu" and chosen == torch.float16:
        raise UsageError("float16 on a CPU is a hundred times slower than float32.", "Use bfloat16 or float32.")
    if not sys.stderr.isatty():
        disable_progress_bar()  # type: ignore[no-untyped-call]
    flash = kind.startswith("cuda") and chosen != torch.float32 and is_flash_attn_2_available()
    given: dict[str, Any] = {"quantization_config": _quantized(quantization, chosen)} if quantization else {}
    if scaling:
        given["config"] = AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code)
        scaling.apply(given["config"])
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            **given,
            dtype=loaded,
            device_map=device_map_of(device),
            attn_implementation="flash_attention_2" if flash else None,  # None: sdpa where the architecture has it
            trust_remote_code=trust_remote_code,
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise GenerationError(f"{str(folder)!r} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
    if loaded != chosen:
        _cast(model, loaded, chosen)
    compute_in(model, chosen)
    return model


def _cast(model: Any, before: torch.dtype, after: torch.dtype) -> None:
    """Cast the weights beside the 4-bit ones, which transformers refuses to do for a quantized model."""
    for parameter in model.parameters():
        if parameter.dtype == before:  # 4-bit weights are stored as uint8
            parameter.data = parameter.data.to(after)


def _quantized(quantization: str, compute_dtype: torch.dtype) -> Any:
    if quantization not in QUANTIZATIONS:
        raise UsageError(f"No quantization {quantization!r}.", f"Known: {', '.join(QUANTIZATIONS)}.")
    if find_spec("bitsandbytes") is None:
        raise MissingExtraError("A base in 4 bits needs bitsandbytes.", "qlora")
    from transformers import BitsAndBytesConfig

    kind, _, double = quantization.partition("-")
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type=kind,
        bnb_4bit_use_double_quant=bool(double),
        bnb_4bit_compute_dtype=compute_dtype,
    )


def compute_in(model: Any, dtype: torch.dtype) -> None:
    """A base in 4 bits names a dtype of its own to compute in and to dequantize to; the caller's choice wins."""
    for module in model.modules():
        if hasattr(module, "compute_dtype") and hasattr(module, "quant_state"):
            module.compute_dtype = dtype
            module.weight.quant_state.dtype = dtype
            module.support_avx512bf16_for_cpu = False  # its repacked weights round to bfloat16


def with_adapter(model: Any, adapter: str, vocabulary: int) -> Any:
    """`model` with the PEFT adapter beside its weights. Raises GenerationError where the two do not fit."""
    try:
        from peft import PeftModel
    except ImportError as error:
        raise MissingExtraError("An adapter needs peft.", "train") from error
    if vocabulary > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(vocabulary)  # the adapter was tuned with tokens of its own
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft's own use of a renamed flag
            return PeftModel.from_pretrained(model, local_folder(adapter))
    except (RuntimeError, ValueError) as error:
        raise GenerationError(
            f"The adapter {adapter!r} does not fit its base: {' '.join(str(error).split())[:300]}"
        ) from error
