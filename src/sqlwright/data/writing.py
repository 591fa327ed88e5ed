"""Rows as JSON and JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..core import DataError, UsageError
from ..core.atomic import atomic_text


def write_rows(path: str | Path, rows: Iterable[Any]) -> int:
    """Write the rows atomically: one JSON array, a row a line, if `path` ends in .json, else JSON Lines. How many.

    Raises DataError if there is no row: an empty file would hide that nothing was read.
    """
    if Path(path).suffix not in (".json", ".jsonl"):
        raise UsageError(f"Cannot write {str(path)!r}: only .json and .jsonl files are written.")
    array = Path(path).suffix == ".json"
    count = 0
    with atomic_text(path) as stream:
        if array:
            stream.write("[")
        for count, row in enumerate(rows, 1):
            if array:
                stream.write(",\n" if count > 1 else "\n")
            stream.write(json.dumps(row, ensure_ascii=False))
            if not array:
                stream.write("\n")
        if array:
            stream.write("\n]\n")
        if not count:
            raise DataError(f"no row to write to {str(path)!r}")
    return count
