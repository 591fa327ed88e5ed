"""Running statements for the published scores: as the public scripts do, where nothing can be harmed."""

from __future__ import annotations

from ..core import Outcome, QueryLimits
from ..db.database import Database

# The scripts fetch whatever comes; these limits only keep one result from filling the memory.
PUBLISHED_LIMITS = QueryLimits(timeout_s=30.0, max_rows=1_000_000, max_cell_bytes=16 << 20, max_result_bytes=256 << 20)


def run_published(database: Database, sql: str, limits: QueryLimits = PUBLISHED_LIMITS) -> Outcome:
    """The engine's answer without the guard's opinion: read-only and locked, so a write is an error.

    The guard refuses some harmless statements that the scripts run (an unknown function, a shape that it cannot read),
    and a published score has to follow the scripts there.
    """
    return database.engine.execute(sql, limits)
