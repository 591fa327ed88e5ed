"""A SQLite database made from the CREATE and INSERT statements that a row of a data set carries.

The statements are text from a stranger. Tables and keys are read and written anew, rows are passed as parameters, and
only a view's text reaches SQLite, which stores it. While the database is made, an authorizer allows nothing else, and
time and size are limited. Whoever asks it opens it read-only like any other database.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ..core import Column, DataError, Schema, Table, quote_identifier
from ..prompts import render_ddl
from ..sql.ddl import parse_schema
from ..sql.ddl_tokens import DdlToken
from ..sql.inserts import Insert, read_insert, statements

MAX_CHARS = 1 << 20  # of the statements
MAX_BYTES = 64 << 20  # of the file
TIMEOUT_S = 5.0
_PAGE_BYTES = 4096
_STEPS_PER_CHECK = 10_000
_ALLOWED = frozenset(
    {
        sqlite3.SQLITE_CREATE_INDEX,  # of a primary key
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_REINDEX,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_UPDATE,  # of sqlite_master
    }
)
_OBJECTS = frozenset({"table", "view", "index", "trigger", "function", "schema", "virtual"})
_SERIAL = re.compile(r"(?:big|small|medium|tiny)?(?:int|integer|serial)\d*\b", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z]\w*")


@dataclass(frozen=True, slots=True)
class RowContext:
    """What a row's statements say. `views` are statements in SQLite's form."""

    schema: Schema
    inserts: tuple[Insert, ...]
    views: tuple[str, ...]

    @property
    def n_rows(self) -> int:
        return sum(len(insert.rows) for insert in self.inserts)


def read_context(text: str, *, db_id: str = "") -> RowContext:
    """Raises DataError for any statement but CREATE TABLE, CREATE VIEW, INSERT and ALTER TABLE ... ADD.

    Also for text without a table, rows that are not constants, and more than MAX_CHARS.
    """
    if len(text) > MAX_CHARS:
        raise DataError(f"the context has {len(text):,} characters, more than {MAX_CHARS:,}")
    schema = parse_schema(text, db_id=db_id)
    inserts, views = [], []
    for tokens in statements(text):
        kind = _kind(tokens)
        if kind == "insert":
            inserts.append(read_insert(tokens))
        elif kind == "view":
            at = next(i for i, t in enumerate(tokens) if t.word == "view")
            views.append(f"CREATE VIEW {text[tokens[at + 1].start : tokens[-1].end]}")
        elif kind not in ("table", "alter"):
            shown = " ".join(t.text for t in tokens[:3])
            raise DataError(
                f"the context holds {shown!r}, which is not run", hint="Allowed: CREATE TABLE, CREATE VIEW, INSERT."
            )
    if problem := next((insert.problem for insert in inserts if insert.problem), ""):
        raise DataError(problem)
    return RowContext(schema, tuple(inserts), tuple(views))


def build_database(context: RowContext, path: Path) -> None:
    """Write `context` into a new SQLite file. Raises DataError, with SQLite's reason."""
    deadline = time.monotonic() + TIMEOUT_S
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA max_page_count = {MAX_BYTES // _PAGE_BYTES}")
        connection.execute("PRAGMA synchronous = OFF")
        if sys.version_info >= (3, 11):
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CHARS)
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY)
        connection.set_progress_handler(lambda: time.monotonic() >= deadline, _STEPS_PER_CHECK)
        try:
            with connection:
                _fill(connection, context)
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            raise DataError(f"the context does not build: {error}") from None


def _fill(connection: sqlite3.Connection, context: RowContext) -> None:
    # One table at a time: `execute` takes a single statement, so a type cannot smuggle in a second one.
    tables = [_table(table) for table in context.schema]
    for table in tables:
        connection.execute(render_ddl(replace(context.schema, tables=(table,))))
    by_name = {table.name.casefold(): table for table in tables}
    for insert in context.inserts:
        _insert(connection, insert, by_name)
    for view in context.views:
        connection.execute(view)


def _table(table: Table) -> Table:
    """In SQLite's terms: no namespaces, and types of plain words, which are all that it looks at."""
    columns = tuple(replace(c, type=_type(c, c.name in table.primary_key)) for c in table.columns)
    keys = tuple(replace(k, ref_table=k.ref_table.rpartition(".")[2]) for k in table.foreign_keys)
    return replace(table, columns=columns, namespace="", foreign_keys=keys)


def _type(column: Column, is_key: bool) -> str:
    """Other engines have SERIAL for a key that numbers the rows; SQLite has INTEGER."""
    if is_key and _SERIAL.match(column.type):
        return "INTEGER"
    return " ".join(_WORDS.findall(column.type.partition("(")[0]))


def _insert(connection: sqlite3.Connection, insert: Insert, tables: dict[str, Table]) -> None:
    if insert.table.casefold() not in tables:
        raise ValueError(f"no table {insert.table!r} to insert into")
    names = f" ({', '.join(map(_quoted, insert.columns))})" if insert.columns else ""
    for row in insert.rows:
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {_quoted(insert.table)}{names} VALUES ({marks})", row)


def _kind(tokens: Sequence[DdlToken]) -> str:
    """insert, table, view or alter (ALTER TABLE ... ADD); "" for anything else."""
    words = [t.word for t in tokens]
    if words[0] == "insert":
        return "insert"
    if words[:2] == ["alter", "table"]:
        return "alter" if "add" in words and not {"drop", "rename"} & set(words) else ""
    if words[0] != "create":
        return ""
    named = next((w for w in words[1:7] if w in _OBJECTS), "")
    head = itertools.takewhile(lambda t: t.text != "(", tokens)
    if named == "table" and any(t.word == "as" for t in head):
        return ""  # CREATE TABLE ... AS SELECT: its rows would have to be computed
    return named if named in ("table", "view") else ""


def _quoted(name: str) -> str:
    return quote_identifier(name, "sqlite", always=True)
