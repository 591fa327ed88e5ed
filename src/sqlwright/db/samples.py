"""Sample values of columns, as a prompt shows them."""

from __future__ import annotations

from collections.abc import Sequence

SAMPLE_ROWS = 200  # rows read per table: bounded whatever the table's size
SAMPLE_CHARS = 60
SAMPLING_S = 10.0  # for all tables together: generated columns and foreign tables may be slow


def distinct_samples(rows: Sequence[Sequence[str | None]], width: int, count: int) -> list[tuple[str, ...]]:
    """Per column (`width` of them) the first `count` distinct values of `rows`, as text of one line.

    NULL and empty values are left out; a value longer than SAMPLE_CHARS ends in "…".
    """
    found: list[dict[str, None]] = [{} for _ in range(width)]
    for row in rows:
        for values, value in zip(found, row, strict=True):
            if value is not None and len(values) < count and (text := shorten(value)):
                values[text] = None
    return [tuple(values) for values in found]


def shorten(value: str) -> str:
    text = " ".join(value.split())
    return text if len(text) <= SAMPLE_CHARS else text[: SAMPLE_CHARS - 1] + "…"
