"""CREATE TABLE statements of a realized schema in each dialect, with its keys and comments."""

from __future__ import annotations

from ...core import Column, Dialect, Schema, Table
from ...core.dialect import quote_identifier

# The generic type of a column -> its name in each dialect. SQLite's is in the schema, since it is the style's choice.
_TYPES: dict[str, dict[str, str]] = {
    "integer": {"duckdb": "BIGINT", "postgres": "bigint", "mysql": "BIGINT"},
    "real": {"duckdb": "DOUBLE", "postgres": "double precision", "mysql": "DOUBLE"},
    "decimal": {"duckdb": "DECIMAL(12,2)", "postgres": "numeric(12,2)", "mysql": "DECIMAL(12,2)"},
    "text": {"duckdb": "VARCHAR", "postgres": "text", "mysql": "VARCHAR(255)"},
    "date": {"duckdb": "DATE", "postgres": "date", "mysql": "DATE"},
    "timestamp": {"duckdb": "TIMESTAMP", "postgres": "timestamp", "mysql": "DATETIME"},
    "boolean": {"duckdb": "BOOLEAN", "postgres": "boolean", "mysql": "TINYINT(1)"},
}
SQLITE_TYPES: dict[str, tuple[str, ...]] = {
    "integer": ("INTEGER", "INTEGER", "INT", "BIGINT"),
    "real": ("REAL", "REAL", "DOUBLE", "FLOAT"),
    "decimal": ("REAL", "DECIMAL(10,2)", "NUMERIC", "NUMERIC(12,2)"),
    "text": ("TEXT", "TEXT", "VARCHAR(255)", "VARCHAR(100)"),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP", "DATETIME"),
    "boolean": ("BOOLEAN", "INTEGER", "TINYINT"),
}
_GENERIC = {name: generic for generic, names in SQLITE_TYPES.items() for name in names if name != "INTEGER"}


def render_ddl(schema: Schema, dialect: Dialect = "sqlite") -> str:
    """All statements, each ending with a semicolon. `schema` is one that `realize` made, with SQLite's types.

    SQLite keeps comments as text of the statement, MySQL with the column, the other two as COMMENT ON.
    """
    return "\n".join(create_table(table, dialect) for table in schema)


def create_table(table: Table, dialect: Dialect = "sqlite") -> str:
    """One table, followed by its COMMENT ON statements where the dialect has them."""
    lines = [(_column(column, dialect), column.comment) for column in table.columns]
    if table.primary_key:
        lines.append((f"PRIMARY KEY ({_names(table.primary_key, dialect)})", ""))
    for key in table.foreign_keys:
        target = f"{quote_identifier(key.ref_table, dialect)} ({_names(key.ref_columns, dialect)})"
        lines.append((f"FOREIGN KEY ({_names(key.columns, dialect)}) REFERENCES {target}", ""))
    name = quote_identifier(table.name, dialect)
    inline = dialect == "sqlite"
    rows = []
    for number, (line, comment) in enumerate(lines, 1):
        comma = "," if number < len(lines) else ""
        rows.append(f"  {line}{comma}" + (f"  -- {comment}" if comment and inline else ""))
    head = f"CREATE TABLE {name} (" + (f"  -- {table.comment}" if table.comment and inline else "")
    tail = f") COMMENT={_literal(table.comment)};" if table.comment and dialect == "mysql" else ");"
    return "\n".join([head, *rows, tail, *_comment_statements(table, dialect)])


def _column(column: Column, dialect: Dialect) -> str:
    kind = column.type if dialect == "sqlite" else _TYPES[_GENERIC.get(column.type, "integer")][dialect]
    required = "" if column.nullable else " NOT NULL"
    comment = f" COMMENT {_literal(column.comment)}" if column.comment and dialect == "mysql" else ""
    return f"{quote_identifier(column.name, dialect)} {kind}{required}{comment}"


def _comment_statements(table: Table, dialect: Dialect) -> list[str]:
    if dialect not in ("duckdb", "postgres"):
        return []
    name = quote_identifier(table.name, dialect)
    made = [f"COMMENT ON TABLE {name} IS {_literal(table.comment)};"] if table.comment else []
    for column in table.columns:
        if column.comment:
            spelled = f"{name}.{quote_identifier(column.name, dialect)}"
            made.append(f"COMMENT ON COLUMN {spelled} IS {_literal(column.comment)};")
    return made


def _names(names: tuple[str, ...], dialect: Dialect) -> str:
    return ", ".join(quote_identifier(name, dialect) for name in names)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
