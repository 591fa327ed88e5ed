"""DuckDB's catalogue as facts: four queries, whatever the number of tables."""

from __future__ import annotations

import re

from ..core import Checked, Column
from .catalog import Catalog, ColumnFact, Fetch

_LABEL = re.compile(r"'((?:[^']|'')*)'")
_HERE = "NOT internal AND database_name = current_database()"
_TABLES = Checked.trusted(
    f"SELECT schema_name, table_name, false, coalesce(comment, ''), table_oid FROM duckdb_tables() WHERE {_HERE} "
    "UNION ALL SELECT schema_name, view_name, true, coalesce(comment, ''), view_oid FROM duckdb_views() "
    f"WHERE {_HERE} ORDER BY 1, 5",
    "catalog",
)
_COLUMNS = Checked.trusted(
    "SELECT schema_name, table_name, column_name, data_type, is_nullable, coalesce(comment, '') "
    f"FROM duckdb_columns() WHERE {_HERE} ORDER BY table_oid, column_index",
    "catalog",
)
_KEYS = Checked.trusted(
    "SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table, "
    "referenced_column_names FROM duckdb_constraints() WHERE database_name = current_database() "
    "AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY') ORDER BY table_oid, constraint_index",
    "catalog",
)


def read_catalog(fetch: Fetch, db_id: str) -> Catalog:
    tables = fetch(_TABLES)
    columns: dict[tuple[str, str], list[ColumnFact]] = {}
    for namespace, table, name, declared, nullable, comment in fetch(_COLUMNS):
        is_enum = declared.startswith("ENUM(") and not declared.endswith("]")
        labels = tuple(label.replace("''", "'") for label in _LABEL.findall(declared)) if is_enum else ()
        fact = ColumnFact(Column(name, declared, nullable, comment), labels, declared in ("BLOB", "GEOMETRY"))
        columns.setdefault((namespace, table), []).append(fact)
    catalog = Catalog(db_id, "duckdb", "main", [row[:4] for row in tables], columns)  # type: ignore[misc]
    for namespace, table, kind, names, target, target_names in fetch(_KEYS):
        at = (namespace, table)
        if kind == "PRIMARY KEY":
            catalog.primary_keys[at] = tuple(names)
        else:  # DuckDB has no foreign keys across schemas
            key = (tuple(names), (namespace, target), tuple(target_names))
            catalog.foreign_keys.setdefault(at, []).append(key)
    return catalog
