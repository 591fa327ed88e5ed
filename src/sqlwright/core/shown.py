"""A value as a person wants to read it; files and JSON keep every digit."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .result import Value

NOISE_DIGITS = 12  # beyond these, sums of money show the error of the arithmetic: 303.9599999999999
ROUND_DIGITS = 9  # a number with so few digits, once rounded, was meant to have no more


def shown_float(value: float) -> str:
    """`value` without arithmetic noise: 303.9599999999999 is 303.96, and 0.1 + 0.2 is 0.3; 1 / 3 keeps 15 digits."""
    rounded = f"{value:.{NOISE_DIGITS}g}"
    digits = rounded.partition("e")[0].replace(".", "").strip("-0")
    return str(float(rounded if len(digits) <= ROUND_DIGITS else f"{value:.15g}"))


def shown_value(value: Value) -> str:
    """`value` for a person: a missing one is NULL, and floats have no noise."""
    if value is None:
        return "NULL"
    return shown_float(value) if isinstance(value, float) else exact_text(value)


def exact_text(value: Value) -> str:
    """Every digit; bytes as 0x..., arrays and objects as JSON. "" for a missing value."""
    from .result import to_json_value

    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (bytes, bytearray)):
        return f"0x{value.hex()}"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (list, dict)):
        return json.dumps(to_json_value(value), ensure_ascii=False)
    return str(value)


def on_one_line(text: str, max_chars: int) -> str:
    """At most `max_chars` printable characters on one line; a cut text ends in an ellipsis."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= max_chars else flat[: max_chars - 1].rstrip() + "…"
