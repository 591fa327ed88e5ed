"""What the package has to know of an engine besides how to run a statement, as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ...core import Checked, Dialect, Outcome, QueryLimits, ResultTable, Schema

if TYPE_CHECKING:
    from ..database import Database
    from ..engine import Engine
    from ..rights import Rights


class LockedFile(Protocol):
    """A database file that is open in a child process (`child_main.py`)."""

    def introspect(self, db_id: str, *, row_counts: bool = False, samples: int = 0) -> Schema: ...

    def functions(self) -> frozenset[str]: ...

    def execute(self, statement: Checked, limits: QueryLimits) -> Outcome: ...

    def close(self) -> None: ...


def last_column(plan: ResultTable) -> list[str]:
    """The text of a plan is in the last column: after ids in SQLite, after the plan's kind in DuckDB."""
    return [line for row in plan.rows for line in str(row[-1]).splitlines()]


def text_cell(name: str, declared: str, kind: str, chars: int) -> str:
    """The first `chars` characters of the column `name` (quoted), whatever its type."""
    return f"left(CAST({name} AS text), {chars})"


def _rights_on_file(database: Database) -> Rights:
    from ..rights import rights_on_file

    return rights_on_file(database)


@dataclass(frozen=True, slots=True)
class EngineKind:
    """One engine. Its modules are imported when a function here is called, since drivers are slow or missing.

    A kind is either of files, which run in child processes, or a server:

    - `magic` are the bytes at an offset of a file's first 16 bytes, `open_file` makes its Engine, and `lock_file` opens
      it in a child. With `one_per_child` a child holds one such file: the engine gives each its own memory.
    - `schemes` are those of URLs, `open_url` makes the Engine and `extra` names the optional dependencies.
    """

    dialect: Dialect
    magic: tuple[int, bytes] | None = None
    open_file: Callable[[Path], Engine] | None = None
    lock_file: Callable[[Path], LockedFile] | None = None
    one_per_child: bool = False
    schemes: frozenset[str] = frozenset()
    open_url: Callable[[str], Engine] | None = None
    extra: str = ""

    # One statement with a row for each table, view or column, which tells that the catalog has changed; "" where it
    # cannot change while the database is open here.
    catalog_state: str = ""
    # What comes before a guarded query for its plan. None of these runs the query: a guarded text begins with SELECT,
    # WITH, a bracket or, in DuckDB, FROM, PIVOT, UNPIVOT or SUMMARIZE, so it cannot add the ANALYZE that would. For a
    # PIVOT without IN, DuckDB reads the values of its columns.
    explain: str = "EXPLAIN "
    plan_lines: Callable[[ResultTable], list[str]] = last_column
    rights: Callable[[Database], Rights] = _rights_on_file
    # Whether the connection allows reads and listed functions alone. Only then a gold query that the guard refuses is
    # run for the published rules.
    allows_reads_only: bool = False
    copies_files: bool = False  # `evaluation/mutants.py` can write changed copies of its databases
    names_database: bool = False  # queries write the database's name before the table's

    # How our own queries are written, and what the stored values are like.
    text_type: str = "text"  # for CAST
    char_length: str = "length"  # the function that counts characters
    keeps_types: bool = True  # every value of a column has the column's type; SQLite's may have any
    sample_cell: Callable[[str, str, str, int], str] = text_cell  # quoted name, declared type, kind, characters
    ignores_case: bool = False  # the default collation compares texts so
    compares_mixed: bool = False  # a number equals its text in a comparison
    has_date_types: bool = True
    has_year_type: bool = False

    @property
    def is_server(self) -> bool:
        """A round trip costs more than a row: ask for many tables at once."""
        return self.open_url is not None and self.open_file is None

    def owns(self, header: bytes) -> bool:
        """Whether a file that begins with these 16 bytes is one of this engine."""
        if self.magic is None:
            return False
        offset, magic = self.magic
        return header[offset : offset + len(magic)] == magic
