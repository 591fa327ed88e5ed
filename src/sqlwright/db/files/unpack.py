"""Files packed with gzip, and the sheets of workbooks, as files that DuckDB reads."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from ...core import DataError, UsageError

MAX_UNPACKED_BYTES = 4 << 30  # a packed file of a megabyte can hold a gigabyte
CHUNK_BYTES = 1 << 20


def unpack_gzip(file: Path, unpacked: Path) -> None:
    """Raises DataError for a file that is damaged, is not gzip, or is larger than MAX_UNPACKED_BYTES."""
    written = 0
    try:
        with gzip.open(file) as source, unpacked.open("wb") as target:
            while chunk := source.read(CHUNK_BYTES):
                written += len(chunk)
                if written > MAX_UNPACKED_BYTES:
                    raise DataError(f"unpacked it has over {MAX_UNPACKED_BYTES >> 30} GB", path=file)
                target.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError("not a gzip file, or a damaged one", path=file) from error
    if not written:
        raise DataError("not a gzip file with anything in it", path=file)


def unpack_sheets(workbook: Path, folder: Path) -> dict[str, Path]:
    """A CSV file for each sheet that has a header and a row, by the sheet's name. Raises DataError."""
    from .excel import sheets_to_csv
    from .ods import ods_to_csv

    folder.mkdir()
    try:
        (ods_to_csv if workbook.suffix.lower() == ".ods" else sheets_to_csv)(workbook, folder)
    except UsageError as error:
        raise DataError(error.message, path=workbook) from error
    sheets = {file.stem: file for file in sorted(folder.glob("*.csv"))}
    if not sheets:
        raise DataError("no sheet has a header and a row under it", path=workbook)
    return sheets
