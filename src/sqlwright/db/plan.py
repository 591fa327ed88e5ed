"""The engine's own plan of a query, without running it."""

from __future__ import annotations

from ..core import Checked, Outcome, QueryLimits
from .database import Database
from .engines import ENGINES

PLAN_TIMEOUT_S = 2.0


def plan_of(database: Database, sql: str) -> tuple[str, ...]:
    """The plan's lines; () where the guard refuses `sql` or the engine gives no plan."""
    checked = database.check(sql)
    if not checked.allowed:
        return ()
    kind = ENGINES[database.dialect]
    explain = Checked.trusted(kind.explain + checked.sql, "EXPLAIN of a checked statement")
    outcome: Outcome = database.engine.execute(explain, QueryLimits(timeout_s=PLAN_TIMEOUT_S))
    return () if outcome.table is None else tuple(kind.plan_lines(outcome.table))
