"""PostgreSQL's catalogue as facts: five queries, whatever the number of tables."""

from __future__ import annotations

from ....core import Checked, Column
from ...catalog import Catalog, ColumnFact, Fetch

# Tables, partitioned and foreign tables, views, materialized views that this role may read; partitions are reached
# through their parent, and what an extension brought along is not the user's data.
_READABLE = """
  SELECT c.oid, n.nspname, c.relname, c.relkind
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
    AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
_TABLES = Checked.trusted(
    f"""
  WITH t AS MATERIALIZED ({_READABLE})
  SELECT nspname, relname, relkind IN ('v', 'm'), coalesce(obj_description(oid, 'pg_class'), '')
  FROM t ORDER BY nspname <> coalesce(current_schema(), 'public'), nspname, oid
""",
    "catalog",
)
_COLUMNS = Checked.trusted(
    f"""
  WITH t AS MATERIALIZED ({_READABLE}),
    labels AS (SELECT enumtypid, array_agg(enumlabel::text ORDER BY enumsortorder) AS names
               FROM pg_catalog.pg_enum GROUP BY enumtypid)
  SELECT t.nspname, t.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
    coalesce(col_description(t.oid, a.attnum), ''), coalesce(labels.names, ARRAY[]::text[]),
    a.atttypid = 'bytea'::regtype
  FROM t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid LEFT JOIN labels ON labels.enumtypid = a.atttypid
  WHERE a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(t.oid, a.attnum, 'SELECT')
  ORDER BY t.oid, a.attnum
""",
    "catalog",
)
_NAMES = """ARRAY(SELECT a.attname::text FROM unnest({keys}) WITH ORDINALITY AS u (attnum, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = {table} AND a.attnum = u.attnum ORDER BY u.place)"""
_HOME = Checked.trusted("SELECT coalesce(current_schema(), 'public')", "catalog")
_KEYS = Checked.trusted(
    f"""
  SELECT k.contype::text, n.nspname, c.relname, {_NAMES.format(keys="k.conkey", table="k.conrelid")},
    target_n.nspname, target.relname, {_NAMES.format(keys="k.confkey", table="k.confrelid")}
  FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_class target ON target.oid = k.confrelid
    LEFT JOIN pg_catalog.pg_namespace target_n ON target_n.oid = target.relnamespace
  WHERE k.contype IN ('p', 'f') AND k.conparentid = 0 ORDER BY k.conrelid, k.conkey, k.oid
""",
    "catalog",
)


def read_catalog(fetch: Fetch, db_id: str) -> Catalog:
    home = fetch(_HOME)[0][0]
    columns: dict[tuple[str, str], list[ColumnFact]] = {}
    for namespace, table, name, declared, nullable, comment, labels, binary in fetch(_COLUMNS):
        fact = ColumnFact(Column(name, declared, nullable, comment, labels=tuple(labels)), tuple(labels), binary)
        columns.setdefault((namespace, table), []).append(fact)
    tables = [(namespace, name, view, comment) for namespace, name, view, comment in fetch(_TABLES)]
    catalog = Catalog(db_id, "postgres", home, tables, columns)
    for kind, namespace, table, names, ref_namespace, ref_table, ref_names in fetch(_KEYS):
        at = (namespace, table)
        if kind == "p":
            catalog.primary_keys[at] = tuple(names)
        else:
            key = (tuple(names), (ref_namespace, ref_table), tuple(ref_names))
            catalog.foreign_keys.setdefault(at, []).append(key)
    return catalog
