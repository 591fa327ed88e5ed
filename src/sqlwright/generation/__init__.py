"""Models that write text: one protocol, several backends."""

from .generator import Completion, Generator, Sampling, SomeFailedError
from .load import load_generator
from .scripted import ScriptedGenerator

__all__ = ["Completion", "Generator", "Sampling", "ScriptedGenerator", "SomeFailedError", "load_generator"]
