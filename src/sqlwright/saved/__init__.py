"""Saved questions: a query with parameters under a name, and what it expects of the schema."""

from .expect import ChangedSchemaError, ReadTable, differences, reads_of
from .question import SavedQuestion, run_saved, save_question
from .store import read_all, read_saved, remove_saved, saved_folder, write_saved
from .template import Param, filled, templated

__all__ = [
    "ChangedSchemaError",
    "Param",
    "ReadTable",
    "SavedQuestion",
    "differences",
    "filled",
    "read_all",
    "read_saved",
    "reads_of",
    "remove_saved",
    "run_saved",
    "save_question",
    "saved_folder",
    "templated",
    "write_saved",
]
