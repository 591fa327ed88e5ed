"""The published rules but test-suite execution: BIRD's execution accuracy, exact match and exact set match.

Statements run as the public scripts run them, as far as the guard lets a prediction run.
"""

from __future__ import annotations

from ..core import Checked, Dialect, Outcome, QueryLimits, Schema
from ..db.database import Database
from ..db.engines import ENGINES

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
    if not ENGINES[database.dialect].allows_reads_only:
        return database.run(sql, limits)
    return database.engine.execute(Checked.trusted(sql, "gold query"), limits)


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


def exact_match(gold_sql: str, predicted_sql: str, dialect: Dialect = "sqlite") -> bool:
    """Equal after `sql.normalize`: case of names and keywords, blanks, quotes and alias names do not count."""
    from ..sql.normalize import normalize

    if not predicted_sql.strip():
        return False
    return normalize(gold_sql, dialect) == normalize(predicted_sql, dialect)


def exact_set_match(gold_sql: str, predicted_sql: str, schema: Schema) -> bool:
    """False where either text is not in Spider's grammar. Columns and keys come from `schema`; values never count."""
    from .spider import SpiderSyntaxError, exact_set, parse

    try:
        return exact_set(parse(gold_sql, schema), parse(predicted_sql, schema), schema)
    except (SpiderSyntaxError, RecursionError):
        return False
