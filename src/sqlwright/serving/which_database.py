"""The database of a statement or of a table, where a call names none of several."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import NotFoundError, UsageError, closest, quoted
from ..core.shown import on_one_line
from .connection import Connection

MOST_REASONS = 3
REASON_CHARS = 120


def of_statement(sql: str, connections: Sequence[Connection]) -> Connection:
    """The only one of `connections` whose guard would run `sql`, or the only connection. Raises UsageError."""
    if len(connections) == 1:
        return connections[0]
    against = {connection.name: connection.check(sql) for connection in connections}
    able = [connection for connection in connections if not against[connection.name]]
    if len(able) == 1:
        return able[0]
    if able:
        raise _several("query", able)
    reasons = {name: on_one_line(found[0], REASON_CHARS) for name, found in against.items()}
    if len(set(reasons.values())) == 1:
        raise UsageError(next(iter(reasons.values())))
    told = " ".join(f"{name}: {reason}" for name, reason in list(reasons.items())[:MOST_REASONS])
    raise UsageError(f"None of the {len(connections)} databases would run this query. {told}")


def of_table(name: str, connections: Sequence[Connection]) -> Connection:
    """The only one of `connections` with that table, or the only connection. Raises NotFoundError and UsageError."""
    if len(connections) == 1:
        return connections[0]
    having = [connection for connection in connections if _has(connection, name)]
    if not having:
        known = dict.fromkeys(table.full_name for connection in connections for table in connection.context.schema)
        raise NotFoundError(f"No table {quoted(name)} in any database.", closest(name, known))
    if len(having) > 1:
        raise _several("table", having)
    return having[0]


def _has(connection: Connection, table: str) -> bool:
    try:
        connection.context.schema.table(table)
    except NotFoundError:
        return False
    return True


def _several(what: str, able: Sequence[Connection]) -> UsageError:
    names = ", ".join(connection.name for connection in able)
    return UsageError(f"This {what} fits several databases: {names}.", "Name one as 'database'.")
