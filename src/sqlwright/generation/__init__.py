"""Models that write text: one protocol, several backends."""

from .generator import Completion, Generator, PromptError, Sampling, SomeFailedError
from .load import load_generator
from .scripted import ScriptedGenerator

__all__ = [
    "Completion",
    "Generator",
    "PromptError",
    "Sampling",
    "ScriptedGenerator",
    "SomeFailedError",
    "load_generator",
]
