"""A question to an Answer, and the log of both."""

from .ask import AskOptions, ask
from .audit import AuditLog, Entry, log_path, noted
from .stop import Stop, StoppedError

__all__ = ["AskOptions", "AuditLog", "Entry", "Stop", "StoppedError", "ask", "log_path", "noted"]
