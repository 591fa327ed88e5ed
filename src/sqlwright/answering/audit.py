"""The log its user owns: every question, its SQL, what came of it and how long it took, in one SQLite file."""

from __future__ import annotations

import json
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..core import (
    Answer,
    ConfigError,
    Example,
    NotFoundError,
    Outcome,
    ResultTable,
    SqlwrightError,
    Turn,
    to_json_value,
)
from ..core.redact import without_passwords
from .cancellation import StoppedError

OFF = frozenset({"off", "0", "no", "false", "none"})
BUSY_TIMEOUT_S = 2.0  # how long one writer waits for another; a log that stays locked longer loses these lines
CLOSING_S = 5.0
MAX_WAITING = 10_000  # lines; more than that are lost while the file cannot be written

_TABLE = """
CREATE TABLE IF NOT EXISTS log (
  number INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  source TEXT NOT NULL,
  database TEXT NOT NULL,
  dialect TEXT NOT NULL,
  model TEXT NOT NULL,
  question TEXT NOT NULL,
  history TEXT NOT NULL,
  sql TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  row_count INTEGER,
  truncated TEXT,
  confidence REAL,
  generate_s REAL NOT NULL,
  query_s REAL NOT NULL,
  total_s REAL NOT NULL,
  rows TEXT,
  confirmed INTEGER NOT NULL DEFAULT 0,
  corrected_sql TEXT NOT NULL DEFAULT ''
)"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `source` is who asked: cli, api, mcp or chat. `rows` is JSON, None unless rows are asked for.

    status: an Answer's or an Outcome's, "generated" (text only, nothing ran), "error" or "stopped". `confirmed` says
    that a person found the answer right; `corrected_sql` is what that person wrote instead.
    """

    source: str
    question: str
    status: str
    database: str = ""
    dialect: str = ""
    model: str = ""
    sql: str = ""
    reason: str = ""
    history: tuple[Turn, ...] = ()
    row_count: int | None = None
    truncated: str | None = None
    confidence: float | None = None
    generate_s: float = 0.0
    query_s: float = 0.0
    total_s: float = 0.0
    rows: str | None = None
    at: str = field(default_factory=lambda: datetime.now(timezone.utc).isoformat(timespec="milliseconds"))
    number: int = 0
    confirmed: bool = False
    corrected_sql: str = ""

    @classmethod
    def of(cls, answer: Answer, source: str, history: Sequence[Turn] = (), *, rows: bool = False) -> Entry:
        times = answer.timings
        return cls(
            source,
            answer.question,
            answer.status,
            answer.database,
            answer.dialect,
            answer.model,
            answer.sql,
            answer.reason,
            tuple(history),
            confidence=answer.confidence,
            generate_s=times.generate_s,
            query_s=times.query_s,
            total_s=times.total_s,
        )._with(answer.table, rows)

    @classmethod
    def of_query(cls, outcome: Outcome, source: str, database: str, dialect: str, *, rows: bool = False) -> Entry:
        """A statement that somebody wrote without a question."""
        seconds = outcome.elapsed_s
        entry = cls(source, "", outcome.status, database, dialect, sql=outcome.sql, reason=outcome.message())
        return replace(entry, query_s=seconds, total_s=seconds)._with(outcome.table, rows)

    def _with(self, table: ResultTable | None, rows: bool) -> Entry:
        if table is None:
            return self
        kept = [[to_json_value(v) for v in row] for row in table.rows] if rows else None
        text = None if kept is None else json.dumps(kept, ensure_ascii=False)
        return replace(self, row_count=len(table.rows), truncated=table.truncated, rows=text)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def to_example(self) -> Example:
        """The pair as a training row; the id says where it comes from."""
        sql = self.corrected_sql or self.sql
        return Example(f"log-{self.number}", self.database, self.question, sql, history=self.history)


_COLUMNS = tuple(f.name for f in fields(Entry) if f.name not in ("number", "confirmed", "corrected_sql"))
_INSERT = f"INSERT INTO log ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"


_CONFIRM = """
UPDATE log SET confirmed = 1, corrected_sql = :corrected_sql
WHERE number = (
  SELECT max(number) FROM log
  WHERE database = :database AND question = :question AND (:sql = '' OR sql = :sql)
)"""


def log_path() -> Path | None:
    """Where the log is: SQLWRIGHT_LOG, else a file in the user's data folder; None where SQLWRIGHT_LOG is off."""
    chosen = os.environ.get("SQLWRIGHT_LOG", "").strip()
    if chosen.lower() in OFF:
        return None
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("sqlwright")) / "logs.db"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a person found the newest answer to a question right, or what it should have been."""

    database: str
    question: str
    sql: str = ""
    corrected_sql: str = ""


class AuditLog:
    """Writes from a thread of its own, so that a slow disk or another writer's lock delays no answer.

    What cannot be written is lost after one warning. Several processes may write at once. `rows` says whether entries
    should hold results too.
    """

    def __init__(self, path: Path, *, rows: bool = False, warn: Callable[[str], object] | None = None) -> None:
        self.path, self.rows = path, rows
        self._warn = warn or logging.getLogger("sqlwright").warning
        self._warned = False
        self._waiting: queue.Queue[Entry | Confirmation | None] = queue.Queue(MAX_WAITING)
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()

    def record(self, entry: Entry) -> None:
        """Never raises and never waits."""
        self._put(entry)

    def confirm(self, database: str, question: str, sql: str = "", *, corrected_sql: str = "") -> None:
        """Mark the newest line of `question`, with `sql` where it is given. Never raises and never waits."""
        self._put(Confirmation(database, question, sql, corrected_sql))

    def _put(self, entry: Entry | Confirmation) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="sqlwright-log", daemon=True)
                self._writer.start()
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            self._warn_once("more lines wait than are kept")

    def close(self) -> None:
        """Waits for what is still to be written, a few seconds at most."""
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join(CLOSING_S)
            self._writer = None

    def __enter__(self) -> AuditLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self) -> None:
        connection: sqlite3.Connection | None = None
        ended = False
        while not ended:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            ended = None in batch
            try:
                # The file is the user's, who may move it away while we write.
                if connection is not None and not self.path.exists():
                    connection.close()
                    connection = None
                connection = connection or _open(self.path)
                with connection:
                    for entry in batch:  # in their order: a mark is about a line before it
                        if isinstance(entry, Entry):
                            connection.execute(_INSERT, _line(entry))
                        elif entry is not None:
                            connection.execute(_CONFIRM, _mark(entry))
            except (sqlite3.Error, OSError) as error:
                self._warn_once(str(error))
                connection = None
        if connection is not None:
            connection.close()

    def _warn_once(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            self._warn(f"The log {self.path} cannot be written ({reason}); answers go on. SQLWRIGHT_LOG=off ends it.")


def noted(log: AuditLog | None, draft: Entry, work: Callable[[], Answer]) -> Answer:
    """What `work` answers. The log gets that, or `draft` with the error that it raised instead."""
    started = time.perf_counter()
    try:
        answer = work()
    except SqlwrightError as error:
        if log:
            status = "stopped" if isinstance(error, StoppedError) else "error"
            elapsed = time.perf_counter() - started
            log.record(replace(draft, status=status, reason=str(error), total_s=elapsed))
        raise
    if log:
        log.record(Entry.of(answer, draft.source, draft.history, rows=log.rows))
    return answer


def read_entries(path: Path, *, newest: int | None = None) -> Iterator[Entry]:
    """Lines in the order they were written, all or the `newest`. Raises NotFoundError and ConfigError."""
    with closing(_open_existing(path)) as connection:
        connection.row_factory = sqlite3.Row
        limit = "" if newest is None else f" LIMIT {int(newest)}"
        rows = connection.execute(f"SELECT * FROM (SELECT * FROM log ORDER BY number DESC{limit}) ORDER BY number")
        for row in rows:
            history = tuple(Turn(**turn) for turn in json.loads(row["history"]))
            yield Entry(**{**dict(row), "history": history, "confirmed": bool(row["confirmed"])})


def confirm(path: Path, number: int, corrected_sql: str = "") -> None:
    """Note that a person found the answer right, or what it should have been. Raises NotFoundError."""
    with closing(_open_existing(path)) as connection, connection:
        done = connection.execute(
            "UPDATE log SET confirmed = 1, corrected_sql = ? WHERE number = ?", (corrected_sql, number)
        )
    if not done.rowcount:
        raise NotFoundError(f"No line {number} in {str(path)!r}.", "sqlwright logs ls shows the numbers.")


def training_examples(path: Path, *, confirmed: bool = False) -> list[Example]:
    """Answered questions as training rows, the last answer of each question; with `confirmed` only what a person saw.

    Left out unless confirmed: an answer without rows, which says little for its query.
    """
    kept: dict[tuple[Any, ...], Entry] = {}
    for entry in read_entries(path):
        if not (entry.question and entry.database and (entry.sql or entry.corrected_sql)):
            continue
        answered = entry.status == "answered" and bool(entry.row_count)
        if not entry.confirmed and (confirmed or not answered):
            continue
        key = (entry.database, entry.question, entry.history)
        if key not in kept or entry.confirmed or not kept[key].confirmed:
            kept.pop(key, None)
            kept[key] = entry
    return [entry.to_example() for entry in kept.values()]


def _line(entry: Entry) -> tuple[Any, ...]:
    history = json.dumps([asdict(turn) for turn in entry.history], ensure_ascii=False)
    values = {name: getattr(entry, name) for name in _COLUMNS} | {"history": history}
    clean = {n: without_passwords(v) if isinstance(v, str) and n != "rows" else v for n, v in values.items()}
    # A question may hold half a surrogate pair, which no file takes.
    return tuple(v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in clean.values())


def _mark(entry: Confirmation) -> dict[str, str]:
    """Spelled as `_line` has written it."""
    values = {name: without_passwords(value) for name, value in asdict(entry).items()}
    return {name: value.encode("utf-8", "replace").decode() for name, value in values.items()}


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)  # questions are nobody else's business
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_TABLE)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_existing(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise NotFoundError(f"No log at {str(path)!r}.", "It is made with the first question, unless it is off.")
    try:
        return _open(path)
    except sqlite3.Error as error:
        raise ConfigError(
            f"Cannot read the log {str(path)!r}: {error}.", "SQLWRIGHT_LOG names another file."
        ) from error
