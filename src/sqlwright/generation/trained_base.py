"""The 4-bit base that a QLoRA adapter was trained on, as the run that made the adapter recorded it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..core import ConfigError

RUN = "run.json"  # written by `sqlwright train` beside the adapter
CHECKPOINT = "checkpoint-"  # prefix of a folder inside the run's


@dataclass(frozen=True, slots=True)
class TrainedBase:
    """`quantization` is one of hf_loading.QUANTIZATIONS, `dtype` one of hf_loading.DTYPES.

    `dtype` is what the weights had when they were quantized: the same weights in another number format give other
    4-bit codes. It is "" where the run did not record it.
    """

    quantization: str
    dtype: str = ""


def read_trained_base(adapter: Path) -> TrainedBase | None:
    """The base of the run that made `adapter` or, for a checkpoint, of the run whose folder it is in.

    None where there is no record, or where the base was not quantized. Raises ConfigError for a record that cannot be
    read: without it the adapter would be put onto weights that it was never trained on.
    """
    path = (adapter.parent if adapter.name.startswith(CHECKPOINT) else adapter) / RUN
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        config = record.get("config", {})
        if config.get("finetuning_type") != "qlora":
            return None
        double = "-double" if config["double_quantization"] else ""
        return TrainedBase(f"{config['quantization_type']}{double}", record.get("compute_dtype") or _flagged(config))
    except (ValueError, KeyError, AttributeError) as error:
        raise ConfigError(
            f"{str(path)!r} cannot be read: {error!r}.",
            "It says which 4-bit base the adapter was trained on. Restore it, or export from another copy.",
        ) from error


def _flagged(config: dict[str, object]) -> str:
    """What the settings alone say, for runs that did not record the number format itself."""
    return "bfloat16" if config.get("bf16") else "float16" if config.get("fp16") else ""
