"""A value as exact text, for files and pipes."""

from ..core.shown import exact_text as as_text
from ..core.text_table import NUMBERS

__all__ = ["NUMBERS", "as_text"]
