"""Questions to begin with: made from the database's own rows, and kept only where the model answers them right."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from ...answering.chart import chart_for
from ...core import Answer, Example, QueryLimits, ResultTable, SqlwrightError
from ...db import Database
from ...parser.choose import fingerprint, is_degenerate
from ...synthesis import SynthesisOptions, synthesize_pairs
from ..connection import Connection
from ..service import Service

COUNT = 6
MOST_ROWS = 30  # more is no answer to show somebody who has just come
MIN_CONFIDENCE = 0.6
MAX_CHARS = 90
# One of each kind of question that a person would ask, the ones with a chart first.
SHAPES = (
    "select t0.text0 count t0 group t0.text0 end",
    "t1<t0 select t0.text0 group t1.fk0>t0 order count t1 desc limit one end",
    "select t0.text0 avg t0.number0 group t0.text0 end",
    "select count t0 where t0.text0 = ? end",
    "t1>t0 select count t0 t1.text0 group t1.text0 end",
    "select t0.text0 order t0.number0 desc limit one end",
    "select t0.text0 group t0.text0 order count t0 desc limit one end",
    "select count t0 end",
)
TRIES = 4  # of one shape


class Starters:
    """Made once per connection and model, in a thread: the page is there before them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._made: dict[tuple[int, str], tuple[str, ...]] = {}
        self._started: set[tuple[int, str]] = set()
        self._lock = threading.Lock()

    def of(self, connection: Connection, model: str) -> tuple[str, ...]:
        """What is ready by now; plain counts until then."""
        key = id(connection), model
        with self._lock:
            new = key not in self._started
            self._started.add(key)
        if new:
            threading.Thread(target=self._make, args=(key, connection, model), daemon=True).start()
        return self._made.get(key) or plain(connection)

    def ready(self, connection: Connection, model: str) -> bool:
        return (id(connection), model) in self._made

    def _make(self, key: tuple[int, str], connection: Connection, model: str) -> None:
        generator = self._service.models[model]

        def answer(question: str) -> Answer:
            return self._service.ask(question, connection, model=generator, source="starters")

        found: tuple[str, ...] = ()
        if not model_is_remote(generator.name):  # nobody asked to send these anywhere
            try:
                with connection.lease() as database:
                    found = tuple(checked(database, answer))
            except SqlwrightError:
                found = ()  # a database without rows: the plain ones have to do
        self._made[key] = found


def model_is_remote(name: str) -> bool:
    return name.startswith("openai:")


def plain(connection: Connection) -> tuple[str, ...]:
    tables = [table.name.replace("_", " ") for table in connection.context.schema if not table.is_view]
    return tuple(f"How many rows does {name} have?" for name in tables[:COUNT])


def checked(database: Database, answer: Callable[[str], Answer]) -> Iterator[str]:
    """Up to `COUNT` questions, each of another shape, whose answer equals the result of the query they were made of."""
    count, tables = 0, set[tuple[str, ...]]()
    for shape in SHAPES:
        for pair in _pairs(database, shape):
            said = answer(pair.question)
            gold = database.run(pair.gold_sql, QueryLimits(timeout_s=2.0)).table
            if gold is None or not _is_right(said, gold) or said.tables in tables:
                continue
            tables.add(said.tables)
            yield pair.question
            count += 1
            break
        if count == COUNT:
            return


def _pairs(database: Database, shape: str) -> list[Example]:
    options = SynthesisOptions(shapes={shape: 1}, limits=QueryLimits(timeout_s=1.0))
    try:
        made = [p.example for p in synthesize_pairs(database, TRIES, 7, options)]
    except SqlwrightError:  # the database has nothing of this shape
        return []
    with_chart = {p.id: _has_chart(database, p.gold_sql) for p in made}
    return sorted((p for p in made if len(p.question) <= MAX_CHARS), key=lambda p: not with_chart[p.id])


def _has_chart(database: Database, sql: str) -> bool:
    table = database.run(sql, QueryLimits(timeout_s=1.0)).table
    return table is not None and len(table.rows) <= MOST_ROWS and chart_for(table) is not None


def _is_right(said: Answer, gold: ResultTable) -> bool:
    return (
        said.table is not None
        and not is_degenerate(said.table)
        and len(said.table.rows) <= MOST_ROWS
        and (said.confidence or 0) >= MIN_CONFIDENCE
        and fingerprint(said.table) == fingerprint(gold)
    )
