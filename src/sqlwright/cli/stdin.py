"""Text from the standard input."""

from __future__ import annotations

import sys

from ..core import UsageError


def read_stdin() -> str:
    """All of it, as UTF-8 whatever the locale says; "" where it is a terminal. Raises UsageError for other bytes."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    raw = sys.stdin.buffer.read()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"The standard input is not UTF-8: line {line} has the byte 0x{raw[error.start]:02x}.",
            "Convert it first, for example with: iconv -f LATIN1 -t UTF-8",
        ) from None
