"""What a MySQL account may do beyond reading, and the statements that make one for reading only."""

from __future__ import annotations

from contextlib import closing
from typing import Any, cast

from ....core import quote_identifier
from ...database import Database
from ...rights import PASSWORD, ROLE, Rights
from .engine import MysqlEngine

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE"})
_CREATES = frozenset({"CREATE", "ALTER", "DROP", "INDEX", "CREATE VIEW", "CREATE ROUTINE", "TRIGGER", "EVENT"})
# What each reaches: files of the server, other sessions, accounts, settings.
_DANGEROUS = frozenset(
    "FILE,PROCESS,SUPER,SHUTDOWN,RELOAD,CREATE USER,BINLOG ADMIN,CONNECTION ADMIN,SYSTEM_VARIABLES_ADMIN".split(",")
)


def describe(database: Database) -> Rights:
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
        everywhere = _privileges(rows(f"{_GLOBAL} WHERE grantee IN {grantees}"))
        # A grant's database name is a LIKE pattern.
        here = _privileges(rows(f"{_SCHEMA} WHERE grantee IN {grantees} AND database() LIKE table_schema"))
        by_table = rows(f"{_TABLE} WHERE grantee IN {grantees} AND table_schema = database()")
    tables = [table.full_name for table in database.schema() if not table.is_view]
    some = {str(table) for table, privilege in by_table if str(privilege).upper() in _WRITES}
    can_write = tuple(tables) if (everywhere | here) & _WRITES else tuple(t for t in tables if t in some)
    may_create = bool((everywhere | here) & _CREATES)
    dangerous = tuple(sorted(everywhere & _DANGEROUS))
    fix = _user(database.name) if can_write or may_create or dangerous else ()
    return Rights(user, can_write, "SUPER" in everywhere, may_create, dangerous, fix)


_GLOBAL = "SELECT privilege_type FROM information_schema.user_privileges"
_SCHEMA = "SELECT privilege_type FROM information_schema.schema_privileges"
_TABLE = "SELECT table_name, privilege_type FROM information_schema.table_privileges"


def _privileges(rows: list[tuple[Any, ...]]) -> set[str]:
    return {str(row[0]).upper() for row in rows}


def _user(name: str) -> tuple[str, ...]:
    # In a grant, _ and % in a database name are wildcards unless they are escaped.
    pattern = name.replace("_", "\\_").replace("%", "\\%")
    return (
        f"CREATE USER '{ROLE}'@'%' IDENTIFIED BY {PASSWORD};",
        f"GRANT SELECT, SHOW VIEW ON {quote_identifier(pattern, 'mysql', always=True)}.* TO '{ROLE}'@'%';",
    )
