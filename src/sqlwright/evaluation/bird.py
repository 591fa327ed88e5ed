"""BIRD's execution accuracy: the two results as sets of rows."""

from __future__ import annotations

from ..core import Outcome, QueryLimits
from ..db.database import Database
from .published import PUBLISHED_LIMITS, run_gold, run_prediction


def bird_execution(
    database: Database, gold_sql: str, predicted_sql: str, *, limits: QueryLimits = PUBLISHED_LIMITS
) -> bool:
    """`set(predicted) == set(gold)`: order and duplicates never count, the order of columns does.

    As evaluation_ex.py of bird-bench/mini_dev. An empty statement returns no row there, and so it does here.
    """
    gold, predicted = (
        _rows(run_gold(database, gold_sql, limits)),
        _rows(run_prediction(database, predicted_sql, limits)),
    )
    return gold is not None and predicted is not None and gold == predicted


def _rows(outcome: Outcome) -> set[tuple[object, ...]] | None:
    if not outcome.sql.strip():
        return set()
    if outcome.table is None or outcome.table.truncated:
        return None
    return {tuple(repr(v) if isinstance(v, (list, dict)) else v for v in row) for row in outcome.table.rows}
