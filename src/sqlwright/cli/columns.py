"""Short tables of text for a terminal or a pipe."""

from ..core.text_table import aligned

__all__ = ["aligned"]
