"""Data set formats to Examples, and back out."""

from .databases import DatabaseFolder
from .reading import read_dialogues, read_examples

__all__ = ["DatabaseFolder", "read_dialogues", "read_examples"]
