"""MySQL and MariaDB servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....core import ResultTable
from ..kind import EngineKind

if TYPE_CHECKING:
    from ...database import Database
    from ...engine import Engine
    from ...rights import Rights


def _open(url: str) -> Engine:
    from .engine import MysqlEngine

    return MysqlEngine(url)


def _rights(database: Database) -> Rights:
    from .rights import describe

    return describe(database)


def _plan_lines(plan: ResultTable) -> list[str]:
    """A row a table, with a column for each fact."""
    rows = [zip(plan.columns, row, strict=True) for row in plan.rows]
    return [", ".join(f"{name}: {value!s}" for name, value in row if value is not None) for row in rows]


def _cell(name: str, declared: str, kind: str, chars: int) -> str:
    if declared.casefold().startswith("bit"):
        name = f"{name} + 0"  # else a byte
    return f"left(CAST({name} AS char), {chars})"


_STATE = """
    SELECT t.create_time, c.table_name, c.ordinal_position, c.column_name, c.column_type
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = database() ORDER BY c.table_name, c.ordinal_position"""

KIND = EngineKind(
    "mysql",
    schemes=frozenset({"mysql", "mariadb"}),
    open_url=_open,
    extra="mysql",
    catalog_state=_STATE,
    plan_lines=_plan_lines,
    rights=_rights,
    names_database=True,
    text_type="char",
    char_length="char_length",
    sample_cell=_cell,
    ignores_case=True,
    compares_mixed=True,
    has_year_type=True,
)
