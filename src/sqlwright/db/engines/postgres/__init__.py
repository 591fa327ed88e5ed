"""PostgreSQL servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kind import EngineKind

if TYPE_CHECKING:
    from ...database import Database
    from ...engine import Engine
    from ...rights import Rights


def _open(url: str) -> Engine:
    from .engine import PostgresEngine

    return PostgresEngine(url)


def _rights(database: Database) -> Rights:
    from .rights import describe

    return describe(database)


# The oid tells two tables apart that have exchanged their names.
_STATE = """
    SELECT c.oid, n.nspname, c.relname, c.relkind, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
    ORDER BY c.oid, a.attnum"""

KIND = EngineKind(
    "postgres",
    schemes=frozenset({"postgresql", "postgres"}),
    open_url=_open,
    extra="postgres",
    catalog_state=_STATE,
    rights=_rights,
)
