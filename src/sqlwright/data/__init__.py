"""Data set formats to Examples, and back out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .convert import convert_examples, write_dataset_info
    from .databases import DatabaseFolder
    from .inspect import Inspection, InspectOptions, Leak, inspect_examples, inspect_files
    from .prompting import Context, Contexts, PromptOptions, prompt_for
    from .reading import group_dialogues, read_dialogues, read_examples
    from .schemas import read_schemas
    from .split import parse_ratio, plan_sample, plan_split, split_examples
    from .writing import write_rows

# Imported when first used: asking needs `prompting` alone, and the others take longer to import than a query to run.
_HOME = {
    "Context": "prompting",
    "Contexts": "prompting",
    "DatabaseFolder": "databases",
    "InspectOptions": "inspect",
    "Inspection": "inspect",
    "Leak": "inspect",
    "PromptOptions": "prompting",
    "convert_examples": "convert",
    "group_dialogues": "reading",
    "inspect_examples": "inspect",
    "inspect_files": "inspect",
    "parse_ratio": "split",
    "plan_sample": "split",
    "plan_split": "split",
    "prompt_for": "prompting",
    "read_dialogues": "reading",
    "read_examples": "reading",
    "read_schemas": "schemas",
    "split_examples": "split",
    "write_dataset_info": "convert",
    "write_rows": "writing",
}
__all__ = [
    "Context",
    "Contexts",
    "DatabaseFolder",
    "InspectOptions",
    "Inspection",
    "Leak",
    "PromptOptions",
    "convert_examples",
    "group_dialogues",
    "inspect_examples",
    "inspect_files",
    "parse_ratio",
    "plan_sample",
    "plan_split",
    "prompt_for",
    "read_dialogues",
    "read_examples",
    "read_schemas",
    "split_examples",
    "write_dataset_info",
    "write_rows",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sqlwright.data' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __package__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
