"""The engine's own plan of a query, without running it."""

from __future__ import annotations

from ..core import Checked, Dialect, Outcome, QueryLimits, ResultTable
from .database import Database

# None of these runs the query: a guarded text begins with SELECT, WITH, a bracket or, in DuckDB, FROM, PIVOT, UNPIVOT
# or SUMMARIZE, so it cannot add the ANALYZE that would. For a PIVOT without IN, DuckDB reads the values of its columns.
_EXPLAIN: dict[Dialect, str] = {
    "sqlite": "EXPLAIN QUERY PLAN ",
    "duckdb": "EXPLAIN ",
    "postgres": "EXPLAIN ",
    "mysql": "EXPLAIN ",
}
PLAN_TIMEOUT_S = 2.0


def plan_of(database: Database, sql: str) -> tuple[str, ...]:
    """The plan's lines; () where the guard refuses `sql` or the engine gives no plan."""
    checked = database.check(sql)
    if not checked.allowed:
        return ()
    limits = QueryLimits(timeout_s=PLAN_TIMEOUT_S)
    explain = Checked.trusted(_EXPLAIN[database.dialect] + checked.sql, "EXPLAIN of a checked statement")
    outcome: Outcome = database.engine.execute(explain, limits)
    return () if outcome.table is None else tuple(_lines(outcome.table, database.dialect))


def _lines(table: ResultTable, dialect: Dialect) -> list[str]:
    if dialect == "mysql":  # a row a table, with a column for each fact
        rows = [zip(table.columns, row, strict=True) for row in table.rows]
        return [", ".join(f"{name}: {value!s}" for name, value in row if value is not None) for row in rows]
    # The text stands in the last column: after ids in SQLite, after the plan's kind in DuckDB.
    return [line for row in table.rows for line in str(row[-1]).splitlines()]
