"""Databases found by db_id: a folder of files, or one database of any engine."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..core import NotFoundError, Schema, closest

if TYPE_CHECKING:
    from ..db import Database

SUFFIXES = (".sqlite", ".db", ".sqlite3", ".duckdb")
# Where the releases of Spider, BIRD and the Chinese competitions keep their databases below the folder one unpacks.
SUBFOLDERS = ("database", "databases", "train_databases", "dev_databases")


class Databases(Protocol):
    """`target` is what `open_database` takes; `open` gives a read-only connection that the caller closes."""

    def __contains__(self, db_id: object) -> bool: ...

    def target(self, db_id: str) -> str: ...

    def open(self, db_id: str) -> Database: ...

    def schema(self, db_id: str) -> Schema: ...


class OneDatabase:
    """One database as the only one there is, under `db_id`."""

    def __init__(self, target: str, db_id: str) -> None:
        self._target, self.db_id = target, db_id

    def __contains__(self, db_id: object) -> bool:
        return db_id == self.db_id

    def target(self, db_id: str) -> str:
        """Raises NotFoundError."""
        if db_id not in self:
            raise NotFoundError(f"No database {db_id!r}: the questions are about {self.db_id!r}.")
        return self._target

    def open(self, db_id: str) -> Database:
        """Raises NotFoundError and ConnectError."""
        from ..db import open_database

        return open_database(self.target(db_id))

    def schema(self, db_id: str) -> Schema:
        """Raises NotFoundError and ConnectError."""
        with self.open(db_id) as database:
            return database.schema()


class SeveralDatabases:
    """`parts` as one; where two know a db_id, the first is meant."""

    def __init__(self, parts: Sequence[Databases]) -> None:
        self.parts = parts

    def __contains__(self, db_id: object) -> bool:
        return any(db_id in part for part in self.parts)

    def target(self, db_id: str) -> str:
        """Raises NotFoundError."""
        return self._of(db_id).target(db_id)

    def open(self, db_id: str) -> Database:
        """Raises NotFoundError and ConnectError."""
        return self._of(db_id).open(db_id)

    def schema(self, db_id: str) -> Schema:
        """Raises NotFoundError and ConnectError."""
        return self._of(db_id).schema(db_id)

    def _of(self, db_id: str) -> Databases:
        return next((part for part in self.parts if db_id in part), self.parts[-1])


class DatabaseFolder:
    """Files as `root/<db_id>/<db_id>.sqlite` or `root/<db_id>.sqlite` (.db, .sqlite3, .duckdb as well).

    Where `root` holds a folder `database` (or another of SUBFOLDERS), that is searched too. Names are compared
    exactly first, then in Unicode's composed form, as some file systems store decomposed names.
    """

    def __init__(self, root: str | Path) -> None:
        """Raises NotFoundError where `root` is no folder."""
        self.root = Path(root)
        if not self.root.is_dir():
            raise NotFoundError(f"No folder {str(root)!r} with databases.")
        self._paths: dict[str, Path] | None = None
        self._schemas: dict[str, Schema] = {}

    def path(self, db_id: str) -> Path:
        """Raises NotFoundError, with the closest name."""
        found = self._index().get(_key(db_id))
        if found is None:
            raise NotFoundError(f"No database {db_id!r} under {str(self.root)!r}.", closest(db_id, self.names()))
        return found

    def target(self, db_id: str) -> str:
        """Raises NotFoundError, with the closest name."""
        return str(self.path(db_id))

    def __contains__(self, db_id: object) -> bool:
        return isinstance(db_id, str) and _key(db_id) in self._index()

    def names(self) -> tuple[str, ...]:
        """Every db_id, sorted."""
        return tuple(sorted(self._index()))

    def open(self, db_id: str) -> Database:
        """A read-only connection; the caller closes it. Raises NotFoundError and ConnectError."""
        from ..db import open_database

        return open_database(str(self.path(db_id)))

    def schema(self, db_id: str) -> Schema:
        """Read once per database. Raises NotFoundError and ConnectError."""
        if db_id not in self._schemas:
            database = self.open(db_id)
            try:
                self._schemas[db_id] = database.schema()
            finally:
                database.close()
        return self._schemas[db_id]

    def _index(self) -> dict[str, Path]:
        """Read once: a benchmark asks for the same few hundred names thousands of times."""
        if self._paths is None:
            self._paths = {}
            for name, path in _database_files(self.root):
                self._paths.setdefault(_key(name), path)
        return self._paths


def _database_files(root: Path) -> Iterator[tuple[str, Path]]:
    folders = [root, *(root / s for s in SUBFOLDERS if (root / s).is_dir())]
    for folder in folders:
        for entry in sorted(folder.iterdir()):
            if entry.suffix.lower() in SUFFIXES and entry.is_file():
                yield entry.stem, entry
            elif entry.is_dir():
                yield from ((entry.name, p) for s in SUFFIXES if (p := entry / f"{entry.name}{s}").is_file())


def _key(db_id: str) -> str:
    return unicodedata.normalize("NFC", db_id)
