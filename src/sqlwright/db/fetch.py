"""Rows into a ResultTable while the limits hold, so that no unbounded result is ever in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..core import QueryLimits, ResultTable, Value
from ..core.result import Truncation

MAX_ERROR_CHARS = 500
MEMORY_ERROR = "The query needs more memory than one query may use."


class RowTooLargeError(Exception):
    """Raised by an iterator of rows instead of reading a row that could not be kept anyway."""


def collect(columns: Sequence[str], rows: Iterable[Sequence[Value]], limits: QueryLimits) -> ResultTable:
    """`rows` until the first limit is reached; the rest is never asked for.

    A cell over `max_cell_bytes` is cut and marks the table, and so does a row that would not fit into
    `max_result_bytes`, which is left out with all that follow.
    """
    kept: list[tuple[Value, ...]] = []
    cut: Truncation | None = None
    room = limits.max_result_bytes
    for row in _readable(rows):
        if row is None:
            cut = "result_bytes"
            break
        if len(kept) >= limits.max_rows:
            cut = "rows"
            break
        size = sum(map(size_of, row))
        if size > limits.max_cell_bytes:  # only then can one cell be too large
            whole, row = row, [cut_value(value, limits.max_cell_bytes) for value in row]
            if any(old is not new for old, new in zip(whole, row, strict=True)):
                cut, size = "cell_bytes", sum(map(size_of, row))
        room -= size
        if room < 0:
            cut = "result_bytes"
            break
        kept.append(tuple(row))
    return ResultTable(tuple(columns), tuple(kept), cut)


def _readable(rows: Iterable[Sequence[Value]]) -> Iterator[Sequence[Value] | None]:
    """`rows`, and None in place of a row that is too large to read, which is the last one."""
    try:
        yield from rows
    except RowTooLargeError:
        yield None


def size_of(value: Value) -> int:
    """About how many bytes a value takes as text; numbers, dates and NULL count as 8."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, int):
        return 8 + value.bit_length() // 8
    if value is None or isinstance(value, float):
        return 8
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    if isinstance(value, list):
        return 8 + sum(map(size_of, value))
    if isinstance(value, dict):
        return 8 + sum(size_of(k) + size_of(v) for k, v in value.items())
    return 8


def cut_value(value: Value, max_bytes: int) -> Value:
    """`value`, or its first `max_bytes`; an array or object too large becomes the start of its text."""
    if size_of(value) <= max_bytes:
        return value
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:max_bytes])
    text = value if isinstance(value, str) else str(value)
    return text[:max_bytes].encode("utf-8", "surrogatepass")[:max_bytes].decode("utf-8", "ignore")


def trim_error(message: str) -> str:
    """The first lines of an engine's message on one line: long ones echo data back to whoever asked."""
    text = " ".join(message.split())
    return text if len(text) <= MAX_ERROR_CHARS else text[: MAX_ERROR_CHARS - 1] + "…"
