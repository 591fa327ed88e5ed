"""What a connection's user may do beyond reading, and the statements that make a role for reading only."""

from __future__ import annotations

import getpass
import os
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from ..core import quote_identifier
from .database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from .mysql import MysqlEngine
    from .postgres import PostgresEngine

ROLE = "sqlwright_reader"
PASSWORD = "'choose-a-password'"  # noqa: S105  to be replaced by whoever runs it


@dataclass(frozen=True, slots=True)
class Rights:
    """`can_write` are full names; `dangerous` are rights that reach beyond this database's tables.

    `fix` is what an administrator runs, in order; empty where there is nothing to take away. `file_writable` is
    for files only: the file is opened read-only all the same.
    """

    user: str
    can_write: tuple[str, ...] = ()
    superuser: bool = False
    may_create: bool = False
    dangerous: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    file_writable: bool | None = None

    def lines(self) -> tuple[str, ...]:
        """The same for a person, one fact a line."""
        found = [f"user {self.user}"]
        if self.file_writable is not None:
            state = "may" if self.file_writable else "may not"
            found.append(f"{state} write the file; it is opened read-only in any case")
        if self.superuser:
            found.append("is a superuser: rights hold nothing back")
        if self.can_write:
            named = ", ".join(self.can_write[:5]) + (", ..." if len(self.can_write) > 5 else "")
            found.append(f"may write {len(self.can_write)} tables: {named}")
        if self.may_create:
            found.append("may create tables")
        found.extend(f"may use {right}" for right in self.dangerous)
        if len(found) == 1:
            found.append("may only read")
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def describe_rights(database: Database) -> Rights:
    if database.dialect == "postgres":
        return _postgres(database)
    if database.dialect == "mysql":
        return _mysql(database)
    path = cast("Path", getattr(database.engine, "path"))  # noqa: B009  both file engines have it
    return Rights(getpass.getuser(), file_writable=os.access(path, os.W_OK))


def _postgres(database: Database) -> Rights:
    engine = cast("PostgresEngine", database.engine)
    with closing(engine.connect()) as connection:

        def names(sql: str) -> tuple[str, ...]:
            return tuple(str(row[0]) for row in connection.execute(sql.encode()).fetchall())

        (user,) = names("SELECT current_user")
        superuser = names("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == ("True",)
        can_write = names(_POSTGRES_WRITABLE)
        may_create = names(_POSTGRES_CREATE) == ("True",)
        roles = names(_POSTGRES_ROLES)
        large_objects = names(_POSTGRES_LARGE_OBJECTS)
        remote = names(_POSTGRES_REMOTE)
    dangerous = tuple(f"the role {role}" for role in roles)
    if large_objects:
        dangerous += ("large objects, which can be made in a READ ONLY transaction (this program always rolls back)",)
    dangerous += tuple(f"{name}, which runs SQL through another connection" for name in remote)
    fix = _postgres_role(database) if superuser or can_write or may_create or roles else ()
    if large_objects:
        fix += (f"REVOKE EXECUTE ON FUNCTION {', '.join(large_objects)} FROM PUBLIC;",)
    return Rights(user, can_write, superuser, may_create, dangerous, fix)


_POSTGRES_TABLES = """
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND has_schema_privilege(n.oid, 'USAGE')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
"""
_POSTGRES_WRITABLE = f"""
  SELECT CASE WHEN n.nspname = current_schema() THEN c.relname ELSE n.nspname || '.' || c.relname END
  {_POSTGRES_TABLES} AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') ORDER BY c.oid
"""
_POSTGRES_CREATE = """
  SELECT has_database_privilege(current_database(), 'CREATE') OR EXISTS (
    SELECT FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
      AND has_schema_privilege(oid, 'CREATE'))
"""
_POSTGRES_ROLES = """
  SELECT rolname FROM pg_roles
  WHERE rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend',
    'pg_write_all_data') AND pg_has_role(current_user, oid, 'USAGE') ORDER BY 1
"""
_POSTGRES_LARGE_OBJECTS = """
  SELECT oid::regprocedure::text FROM pg_proc
  WHERE pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege(oid, 'EXECUTE')
    AND proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lo_unlink', 'lo_open', 'lo_truncate',
      'lo_truncate64', 'lowrite') ORDER BY 1
"""
_POSTGRES_REMOTE = """
  SELECT DISTINCT proname FROM pg_proc
  WHERE proname IN ('dblink', 'dblink_exec', 'dblink_connect') AND has_function_privilege(oid, 'EXECUTE') ORDER BY 1
"""


def _postgres_role(database: Database) -> tuple[str, ...]:
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


_MYSQL_WRITES = frozenset({"INSERT", "UPDATE", "DELETE"})
_MYSQL_CREATES = frozenset({"CREATE", "ALTER", "DROP", "INDEX", "CREATE VIEW", "CREATE ROUTINE", "TRIGGER", "EVENT"})
# What each reaches: files of the server, other sessions, accounts, settings.
_MYSQL_DANGEROUS = frozenset(
    "FILE,PROCESS,SUPER,SHUTDOWN,RELOAD,CREATE USER,BINLOG ADMIN,CONNECTION ADMIN,SYSTEM_VARIABLES_ADMIN".split(",")
)


def _mysql(database: Database) -> Rights:
    """Rights of the account itself and of everybody; those of a role it may switch to are not listed."""
    engine = cast("MysqlEngine", database.engine)
    with closing(engine.connect()) as connection, connection.cursor() as cursor:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        user = str(rows("SELECT current_user()")[0][0])
        name, host = user.rsplit("@", 1)
        account = f"'{name}'@'{host}'".replace("'", "''")
        grantees = f"('{account}', 'PUBLIC')"
        everywhere = _privileges(rows(f"{_MYSQL_GLOBAL} WHERE grantee IN {grantees}"))
        # A grant's database name is a LIKE pattern.
        here = _privileges(rows(f"{_MYSQL_SCHEMA} WHERE grantee IN {grantees} AND database() LIKE table_schema"))
        by_table = rows(f"{_MYSQL_TABLE} WHERE grantee IN {grantees} AND table_schema = database()")
    tables = [table.full_name for table in database.schema() if not table.is_view]
    some = {str(table) for table, privilege in by_table if str(privilege).upper() in _MYSQL_WRITES}
    can_write = tuple(tables) if (everywhere | here) & _MYSQL_WRITES else tuple(t for t in tables if t in some)
    may_create = bool((everywhere | here) & _MYSQL_CREATES)
    dangerous = tuple(sorted(everywhere & _MYSQL_DANGEROUS))
    fix = _mysql_user(database.name) if can_write or may_create or dangerous else ()
    return Rights(user, can_write, "SUPER" in everywhere, may_create, dangerous, fix)


_MYSQL_GLOBAL = "SELECT privilege_type FROM information_schema.user_privileges"
_MYSQL_SCHEMA = "SELECT privilege_type FROM information_schema.schema_privileges"
_MYSQL_TABLE = "SELECT table_name, privilege_type FROM information_schema.table_privileges"


def _privileges(rows: list[tuple[Any, ...]]) -> set[str]:
    return {str(row[0]).upper() for row in rows}


def _mysql_user(name: str) -> tuple[str, ...]:
    # In a grant _ and % of a database name stand for any character; escaped they stand for themselves.
    pattern = name.replace("_", "\\_").replace("%", "\\%")
    return (
        f"CREATE USER '{ROLE}'@'%' IDENTIFIED BY {PASSWORD};",
        f"GRANT SELECT, SHOW VIEW ON {quote_identifier(pattern, 'mysql', always=True)}.* TO '{ROLE}'@'%';",
    )
