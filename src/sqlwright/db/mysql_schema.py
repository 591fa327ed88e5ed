"""MySQL's and MariaDB's information schema as facts: three queries, whatever the number of tables."""

from __future__ import annotations

import re

from ..core import Checked, Column
from .catalog import Catalog, ColumnFact, Fetch

_LABEL = re.compile(r"'((?:[^']|'')*)'")
_BINARY = ("blob", "binary", "geometry", "point", "polygon", "linestring", "multi", "bit")
_TABLES = Checked.trusted(
    """
  SELECT table_name, table_type LIKE '%VIEW%', table_comment FROM information_schema.tables
  WHERE table_schema = database() ORDER BY create_time IS NULL, create_time, table_name
""",
    "catalog",
)
_COLUMNS = Checked.trusted(
    """
  SELECT table_name, column_name, column_type, is_nullable = 'YES', column_comment, data_type
  FROM information_schema.columns WHERE table_schema = database() ORDER BY table_name, ordinal_position
""",
    "catalog",
)
_KEYS = Checked.trusted(
    """
  SELECT constraint_name, table_name, column_name, referenced_table_schema, referenced_table_name,
    referenced_column_name
  FROM information_schema.key_column_usage WHERE table_schema = database()
    AND (constraint_name = 'PRIMARY' OR referenced_table_name IS NOT NULL)
  ORDER BY table_name, constraint_name, ordinal_position
""",
    "catalog",
)


def read_catalog(fetch: Fetch, db_id: str) -> Catalog:
    # A view's comment is the word VIEW, or what is wrong with it.
    tables = [
        (db_id, name, bool(is_view), "" if is_view else comment or "") for name, is_view, comment in fetch(_TABLES)
    ]
    columns: dict[tuple[str, str], list[ColumnFact]] = {}
    for table, name, declared, nullable, comment, base in fetch(_COLUMNS):
        column = Column(name, _text(declared), bool(nullable), _text(comment))
        is_enum = _text(base).lower() in ("enum", "set")
        labels = tuple(label.replace("''", "'") for label in _LABEL.findall(column.type)) if is_enum else ()
        binary = any(word in _text(base).lower() for word in _BINARY)
        columns.setdefault((db_id, table), []).append(ColumnFact(column, labels, binary))
    catalog = Catalog(db_id, "mysql", db_id, tables, columns)
    parts: dict[tuple[str, str], list[tuple[str, str, str, str]]] = {}
    for constraint, table, name, ref_schema, ref_table, ref_name in fetch(_KEYS):
        parts.setdefault((table, constraint), []).append((name, ref_schema, ref_table, ref_name))
    for (table, constraint), rows in parts.items():
        names = tuple(row[0] for row in rows)
        if constraint == "PRIMARY":
            catalog.primary_keys[db_id, table] = names
        else:
            key = (names, (rows[0][1], rows[0][2]), tuple(row[3] for row in rows))
            catalog.foreign_keys.setdefault((db_id, table), []).append(key)
    return catalog


def _text(value: str | bytes | None) -> str:
    """MySQL 8 gives some columns of the information schema as bytes."""
    return value.decode() if isinstance(value, bytes) else value or ""
