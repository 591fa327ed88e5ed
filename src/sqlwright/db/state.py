"""Whether a database is still the one that was read: its catalogue, and the identity of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..core import Checked, ConnectError, NotFoundError, QueryLimits
from ..core.phrase import phrase
from .engine import Engine
from .engines import ENGINES

_LIMITS = QueryLimits(timeout_s=30, max_rows=1_000_000, max_result_bytes=256 << 20)
_SQLITE = b"SQLite format 3\0"
_HEADER_BYTES = 40
_WAL = 2  # the file format version, at byte 19, of a file in WAL mode
_CHANGES = slice(24, 40)  # change counter, size in pages, free pages: what SQLite compares before it reads its cache


@dataclass(frozen=True, slots=True)
class FileState:
    """What the file system and the header say of one file."""

    path: str
    place: tuple[int, int]  # device, inode
    written: tuple[int, int]  # time of the last change in ns, size in bytes
    header: bytes

    @classmethod
    def of(cls, path: Path) -> FileState:
        """Raises OSError."""
        found = path.stat()
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
        return cls(str(path), (found.st_dev, found.st_ino), (found.st_mtime_ns, found.st_size), header)

    def is_continued_by(self, later: FileState) -> bool:
        """Whether `later` is the same file, written by its own engine at most.

        SQLite notices every write of another SQLite by the header. A copy over the file that leaves that part of the
        header equal goes unnoticed: pages of the old file stay in its cache.
        """
        if (self.path, self.place) != (later.path, later.place):
            return False
        if self.written == later.written:
            return True
        if not (self.header.startswith(_SQLITE) and later.header.startswith(_SQLITE)):
            return False
        return self.header[19] == _WAL or self.header[_CHANGES] != later.header[_CHANGES]


def files_of(source: Path | None, name: str) -> tuple[FileState, ...]:
    """The state of the file `source`, or of the table files in that folder; () for a server (None).

    Raises ConnectError, which calls the database by `name`, where there is none.
    """
    if source is None:
        return ()
    try:
        return tuple(FileState.of(path) for path in (_inside(source) if source.is_dir() else [source]))
    except (OSError, NotFoundError) as error:
        raise ConnectError(phrase("database_gone", database=repr(name)), phrase("moved_hint")) from error


def _inside(folder: Path) -> list[Path]:
    from .files.database import data_files  # slow import, which single files do without

    return data_files(folder)


def are_continued(before: Iterable[FileState], now: Iterable[FileState]) -> bool:
    """Whether `now` are the same files as `before`, in the sense of `FileState.is_continued_by`."""
    old, new = tuple(before), tuple(now)
    return len(old) == len(new) and all(a.is_continued_by(b) for a, b in zip(old, new, strict=True))


def catalogue_of(engine: Engine) -> str:
    """Changes when a table, view or column does. Raises ConnectError where the database does not answer."""
    sql = ENGINES[engine.dialect].catalog_state
    if not sql:
        return ""
    outcome = engine.execute(Checked.trusted(sql, "catalog"), _LIMITS)
    if outcome.table is None:
        raise ConnectError(phrase("tables_unreadable", database=repr(engine.name), why=outcome.message()))
    return hashlib.sha256(repr(outcome.table.rows).encode("utf-8", "surrogatepass")).hexdigest()[:16]
