"""An adapter merged into its base: one set of weights that computes what the two computed together.

An adapter that was trained on a base in 4 bits has learned to correct that base, rounding errors included. What it was
trained to be is therefore dequantize(base) + delta, and that sum is what is merged here, in float32. Merging onto the
full-precision base gives another model, one that was never trained; merging in 4 bits, as PEFT does on a quantized
layer, rounds the sum to 4 bits again.
"""

from __future__ import annotations

import gc
import warnings
from typing import Any

import torch
from peft import PeftModel

from ...core import GenerationError
from ...generation.hf_loading import with_adapter

FLOATS = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


def merge_adapter(model: Any, adapter: str | None, vocabulary: int) -> Any:
    """`model`, which is used up, as a plain transformers model in float32 without adapter and quantization.

    LoRA with its variants (rsLoRA, DoRA), and whatever else PEFT can merge. `vocabulary` is the tokenizer's length.
    Raises GenerationError where the adapter cannot be merged or the sum is not a number.
    """
    if is_quantized(model):
        base = model.unload() if isinstance(model, PeftModel) else model
        model = base.dequantize(dtype=torch.float32)  # by default the config's dtype, which would round
        del base
        gc.collect()
        model = model.float()
        model = with_adapter(model, adapter, vocabulary) if adapter else model
    if isinstance(model, PeftModel):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # peft's own use of a renamed flag
                model = model.merge_and_unload(safe_merge=True)
        except (ValueError, NotImplementedError, AttributeError) as error:
            raise GenerationError(f"The adapter cannot be merged: {' '.join(str(error).split())[:300]}") from error
    _refuse_quantized(model)
    return model.float().eval()


def is_quantized(model: Any) -> bool:
    return getattr(model, "quantization_method", None) is not None or bool(getattr(model, "is_quantized", False))


def represents(model: Any, dtype: torch.dtype) -> bool:
    """Whether every weight stays the same in `dtype`."""
    return all(torch.equal(p, p.to(dtype).to(p.dtype)) for p in model.parameters())


def _refuse_quantized(model: Any) -> None:
    odd = next((name for name, p in model.named_parameters() if p.dtype not in FLOATS), None)
    if odd:
        raise GenerationError(
            f"The weights {odd!r} are quantized in a way that cannot be undone here.",
            "Export the model from its full-precision or bitsandbytes form.",
        )
