"""Data set formats to Examples, and back out."""

from .databases import DatabaseFolder
from .reading import group_dialogues, read_dialogues, read_examples
from .schemas import read_schemas

__all__ = ["DatabaseFolder", "group_dialogues", "read_dialogues", "read_examples", "read_schemas"]
