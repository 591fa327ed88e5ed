"""The sheets of an Excel workbook as CSV files: values only, as they were last saved; no formula is computed."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ...core import UsageError
from .workbook import MAX_CELL_CHARS, MAX_CELLS, MAX_COLUMN, check_workbook, too_long_a_cell

MAX_ROWS = 1_000_000


def sheets_to_csv(workbook: Path, folder: Path) -> None:
    """One file a sheet that has a header and a row under it.

    Raises UsageError for what is no workbook, or goes beyond the limits of Excel or of this reader.
    """
    check_workbook(workbook)
    from openpyxl import load_workbook

    try:
        book = load_workbook(workbook, read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # what a sheet says of its size may be wrong, and openpyxl fills rows up to it
                write_sheet(bounded(sheet.iter_rows(values_only=True)), folder / f"{file_name(sheet.title)}.csv")
        finally:
            book.close()
    except UsageError:
        raise
    except Exception as error:  # openpyxl raises what it comes upon: KeyError, TypeError, IndexError ...
        raise UsageError("it is not an Excel workbook, or it is damaged.") from error


def bounded(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """`rows` up to MAX_CELLS places: each row is as long as its last cell is far to the right."""
    places = 0
    for row in rows:
        places += len(row)
        if len(row) > MAX_COLUMN:
            raise UsageError(f"a cell is in column {len(row):,}; Excel's last one is {MAX_COLUMN:,}.")
        if places > MAX_CELLS:
            raise UsageError(f"a sheet has over {MAX_CELLS:,} cells, empty ones between others included.")
        yield row


def write_sheet(rows: Iterable[tuple[Any, ...]], path: Path) -> None:
    """From the first row with a value on, which is the header; a sheet without a row under it is left out."""
    filled = (row for row in rows if any(cell is not None for cell in row))
    header = next(filled, None)
    first = next(filled, None)
    if header is None or first is None:
        return
    width = max(i for i, cell in enumerate(header) if cell is not None) + 1
    names = [str(_text(cell)) if cell is not None else f"column {i + 1}" for i, cell in enumerate(header[:width])]
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerow(_row(first, width))
        for count, row in enumerate(filled, 2):
            if count > MAX_ROWS:
                raise UsageError(f"a sheet has over {MAX_ROWS:,} rows.")
            writer.writerow(_row(row, width))


def _row(cells: tuple[Any, ...], width: int) -> list[Any]:
    texts = [_text(cell) for cell in cells[:width]]
    return texts + [""] * (width - len(texts))


def _text(cell: Any) -> Any:
    """A date without a time of day is a date: Excel has only the one kind."""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    if isinstance(cell, str) and len(cell) > MAX_CELL_CHARS:
        raise too_long_a_cell()
    return "" if cell is None else cell


def file_name(title: str) -> str:
    return re.sub(r"[^\w -]+", "_", title).strip() or "sheet"
