"""Changed copies of a SQLite database, on which answers that are right by luck come out wrong.

A hard-coded answer, another column with the same values, `>` for `>=` or a count where nothing repeats may agree with
the gold on one database. Test suites (Zhong et al., EMNLP 2020) search databases that tell such queries apart; here
seeded copies lose rows, repeat rows, exchange values within a column, lose values, and get the constants of the
gold queries, with their neighbours, as values. Copies are the caller's to delete; the source is only read.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlglot import exp

from ..core import ConnectError, QueryLimits, quote_identifier
from ..db.database import Database
from ..db.engines.sqlite.engine import SqliteEngine
from ..db.engines.sqlite.locked import connect_read_only
from .compare import DEFAULT_LIMITS, strict_verdict
from .parse import parse_query

MAX_BYTES = 64 << 20  # a larger file is not copied: the copies would cost more than they tell
Constant = tuple[str, str | float]  # a column's name in lower case and what a gold query compares it with


@dataclass(frozen=True, slots=True)
class Survival:
    """On how many of the copies where the gold has a telling result the prediction agreed; the first that refused."""

    judged: int
    agreed: int
    reason: str = ""

    @property
    def refuted(self) -> bool:
        return self.agreed < self.judged


@contextmanager
def opened_mutants(source: Path, gold_sqls: Iterable[str], *, seed: int = 0) -> Iterator[tuple[Database, ...]]:
    """The copies, open in a temporary folder until the end of the block; none of a large or foreign file."""
    with TemporaryDirectory(prefix="sqlwright-mutants-") as folder, ExitStack() as stack:
        try:
            paths = make_mutants(source, Path(folder), gold_sqls, seed=seed)
        except (sqlite3.Error, ConnectError):
            paths = ()
        yield tuple(stack.enter_context(Database(SqliteEngine(path))) for path in paths)


def survive(
    copies: Sequence[Database], gold_sql: str, predicted_sql: str, limits: QueryLimits = DEFAULT_LIMITS
) -> Survival:
    """The strict verdict on every copy. Giving all rows of a tie for the gold's last place refutes nothing."""
    judged = agreed = 0
    reason = ""
    for copy in copies:
        result = strict_verdict(copy, gold_sql, predicted_sql, limits)
        if result.verdict.no_power:
            continue
        judged += 1
        if result.verdict.correct or "all_ties" in result.flags:
            agreed += 1
        else:
            reason = reason or f"{copy.name}: {result.verdict.reason}"
    return Survival(judged, agreed, reason)


def make_mutants(
    source: Path, folder: Path, gold_sqls: Iterable[str] = (), *, seed: int = 0, max_bytes: int = MAX_BYTES
) -> tuple[Path, ...]:
    """One file per recipe in `folder`; none for a source over `max_bytes`. The same for the same arguments."""
    if source.stat().st_size > max_bytes:
        return ()
    constants = compared_constants(gold_sqls)
    return tuple(
        _mutate(source, folder / f"{source.stem}.{name}.sqlite", changes, constants, random.Random(f"{seed} {name}"))  # noqa: S311
        for name, changes in RECIPES.items()
    )


def compared_constants(gold_sqls: Iterable[str]) -> tuple[Constant, ...]:
    """Which columns the queries compare with which constants, by the column's name alone."""
    found: set[Constant] = set()
    for sql in gold_sqls:
        tree = parse_query(sql, "sqlite")
        for node in tree.find_all(exp.Predicate) if tree else ():
            columns = [c for c in node.iter_expressions() if isinstance(c, exp.Column)]
            for value in node.iter_expressions():
                if columns and isinstance(value, exp.Literal):
                    text = value.name.strip("%") if isinstance(node, exp.Like) else value.name
                    found.add((columns[0].name.lower(), text if value.is_string else _number(text)))
                elif len(columns) > 1 and value is columns[1] and value.this.quoted:  # SQLite's "string"
                    found.add((columns[0].name.lower(), value.name))
    return tuple(sorted(found, key=str))


def _number(text: str) -> float:
    """An int where it is one: in a column without a numeric type SQLite would store 3.0 as such."""
    return float(text) if any(c in text for c in ".eExX") else int(text)


class _Copy:
    """One table of a copy: its row ids, and the columns that are no key and may take any value.

    `optional` are those of them that hold a NULL already: a query that NULL alone would break is not wrong on data
    that has none.
    """

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self.connection = connection
        self.name = quote_identifier(name, "sqlite", always=True)
        info = connection.execute(f"PRAGMA table_info({self.name})").fetchall()
        keys = {row[1] for row in info if row[5]} | _unique_columns(connection, self.name)
        self.columns = [row[1] for row in info]
        self.free = [row[1] for row in info if row[1] not in keys]
        self.optional = [column for column in self.free if self._has_null(column)]
        self.alias = [row[1] for row in info if row[5] and row[2].upper() == "INTEGER"]
        self.ids = [row[0] for row in connection.execute(f"SELECT rowid FROM {self.name}")]

    def _has_null(self, column: str) -> bool:
        quoted = quote_identifier(column, "sqlite", always=True)
        return bool(self.connection.execute(f"SELECT 1 FROM {self.name} WHERE {quoted} IS NULL LIMIT 1").fetchone())

    def set(self, column: str, values: Iterable[tuple[object, int]]) -> None:
        quoted = quote_identifier(column, "sqlite", always=True)
        self.connection.executemany(f"UPDATE OR IGNORE {self.name} SET {quoted} = ? WHERE rowid = ?", list(values))

    def some(self, draw: random.Random, share: float) -> list[int]:
        return draw.sample(self.ids, min(len(self.ids), max(1, round(share * len(self.ids))))) if self.ids else []


Change = Callable[[_Copy, tuple[Constant, ...], random.Random], None]


def _delete(table: _Copy, _: tuple[Constant, ...], draw: random.Random) -> None:
    rows = table.some(draw, draw.uniform(0.2, 0.6))
    if len(rows) < len(table.ids):
        table.connection.executemany(f"DELETE FROM {table.name} WHERE rowid = ?", [(i,) for i in rows])


def _exchange(table: _Copy, _: tuple[Constant, ...], draw: random.Random) -> None:
    for column in table.free:
        quoted = quote_identifier(column, "sqlite", always=True)
        values = [row[0] for row in table.connection.execute(f"SELECT {quoted} FROM {table.name} ORDER BY rowid")]
        draw.shuffle(values)
        table.set(column, zip(values, sorted(table.ids), strict=True))


def _repeat(table: _Copy, _: tuple[Constant, ...], draw: random.Random) -> None:
    columns = ", ".join(quote_identifier(c, "sqlite", always=True) for c in table.columns if c not in table.alias)
    if columns:
        insert = f"INSERT OR IGNORE INTO {table.name} ({columns}) SELECT {columns} FROM {table.name} WHERE rowid = ?"
        table.connection.executemany(insert, [(i,) for i in table.some(draw, draw.uniform(0.2, 0.8))])


def _blank(table: _Copy, _: tuple[Constant, ...], draw: random.Random) -> None:
    for column in table.optional:
        table.set(column, [(None, i) for i in table.some(draw, 0.2)])


def _plant(table: _Copy, constants: tuple[Constant, ...], draw: random.Random) -> None:
    """The constants of the gold queries, and for numbers the values next to them, where they are looked for."""
    for name, value in constants:
        for column in (c for c in table.columns if c.lower() == name):
            near: list[object] = [value] if isinstance(value, str) else [value - 1, value, value + 1]
            rows = table.some(draw, 0.2 * len(near))
            table.set(column, [(near[i % len(near)], row) for i, row in enumerate(rows)])


RECIPES: dict[str, tuple[Change, ...]] = {
    "fewer": (_delete,),
    "exchanged": (_exchange,),
    "repeated": (_repeat,),
    "blanked": (_blank, _repeat),
    "planted": (_plant,),
    "all": (_plant, _exchange, _delete),
}


def _mutate(
    source: Path, target: Path, changes: Sequence[Change], constants: tuple[Constant, ...], draw: random.Random
) -> Path:
    target.unlink(missing_ok=True)
    with closing(connect_read_only(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
        copy.text_factory = lambda raw: raw.decode("utf-8", "replace")
        copy.execute("PRAGMA synchronous=OFF")
        for kind, name in copy.execute("SELECT type, name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            copy.execute(f"DROP {kind} {quote_identifier(name, 'sqlite', always=True)}")
        listed = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
        for change in changes:
            for (name,) in copy.execute(listed).fetchall():
                _apply(change, copy, name, constants, draw)
        copy.commit()
    return target


def _apply(
    change: Change, copy: sqlite3.Connection, name: str, constants: tuple[Constant, ...], draw: random.Random
) -> None:
    """A table that has no row ids, belongs to the engine or refuses the change by a CHECK stays as it is."""
    copy.execute("SAVEPOINT change")
    try:
        change(_Copy(copy, name), constants, draw)
    except sqlite3.Error:
        copy.execute("ROLLBACK TO change")
    copy.execute("RELEASE change")


def _unique_columns(connection: sqlite3.Connection, table: str) -> set[str]:
    indexes = [row[1] for row in connection.execute(f"PRAGMA index_list({table})") if row[2]]
    return {
        row[2]
        for index in indexes
        for row in connection.execute(f"PRAGMA index_info({quote_identifier(index, 'sqlite', always=True)})")
        if row[2] is not None
    }
