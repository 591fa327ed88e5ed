"""CSV, TSV, JSON, Parquet, Excel and .ods files as a DuckDB database: one table per file or sheet, named after it."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from ...core import DataError, MissingExtraError, NotFoundError, quote_identifier
from ..child import run_in_child
from ..engines.duckdb.engine import DuckdbEngine
from ..engines.duckdb.locked import LOCKS, MEMORY_LIMIT
from ..fetch import trim_error
from .amounts import read_amounts
from .csv_layout import layouts, misfit
from .date_order import on_date_order
from .decimal_comma import read_decimal_commas
from .encoding import decoded, is_utf8
from .keys import declare_keys
from .null_values import read_missing
from .times_as_text import read_times
from .unpack import unpack_gzip, unpack_sheets

# sample_size=-1 looks at the whole file before it decides on types, so no later row can contradict them.
READERS = {
    ".csv": "read_csv(?, sample_size=-1, {layout})",
    ".tsv": "read_csv(?, sample_size=-1, {layout})",
    ".parquet": "read_parquet(?)",
    ".json": "read_json(?, sample_size=-1)",
    ".jsonl": "read_json(?, format='newline_delimited', sample_size=-1)",
    ".ndjson": "read_json(?, format='newline_delimited', sample_size=-1)",
}
TEXT = frozenset(READERS) - {".parquet"}
CSV = frozenset({".csv", ".tsv"})
EXCEL = frozenset({".xlsx", ".xlsm"})
WORKBOOKS = EXCEL | {".ods"}
GZIP = ".gz"  # behind the ending of a text format
SUFFIXES = (*READERS, *sorted(WORKBOOKS), *(f"{suffix}{GZIP}" for suffix in sorted(TEXT)))
MOST_NAMED = 8  # files that a remark names


class FilesEngine(DuckdbEngine):
    """Copies the files into a temporary DuckDB file and opens that as any other: read-only and locked.

    An in-memory database could not be read-only. Disk: about the size of the data as Parquet, until `close`.
    `remarks` are sentences on what was left out, and on how the files were read where that is not plain.
    """

    def __init__(self, path: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sqlwright-", ignore_cleanup_errors=True)
        loaded = Path(self._folder.name) / "files.duckdb"
        try:
            tables = table_names(data_files(path))
            if any(suffix_of(file) in EXCEL for file in tables.values()) and find_spec("openpyxl") is None:
                raise MissingExtraError("Excel files are read with openpyxl.", "excel")
            self.remarks: tuple[str, ...] = (*left_out(path), *run_in_child("load", tables, loaded))
            super().__init__(loaded, name=path.stem if path.is_file() else path.resolve().name)
            self.location = str(path.resolve())
        except BaseException:
            self._folder.cleanup()
            raise

    def again(self) -> DuckdbEngine:
        return DuckdbEngine(self.path, self.name)

    def close(self) -> None:
        super().close()
        self._folder.cleanup()


def suffix_of(file: Path) -> str:
    """The ending that says the format, in lower case: that before .gz for a packed text file."""
    suffix = file.suffix.lower()
    if suffix == GZIP and (inner := Path(file.stem).suffix.lower()) in TEXT:
        return inner
    return suffix


def is_data_file(file: Path) -> bool:
    return suffix_of(file) in READERS or suffix_of(file) in WORKBOOKS


def data_files(path: Path) -> list[Path]:
    """`path` itself, or the readable files directly in that folder, by name. Raises NotFoundError."""
    if path.is_file():
        return [path]
    found = sorted(file for file in path.iterdir() if is_data_file(file) and file.is_file())
    if not found:
        raise NotFoundError(
            f"No table file in {str(path)!r}.", f"sqlwright reads files that end in {', '.join(SUFFIXES)}."
        )
    return found


def left_out(path: Path) -> list[str]:
    """What of a folder is not read: other files, and folders. Hidden ones are not mentioned."""
    if path.is_file():
        return []
    others = sorted(
        f"{entry.name}/" if entry.is_dir() else entry.name
        for entry in path.iterdir()
        if not entry.name.startswith(".") and not (is_data_file(entry) and entry.is_file())
    )
    if not others:
        return []
    more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    return [f"left out: {', '.join(others[:MOST_NAMED])}{more}"]


def table_names(files: Iterable[Path]) -> dict[str, Path]:
    """The stem, kept as it is; the whole file name where two files differ by case or suffix only."""
    named: dict[str, Path] = {}
    taken: set[str] = set()
    for file in files:
        stem = Path(file.stem).stem if file.suffix.lower() == GZIP else file.stem
        name = file.name if stem.lower() in taken else stem
        taken.add(name.lower())
        named[name] = file
    return named


def load(tables: dict[str, Path], database: Path) -> list[str]:
    """Write `tables` into a new DuckDB file; returns remarks on how they were read. Raises DataError."""
    config: dict[str, Any] = {
        "autoinstall_known_extensions": "false",
        "memory_limit": MEMORY_LIMIT,
        "threads": LOCKS["threads"],
    }
    remarks: list[str] = []
    with (
        duckdb.connect(str(database), config=config) as connection,
        tempfile.TemporaryDirectory(dir=database.parent) as folder,
    ):
        named = [found for name, file in tables.items() for found in _unpacked(name, file, tables, Path(folder))]
        for name, plain, file in named:
            remarks += _load_one(connection, name, plain, file)
        declare_keys(connection, [name for name, _, _ in named])
    return remarks


def _unpacked(name: str, file: Path, tables: dict[str, Path], folder: Path) -> Iterator[tuple[str, Path, Path]]:
    """(table, file that DuckDB reads, the user's file) for each table of `file`. Raises DataError.

    A workbook with one sheet is one table. Of several sheets, each is a table of its name, behind the workbook's name
    where there are other files.
    """
    inside = folder / str(len(list(folder.iterdir())))
    if suffix_of(file) in WORKBOOKS:
        sheets = unpack_sheets(file, inside)
        for sheet, plain in sheets.items():
            yield (name if len(sheets) == 1 else sheet if len(tables) == 1 else f"{name} {sheet}", plain, file)
    elif file.suffix.lower() == GZIP:
        inside.mkdir()
        plain = inside / f"unpacked{suffix_of(file)}"
        unpack_gzip(file, plain)
        yield name, plain, file
    else:
        yield name, file, file


def _load_one(connection: duckdb.DuckDBPyConnection, name: str, plain: Path, file: Path) -> list[str]:
    """Remarks. `plain` is what is read of the user's `file`. Raises DataError that names `file`."""
    try:
        delimiter, remarks = _create(connection, name, plain)
        if plain.suffix.lower() in TEXT:
            read_missing(connection, name)
        if delimiter not in ("", ","):
            remarks += read_decimal_commas(connection, name)
        if delimiter:
            remarks += read_amounts(connection, name, decimal_comma=delimiter != ",")
    except DataError as error:
        raise DataError(error.reason, path=file, line=error.line, hint=error.hint) from None
    except duckdb.Error as error:
        raise DataError(trim_error(str(error)), path=file) from error
    return remarks


def _create(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> tuple[str, list[str]]:
    """The delimiter that the file was read with, "" where it has none; and remarks. Raises DataError, duckdb.Error."""
    if file.suffix.lower() not in TEXT or is_utf8(file):
        return _create_from(connection, name, file)
    with tempfile.TemporaryDirectory() as folder:
        recoded = Path(folder) / f"recoded{file.suffix.lower()}"
        text, remark = decoded(file.read_bytes())
        recoded.write_text(text, encoding="utf-8", newline="")
        delimiter, remarks = _create_from(connection, name, recoded)
        return delimiter, [f"{name}: {remark}", *remarks]


def _create_from(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> tuple[str, list[str]]:
    suffix = file.suffix.lower()
    create = f"CREATE TABLE {quote_identifier(name, 'duckdb', always=True)} AS SELECT * FROM "
    # A name is a pattern to DuckDB's readers: [ ] * ? stand for themselves only in a class of one.
    pattern = "".join(f"[{c}]" if c in "*?[" else c for c in str(file.resolve()))
    if suffix not in CSV:
        connection.execute(create + READERS[suffix], [pattern])
        return "", []
    for layout in layouts(connection, file, pattern):
        # DuckDB refuses a file that is not cut evenly; only then the next layout is tried.
        with suppress(duckdb.InvalidInputException):
            connection.execute(create + READERS[suffix].format(layout=layout.options), [pattern])
            read_times(connection, name)
            return layout.delimiter, _on_first_rows(connection, name, file, layout.delimiter)
    raise misfit(file, file.read_text(encoding="utf-8-sig", errors="replace"))


def _on_first_rows(connection: duckdb.DuckDBPyConnection, name: str, file: Path, delimiter: str) -> list[str]:
    """Names that stand twice in the header, columns without a name, which DuckDB names; and the order of dates."""
    rows = connection.execute(f"DESCRIBE {quote_identifier(name, 'duckdb', always=True)}").fetchall()
    columns = [str(row[0]) for row in rows]
    with file.open("rb") as stream:
        lines = csv.reader(io.StringIO(stream.read(1 << 16).decode("utf-8-sig", "replace")), delimiter=delimiter)
        fitting = [row for row in lines if len(row) == len(columns)] or [[]]
    header, *first = fitting
    if not any(h.strip() == c for h, c in zip(header, columns, strict=False)):
        return []  # the file has no header, or one that is not the first row
    dates = on_date_order(connection, name, first)
    remarks, seen = [], set[str]()
    for number, (written, column) in enumerate(zip(header, columns, strict=False), 1):
        if not written.strip():
            remarks.append(f"{name}: column {number} has no name and is called {column}")
        elif written.strip().casefold() in seen:
            remarks.append(f"{name}: two columns are called {written.strip()}; the one at place {number} is {column}")
        seen.add(written.strip().casefold())
    return remarks + dates
