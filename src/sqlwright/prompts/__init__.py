"""Values to text."""

from .prompt import Prompt

__all__ = ["Prompt"]
