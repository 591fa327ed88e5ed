"""Data set formats to Examples, and back out."""

from .convert import convert_examples, write_dataset_info
from .databases import DatabaseFolder
from .inspect import Inspection, InspectOptions, Leak, inspect_examples, inspect_files
from .prompting import Context, Contexts, PromptOptions, prompt_for
from .reading import group_dialogues, read_dialogues, read_examples
from .schemas import read_schemas
from .split import parse_ratio, plan_sample, plan_split, split_examples
from .writing import write_rows

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
