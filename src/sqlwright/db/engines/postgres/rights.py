"""What a PostgreSQL role may do beyond reading, and the statements that make one for reading only."""

from __future__ import annotations

from contextlib import closing
from typing import cast

from ....core import quote_identifier
from ...database import Database
from ...rights import PASSWORD, ROLE, Rights
from .engine import PostgresEngine


def describe(database: Database) -> Rights:
    engine = cast("PostgresEngine", database.engine)
    with closing(engine.connect()) as connection:

        def names(sql: str) -> tuple[str, ...]:
            return tuple(str(row[0]) for row in connection.execute(sql.encode()).fetchall())

        (user,) = names("SELECT current_user")
        superuser = names("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == ("True",)
        can_write = names(_WRITABLE)
        may_create = names(_CREATE) == ("True",)
        roles = names(_ROLES)
        large_objects = names(_LARGE_OBJECTS)
        remote = names(_REMOTE)
    dangerous = tuple(f"the role {role}" for role in roles)
    if large_objects:
        dangerous += ("large objects, which can be made in a READ ONLY transaction (this program always rolls back)",)
    dangerous += tuple(f"{name}, which runs SQL through another connection" for name in remote)
    fix = _role(database) if superuser or can_write or may_create or roles else ()
    if large_objects:
        fix += (f"REVOKE EXECUTE ON FUNCTION {', '.join(large_objects)} FROM PUBLIC;",)
    return Rights(user, can_write, superuser, may_create, dangerous, fix)


_TABLES = """
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND has_schema_privilege(n.oid, 'USAGE')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
"""
_WRITABLE = f"""
  SELECT CASE WHEN n.nspname = current_schema() THEN c.relname ELSE n.nspname || '.' || c.relname END
  {_TABLES} AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') ORDER BY c.oid
"""
_CREATE = """
  SELECT has_database_privilege(current_database(), 'CREATE') OR EXISTS (
    SELECT FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
      AND has_schema_privilege(oid, 'CREATE'))
"""
_ROLES = """
  SELECT rolname FROM pg_roles
  WHERE rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend',
    'pg_write_all_data') AND pg_has_role(current_user, oid, 'USAGE') ORDER BY 1
"""
_LARGE_OBJECTS = """
  SELECT oid::regprocedure::text FROM pg_proc
  WHERE pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege(oid, 'EXECUTE')
    AND proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lo_unlink', 'lo_open', 'lo_truncate',
      'lo_truncate64', 'lowrite') ORDER BY 1
"""
_REMOTE = """
  SELECT DISTINCT proname FROM pg_proc
  WHERE proname IN ('dblink', 'dblink_exec', 'dblink_connect') AND has_function_privilege(oid, 'EXECUTE') ORDER BY 1
"""


def _role(database: Database) -> tuple[str, ...]:
    namespaces = sorted({table.namespace for table in database.schema()} or {""})
    with closing(cast("PostgresEngine", database.engine).connect()) as connection:
        row = connection.execute("SELECT coalesce(current_schema(), 'public')").fetchone()
    home = str(row[0]) if row else "public"
    lines = [
        f"CREATE ROLE {ROLE} LOGIN PASSWORD {PASSWORD};",
        f"ALTER ROLE {ROLE} SET default_transaction_read_only = on;",
        f"GRANT CONNECT ON DATABASE {quote_identifier(database.name, 'postgres')} TO {ROLE};",
    ]
    for namespace in namespaces:
        name = quote_identifier(namespace or home, "postgres")
        lines += [
            # PUBLIC may create in "public" up to PostgreSQL 14.
            f"REVOKE CREATE ON SCHEMA {name} FROM PUBLIC;",
            f"GRANT USAGE ON SCHEMA {name} TO {ROLE};",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO {ROLE};",
        ]
    return tuple(lines)
