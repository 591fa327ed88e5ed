"""Hints as the short lines that stand between the schema and the question."""

from __future__ import annotations

from ..core import Dialect, Hints
from .sanitize import quote_name, quote_value

MAX_COLUMNS = 8
MAX_VALUES = 6
MAX_VALUE_CHARS = 60


def render_hints(hints: Hints, dialect: Dialect) -> str:
    """Up to two lines, or "": the columns the question seems to name, and the stored values it seems to mention.

    Best first as `hints` has them; a value too long to quote whole is left out.
    """
    columns = [_dotted(n.table, n.column, dialect) for n in hints.names if n.column]
    values = []
    for match in hints.values:
        literal = quote_value(match.value, MAX_VALUE_CHARS)
        if literal:
            relation = "has the element" if match.element else "="
            values.append(f"{_dotted(match.table, match.column, dialect)} {relation} {literal}")
    lines = []
    if columns:
        lines.append("Columns that may matter: " + ", ".join(list(dict.fromkeys(columns))[:MAX_COLUMNS]))
    if values:
        lines.append("Stored values: " + ", ".join(list(dict.fromkeys(values))[:MAX_VALUES]))
    return "\n".join(lines)


def _dotted(table: str, column: str, dialect: Dialect) -> str:
    return ".".join(quote_name(p, dialect) for p in (*table.split("."), column))
