"""The meanings of a database: the file meaning.yaml, files of other semantic layers, and matching with questions."""

from .apply import with_meaning
from .kept import FILE, kept_meaning, meaning_path
from .match import match_meaning
from .read import meaning_from, read_meaning
from .write import meaning_yaml

__all__ = [
    "FILE",
    "kept_meaning",
    "match_meaning",
    "meaning_from",
    "meaning_path",
    "meaning_yaml",
    "read_meaning",
    "with_meaning",
]
