"""A question to an Answer, what a person says of it, and the log of both."""

from .ask import AskOptions, ask
from .audit import AuditLog, Entry, log_path, noted
from .cancellation import Stop, StoppedError
from .feedback import ChangedResultError, confirm, correct

__all__ = [
    "AskOptions",
    "AuditLog",
    "ChangedResultError",
    "Entry",
    "Stop",
    "StoppedError",
    "ask",
    "confirm",
    "correct",
    "log_path",
    "noted",
]
