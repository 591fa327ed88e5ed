"""Running statements for the published scores: as the public scripts do, as far as the guard lets a prediction run."""

from __future__ import annotations

from ..core import Checked, Outcome, QueryLimits
from ..db.database import Database

# The scripts fetch whatever comes; these limits only keep one result from filling the memory.
PUBLISHED_LIMITS = QueryLimits(timeout_s=30.0, max_rows=1_000_000, max_cell_bytes=16 << 20, max_result_bytes=256 << 20)


def run_prediction(database: Database, sql: str, limits: QueryLimits = PUBLISHED_LIMITS) -> Outcome:
    """What a model wrote passes the guard first. The scripts run it as it is: `docs/prove.md` counts the difference."""
    return database.run(sql, limits)


def run_gold(database: Database, sql: str, limits: QueryLimits = PUBLISHED_LIMITS) -> Outcome:
    """On SQLite the engine's answer without the guard's opinion, elsewhere through the guard.

    A person wrote the gold, and the scripts, which know only SQLite, run harmless ones that the guard refuses (a name
    it does not know, a shape that it cannot read). The SQLite engine is read-only and its authorizer allows reads and
    listed functions alone, so a write is an error. No other engine can be locked as far.
    """
    if database.dialect != "sqlite":
        return database.run(sql, limits)
    return database.engine.execute(Checked.trusted(sql, "gold query"), limits)
