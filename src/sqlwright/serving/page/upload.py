"""A file that a person uploads, as a database of their own: checked, copied, opened read-only."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Collection
from pathlib import Path

from ...core import ConnectError, DataError, SqlwrightError, UsageError
from ...core.phrase import phrase
from ...db import open_database
from ...db.files.excel import sheets_to_csv
from ...db.files.ods import ods_to_csv
from ...generation import Generator
from ..connection import Connection
from .sessions import Visitor

MAX_BYTES = 100 << 20
MAX_FILES = 5  # of one visitor at a time
TABLE_FILES = frozenset({".csv", ".tsv", ".parquet"})
WORKBOOKS = {".xlsx": sheets_to_csv, ".xlsm": sheets_to_csv, ".ods": ods_to_csv}
SQLITE_FILES = frozenset({".sqlite", ".sqlite3", ".db"})
SUFFIXES = tuple(sorted(TABLE_FILES | WORKBOOKS.keys() | SQLITE_FILES))


def add_file(uploaded: Path, visitor: Visitor, generator: Generator, served: Collection[str] = ()) -> Connection:
    """Open a copy of `uploaded` for `visitor` alone. A file of the same name takes the place of the one before.

    `served` are names of databases that a file may not take.

    Raises SqlwrightError with one sentence for a file that is too large, of another kind or broken.
    """
    suffix, size, file = uploaded.suffix.lower(), uploaded.stat().st_size, repr(uploaded.name)
    if suffix not in SUFFIXES:
        raise UsageError(phrase("upload_kind", file=file), phrase("upload_kind_hint", kinds=", ".join(SUFFIXES)))
    if size > MAX_BYTES:
        raise UsageError(phrase("upload_large", file=file, size=size >> 20, most=MAX_BYTES >> 20))
    if not size:
        raise UsageError(phrase("upload_empty", file=file))
    name = _name(uploaded)
    while name in served:
        name += "_file"
    if len(visitor.files) >= MAX_FILES and name not in visitor.files:
        raise UsageError(phrase("upload_many", count=MAX_FILES), phrase("upload_many_hint"))
    folder = visitor.folder / name
    if name in visitor.files:
        visitor.files.pop(name).close()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        connection = Connection(name, open_database(_prepared(uploaded, folder, suffix)), generator)
    except DataError as error:
        raise UsageError(phrase("upload_broken", file=file, why=_without(folder, error.reason))) from error
    except (SqlwrightError, sqlite3.Error, OSError, ValueError) as error:
        raise UsageError(phrase("upload_broken", file=file, why=_without(folder, str(error)))) from error
    if not len(connection.context.schema):
        connection.close()
        raise UsageError(phrase("upload_no_table", file=file))
    visitor.files[name] = connection
    return connection


def _prepared(uploaded: Path, folder: Path, suffix: str) -> Path:
    """What `open_database` takes, in `folder`."""
    if suffix in WORKBOOKS:
        WORKBOOKS[suffix](uploaded, folder)
        return folder
    copy = folder / f"{_name(uploaded)}{suffix}"
    copy.touch(mode=0o600)
    shutil.copyfile(uploaded, copy)
    if suffix in SQLITE_FILES:
        with copy.open("rb") as file:
            if file.read(16) != b"SQLite format 3\0":
                raise ConnectError("it is not a SQLite database.")
    return copy


def _name(path: Path) -> str:
    """The file's own name as far as it goes well into SQL, a list and a folder."""
    return re.sub(r"\W+", "_", path.stem).strip("_")[:60] or "file"


def _without(folder: Path, text: str) -> str:
    """The first line of a message, without the place on this machine; of an engine's, up to where it quotes our SQL."""
    line = " ".join(text.split()).partition(" LINE 1:")[0]
    return line.replace(f"{folder}{os.sep}", "").replace(str(folder), "the file") or "it is broken."
