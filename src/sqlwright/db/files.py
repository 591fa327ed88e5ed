"""CSV, TSV, JSON lines and Parquet files as a DuckDB database: one table per file, named after it."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from ..core import DataError, NotFoundError, quote_identifier
from .child import run_in_child
from .csv_layout import layouts, misfit
from .decimal_comma import read_decimal_commas
from .engines.duckdb.engine import DuckdbEngine
from .engines.duckdb.locked import LOCKS, MEMORY_LIMIT
from .fetch import trim_error
from .file_keys import declare_keys
from .missing import read_missing

# sample_size=-1 looks at the whole file before it decides on types, so no later row can contradict them.
READERS = {
    ".csv": "read_csv(?, sample_size=-1, {layout})",
    ".tsv": "read_csv(?, sample_size=-1, {layout})",
    ".parquet": "read_parquet(?)",
    ".jsonl": "read_json(?, format='newline_delimited', sample_size=-1)",
    ".ndjson": "read_json(?, format='newline_delimited', sample_size=-1)",
}
TEXT = frozenset(READERS) - {".parquet"}
CSV = frozenset({".csv", ".tsv"})
CHUNK_BYTES = 1 << 20
ENCODINGS = ("utf-8-sig", "gb18030", "latin-1")  # tried in this order; the last one reads anything


class FilesEngine(DuckdbEngine):
    """Copies the files into a temporary DuckDB file and opens that as any other: read-only and locked.

    An in-memory database could not be read-only. Disk: about the size of the data as Parquet, until `close`.
    """

    def __init__(self, path: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sqlwright-", ignore_cleanup_errors=True)
        loaded = Path(self._folder.name) / "files.duckdb"
        try:
            run_in_child("load", table_names(data_files(path)), loaded)
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


def data_files(path: Path) -> list[Path]:
    """`path` itself, or the readable files directly in that folder, by name. Raises NotFoundError."""
    if path.is_file():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in READERS and file.is_file())
    if not found:
        raise NotFoundError(
            f"No table file in {str(path)!r}.", f"sqlwright reads files that end in {', '.join(READERS)}."
        )
    return found


def table_names(files: Iterable[Path]) -> dict[str, Path]:
    """The stem, kept as it is; the whole file name where two files differ by case or suffix only."""
    named: dict[str, Path] = {}
    taken: set[str] = set()
    for file in files:
        name = file.name if file.stem.lower() in taken else file.stem
        taken.add(name.lower())
        named[name] = file
    return named


def load(tables: dict[str, Path], database: Path) -> None:
    """Write `tables` into a new DuckDB file. Raises DataError."""
    config: dict[str, Any] = {
        "autoinstall_known_extensions": "false",
        "memory_limit": MEMORY_LIMIT,
        "threads": LOCKS["threads"],
    }
    with duckdb.connect(str(database), config=config) as connection:
        for name, file in tables.items():
            _load_one(connection, name, file)
        declare_keys(connection, list(tables))


def _load_one(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> None:
    try:
        delimiter = _create(connection, name, file)
        if file.suffix.lower() in TEXT:
            read_missing(connection, name)
        if delimiter not in ("", ","):
            read_decimal_commas(connection, name)
    except duckdb.Error as error:
        raise DataError(trim_error(str(error)), path=file) from error


def _create(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> str:
    """The delimiter that the file was read with, "" where it has none. Raises DataError and duckdb.Error."""
    if file.suffix.lower() not in TEXT or _is_utf8(file):
        return _create_from(connection, name, file)
    with tempfile.TemporaryDirectory() as folder:
        recoded = Path(folder) / f"recoded{file.suffix.lower()}"
        recoded.write_text(_decode(file.read_bytes()), encoding="utf-8", newline="")
        try:
            return _create_from(connection, name, recoded)
        except DataError as error:
            raise DataError(error.reason, path=file, line=error.line, hint=error.hint) from None


def _create_from(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> str:
    suffix = file.suffix.lower()
    create = f"CREATE TABLE {quote_identifier(name, 'duckdb', always=True)} AS SELECT * FROM "
    # A name is a pattern to DuckDB's readers: [ ] * ? stand for themselves only in a class of one.
    pattern = "".join(f"[{c}]" if c in "*?[" else c for c in str(file.resolve()))
    if suffix not in CSV:
        connection.execute(create + READERS[suffix], [pattern])
        return ""
    for layout in layouts(connection, file, pattern):
        # DuckDB refuses a file that is not cut evenly; only then the next layout is tried.
        with suppress(duckdb.InvalidInputException):
            connection.execute(create + READERS[suffix].format(layout=layout.options), [pattern])
            return layout.delimiter
    raise misfit(file, _decode(file.read_bytes()))


def _is_utf8(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as stream:
        try:
            while chunk := stream.read(CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _decode(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    for encoding in ENCODINGS:
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    raise AssertionError("latin-1 reads every byte")
