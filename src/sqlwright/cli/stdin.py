"""Text from the standard input, or from a file in its place."""

from __future__ import annotations

import sys
from pathlib import Path

from ..core import UsageError


def read_stdin() -> str:
    """All of it, as UTF-8 whatever the locale says; "" where it is a terminal. Raises UsageError for other bytes."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return _decoded(sys.stdin.buffer.read(), "The standard input")


def read_text(path: Path) -> str:
    """All of a UTF-8 file, or the standard input for -. Raises UsageError."""
    if str(path) == "-":
        return read_stdin()
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {str(path)!r}: {error.strerror}.") from None
    return _decoded(raw, repr(str(path)))


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{name} is not UTF-8: line {line} has the byte 0x{raw[error.start]:02x}.",
            "Convert it first, for example with: iconv -f LATIN1 -t UTF-8",
        ) from None
