"""The error for SQL that the form cannot say."""

from __future__ import annotations

from ..core import SqlwrightError


class FormError(SqlwrightError):
    """The statement uses something the form has no word for; `cause` is a short stable name of it."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause
