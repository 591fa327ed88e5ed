"""A database that runs and checks each statement once.

Every rule of an evaluation runs the gold and the prediction, and several questions share a gold query: on Spider dev
with all columns that is five runs for every distinct one.
"""

from __future__ import annotations

from collections import OrderedDict

from ..core import Checked, Dialect, Outcome, QueryLimits, Refused, Schema
from ..db.database import Database
from ..db.engine import Engine

MAX_STATEMENTS = 256  # statements remembered
MAX_CELLS = 2_000_000  # cells of all remembered results together: about 200 MB of small values


class CachedEngine:
    """Wraps an engine; the answer to a statement is that of its first run.

    A whole result answers under any limits, also smaller ones; a timeout under any that allow no more time; a result
    that limits cut only under the same. The oldest statements are forgotten beyond MAX_STATEMENTS and MAX_CELLS.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.dialect: Dialect = engine.dialect
        self.name = engine.name
        self.location = engine.location
        self._known: OrderedDict[str, tuple[QueryLimits, Outcome]] = OrderedDict()
        self._cells = 0

    def introspect(self, *, row_counts: bool = False, samples: int = 0) -> Schema:
        return self.engine.introspect(row_counts=row_counts, samples=samples)

    def functions(self) -> frozenset[str]:
        return self.engine.functions()

    def execute(self, statement: Checked, limits: QueryLimits) -> Outcome:
        sql = statement.sql
        known = self._known.get(sql)
        if known is not None and _answers(*known, limits):
            return known[1]
        outcome = self.engine.execute(statement, limits)
        self._keep(sql, limits, outcome)
        return outcome

    def interrupt(self) -> None:
        self.engine.interrupt()

    def again(self) -> CachedEngine:
        return CachedEngine(self.engine.again())

    def close(self) -> None:
        self._known.clear()
        self.engine.close()

    def _keep(self, sql: str, limits: QueryLimits, outcome: Outcome) -> None:
        replaced = self._known.pop(sql, None)
        if replaced is not None:
            self._cells -= _cells(replaced[1])
        self._known[sql] = (limits, outcome)
        self._cells += _cells(outcome)
        while len(self._known) > 1 and (len(self._known) > MAX_STATEMENTS or self._cells > MAX_CELLS):
            _, (_, oldest) = self._known.popitem(last=False)
            self._cells -= _cells(oldest)


class CachedDatabase(Database):
    """A Database over a CachedEngine that also checks each statement once."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(CachedEngine(engine))
        self._checked: OrderedDict[str, Checked | Refused] = OrderedDict()

    def check(self, sql: str) -> Checked | Refused:
        if sql not in self._checked:
            self._checked[sql] = super().check(sql)
            if len(self._checked) > MAX_STATEMENTS:
                self._checked.popitem(last=False)
        return self._checked[sql]


def _answers(had: QueryLimits, outcome: Outcome, limits: QueryLimits) -> bool:
    """Whether the outcome under the limits `had` is also that under `limits`."""
    if outcome.status == "timeout":
        return limits.timeout_s <= had.timeout_s
    whole = outcome.table is None or outcome.table.truncated is None
    return whole or had == limits


def _cells(outcome: Outcome) -> int:
    return 0 if outcome.table is None else len(outcome.table.rows) * len(outcome.table.columns)
