"""A question to an Answer, what a person says of it, and the log of both."""

from .ask import AskOptions, ask
from .audit import AuditLog, Entry, log_path, noted
from .changes import Change, changes
from .chart import Chart, chart_for
from .feedback import ChangedResultError, confirm, correct
from .stop import Stop, StoppedError

__all__ = [
    "AskOptions",
    "AuditLog",
    "Change",
    "ChangedResultError",
    "Chart",
    "Entry",
    "Stop",
    "StoppedError",
    "ask",
    "changes",
    "chart_for",
    "confirm",
    "correct",
    "log_path",
    "noted",
]
