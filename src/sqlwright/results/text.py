"""A value as exact text, for files and pipes."""

from __future__ import annotations

import datetime as dt
import json

from ..core import Value, to_json_value

# Types of columns, see ResultTable.column_types, whose values are set to the right.
NUMBERS = frozenset({"integer", "real", "decimal", "interval"})


def as_text(value: Value) -> str:
    """Every digit; bytes as 0x..., arrays and objects as JSON. "" for a missing value."""
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
