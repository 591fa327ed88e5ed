"""The sheets of an Excel workbook as CSV files: values only, as they were last saved; no formula is computed."""

from __future__ import annotations

import csv
import datetime as dt
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...core import UsageError

MAX_UNPACKED_BYTES = 500 << 20  # a workbook is a zip: what it says of its own size is checked before it is read
MAX_ROWS = 1_000_000


def sheets_to_csv(workbook: Path, folder: Path) -> None:
    """One file a sheet that has a header and a row under it. Raises UsageError for what is no workbook."""
    try:
        with zipfile.ZipFile(workbook) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as error:
        raise UsageError("it is not an Excel workbook.") from error
    if unpacked > MAX_UNPACKED_BYTES:
        raise UsageError(f"unpacked it has {unpacked >> 20} MB, and at most {MAX_UNPACKED_BYTES >> 20} MB are read.")
    from openpyxl import load_workbook

    try:
        book = load_workbook(workbook, read_only=True, data_only=True)
    except Exception as error:
        raise UsageError("it is not an Excel workbook, or it is damaged.") from error
    try:
        for sheet in book.worksheets:
            _write(sheet.iter_rows(values_only=True), folder / f"{_file_name(sheet.title)}.csv")
    finally:
        book.close()


def _write(rows: Iterable[tuple[Any, ...]], path: Path) -> None:
    """From the first row with a value on, which is the header; a sheet without a row under it is left out."""
    filled = (row for row in rows if any(cell is not None for cell in row))
    header = next(filled, None)
    first = next(filled, None)
    if header is None or first is None:
        return
    width = max(i for i, cell in enumerate(header) if cell is not None) + 1
    names = [str(cell) if cell is not None else f"column {i + 1}" for i, cell in enumerate(header[:width])]
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
    return "" if cell is None else cell


def _file_name(title: str) -> str:
    return re.sub(r"[^\w -]+", "_", title).strip() or "sheet"
