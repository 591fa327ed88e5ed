"""CSV that no spreadsheet runs as a formula, and tab-separated values."""

from __future__ import annotations

import re

from ..core import ResultTable, Value
from .text import as_text

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
EMPTY = '""'
_SPECIAL = re.compile(r'[",\r\n]')
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def as_csv(table: ResultTable, line_end: str = "\n") -> str:
    """A missing value is an empty cell, an empty text is "", as in PostgreSQL's COPY.

    Text that starts like a formula gets an apostrophe (OWASP, CSV injection).
    """
    lines = (",".join(_csv_cell(value) for value in row) for row in _rows(table))
    return "".join(f"{line or EMPTY}{line_end}" for line in lines)  # readers skip an empty line


def as_csv_for_excel(table: ResultTable) -> bytes:
    """With a byte order mark, without which Excel takes Chinese for Latin-1."""
    return as_csv(table, "\r\n").encode("utf-8-sig", "replace")


def has_formulas(table: ResultTable) -> bool:
    """Whether `as_csv` changes a value."""
    values = (value for row in table.rows for value in row)
    return any(isinstance(value, str) and value.startswith(FORMULA_STARTS) for value in (*table.columns, *values))


def as_tsv(table: ResultTable) -> str:
    r"""The text format of PostgreSQL's COPY: \N for NULL, and \t, \n, \r and \\ for what would break a line."""
    lines = ("\t".join("\\N" if v is None else as_text(v).translate(_ESCAPES) for v in r) for r in _rows(table))
    return "".join(f"{line}\n" for line in lines)


def _rows(table: ResultTable) -> tuple[tuple[Value, ...], ...]:
    return (table.columns, *table.rows)


def _csv_cell(value: Value) -> str:
    text = as_text(value)
    if not isinstance(value, str):
        return _quoted(text)
    return _quoted(f"'{text}" if text.startswith(FORMULA_STARTS) else text) or EMPTY


def _quoted(text: str) -> str:
    """In quotation marks where a reader needs them: also for a lone carriage return, which may end a line."""
    return '"{}"'.format(text.replace('"', '""')) if _SPECIAL.search(text) else text
