"""Columns of text in a fixed-width font."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from .shown import on_one_line, shown_value

if TYPE_CHECKING:
    from .result import ResultTable

# Types of columns, see ResultTable.column_types, whose values are aligned to the right.
NUMBERS = frozenset({"integer", "real", "decimal", "interval"})
SHOWN_ROWS = 20
CELL_CHARS = 60


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int | Collection[int] = 1) -> str:
    """Columns under `head`, two spaces apart. `left` columns are aligned to the left: the first ones, or by index."""
    to_left = range(left) if isinstance(left, int) else left
    lines = [head, *rows]
    widths = [max(width(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            text + " " * (most - width(text)) if i in to_left else " " * (most - width(text)) + text
            for i, (text, most) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def table_text(table: ResultTable) -> str:
    """The first rows of a result and the number of all, for `print`: nothing in a cell can drive a terminal."""
    head = [on_one_line(name, CELL_CHARS) for name in table.columns]
    rows = [[on_one_line(shown_value(cell), CELL_CHARS) for cell in row] for row in table.rows[:SHOWN_ROWS]]
    left = [i for i, kind in enumerate(table.column_types()) if kind not in NUMBERS]
    count = f"{len(table.rows):,} row{'' if len(table.rows) == 1 else 's'}"
    if len(table.rows) > SHOWN_ROWS:
        count += f", the first {SHOWN_ROWS} shown"
    if table.truncated:
        count += ", cut at a limit"
    return f"{aligned(head, rows, left=left)}\n{count}"


def width(text: str) -> int:
    """Cells on a terminal: a Chinese character takes two, a combining mark none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
