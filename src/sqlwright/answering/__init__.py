"""A question to an Answer."""

from .ask import AskOptions, ask

__all__ = ["AskOptions", "ask"]
