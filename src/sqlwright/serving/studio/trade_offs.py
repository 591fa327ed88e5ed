"""The groups of a training form, and what each setting trades for what, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".yaml")
TITLE = "title"
STAGE = "stage"  # the group of settings that no other group has

# Shown at first; the others wait behind "more settings" unless they differ from their default.
COMMON = frozenset(
    "output_dir model_name_or_path dataset eval_dataset databases finetuning_type lora_rank learning_rate "
    "num_train_epochs max_steps per_device_train_batch_size cutoff_len schema_style samples eval_steps compare_base "
    "architecture vocabulary batch_size products".split()
)


@cache
def groups() -> Mapping[str, tuple[str, str]]:
    """Group -> its title in English and in Chinese, in the order of the form."""
    return {name: (entry[TITLE][0], entry[TITLE][1]) for name, entry in _read().items()}


@cache
def trade_offs() -> Mapping[str, tuple[str, str, str]]:
    """Setting -> its group, and a sentence in English and in Chinese."""
    return {
        key: (group, texts[0], texts[1])
        for group, entry in _read().items()
        for key, texts in entry.items()
        if key != TITLE
    }


@cache
def _read() -> dict[str, dict[str, list[str]]]:
    import yaml

    found: dict[str, dict[str, list[str]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found
