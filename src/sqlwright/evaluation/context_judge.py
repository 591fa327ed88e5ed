"""Predictions judged on the databases that their own rows carry, made one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ..core import DataError, QueryLimits
from ..data.row_database import RowContext, build_database, read_context
from ..db import open_database
from ..db.database import Database
from .cached_engine import CachedDatabase
from .item import ItemReport
from .judge import Judge, judge_text
from .metric import Metric
from .predictions import Pair

EMPTY = "The row's own tables are empty."


class ContextJudge:
    """Judges pairs whose Example has `ddl`. The databases are files in `scratch` ("" is the system's folder)."""

    def __init__(self, limits: QueryLimits, scratch: str = "", metrics: Sequence[Metric] | None = None) -> None:
        self.limits, self.scratch, self.metrics = limits, scratch, metrics

    def __call__(self, pair: Pair) -> ItemReport:
        """Where no database can be made, the item of its text, with the reason.

        On tables without rows every query that runs gives the same nothing: the item then says whether the prediction
        runs, and has no execution verdict.
        """
        try:
            context = read_context(pair.example.ddl, db_id=pair.example.db_id)
            with self._built(context) as database:
                item = Judge(database, self.limits, metrics=self.metrics, rows=context.n_rows > 0)(pair)
        except DataError as error:
            return replace(judge_text(pair, metrics=self.metrics), reason=f"No database: {error.message}.")
        return item if context.n_rows or item.state != "judged" else _without_execution(item)

    @contextmanager
    def _built(self, context: RowContext) -> Iterator[Database]:
        with TemporaryDirectory(prefix="sqlwright-", dir=self.scratch or None) as folder:
            path = Path(folder) / "context.sqlite"
            build_database(context, path)
            with CachedDatabase(open_database(path).engine) as database:
                yield database


def _without_execution(item: ItemReport) -> ItemReport:
    failed = item.valid_sql is False
    return replace(
        item,
        state="no_rows",
        no_power=None,
        cause=item.cause if failed else None,
        reason=f"{EMPTY} {item.reason}" if failed else EMPTY,
        flags=(),
    )
