"""A Schema from CREATE TABLE text, for rows that carry their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core import Column, DataError, Dialect, ForeignKey, Schema, Table

if TYPE_CHECKING:
    from sqlglot import exp

# sqlglot's generic reading first, then the engines whose words it may not know.
READ_AS = ("", "sqlite", "mysql", "postgres", "tsql")


def schema_from_ddl(ddl: str, *, db_id: str = "", dialect: Dialect = "sqlite") -> Schema:
    """Tables, views, columns, keys, and types in sqlglot's generic spelling (INTEGER becomes INT).

    Other statements are passed over, and a table defined twice is one with the columns of both.

    Raises DataError where no table can be read.
    """
    from sqlglot import exp

    tables: dict[str, Table] = {}
    for statement in _statements(ddl):
        if isinstance(statement, exp.Create) and statement.kind in ("TABLE", "VIEW"):
            table = _table(statement)
            known = tables.get(table.name.casefold())
            tables[table.name.casefold()] = _merged(known, table) if known else table
    if not tables:
        raise DataError(f"no CREATE TABLE can be read in {ddl[:80]!r}")
    return Schema(db_id, dialect, tuple(tables.values()))


def _statements(ddl: str) -> list[exp.Expr | None]:
    import sqlglot
    from sqlglot.errors import SqlglotError

    def parsed(name: str) -> list[exp.Expr | None]:
        try:
            return list(sqlglot.parse(ddl, read=name or None))
        except (SqlglotError, RecursionError):
            return []

    return next(filter(None, map(parsed, READ_AS)), [])


def _table(statement: exp.Create) -> Table:
    from sqlglot import exp

    body = statement.this
    target = body.this if isinstance(body, exp.Schema) else body
    items = body.expressions if isinstance(body, exp.Schema) else []
    definitions = [i for i in items if isinstance(i, exp.ColumnDef)]
    primary = [d.name for d in definitions if d.find(exp.PrimaryKeyColumnConstraint)]
    for key in (k for i in items for k in i.find_all(exp.PrimaryKey)):
        primary += [_name(e) for e in key.expressions]
    return Table(
        target.name,
        tuple(_column(d) for d in definitions),
        tuple(dict.fromkeys(primary)),
        tuple(k for i in items for k in _foreign_keys(i)),
        is_view=statement.kind == "VIEW",
    )


def _column(definition: exp.ColumnDef) -> Column:
    from sqlglot import exp

    kind = definition.args.get("kind")
    not_null = definition.find(exp.NotNullColumnConstraint)  # stands for a plain NULL as well
    nullable = not definition.find(exp.PrimaryKeyColumnConstraint) and not (
        not_null and not not_null.args.get("allow_null")
    )
    return Column(definition.name, kind.sql() if kind else "", nullable)


def _foreign_keys(item: exp.Expr) -> Iterator[ForeignKey]:
    from sqlglot import exp

    for reference in item.find_all(exp.Reference):
        target = reference.this
        table = target.this if isinstance(target, exp.Schema) else target
        owner = reference.find_ancestor(exp.ForeignKey, exp.ColumnDef)
        if isinstance(owner, exp.ForeignKey):
            columns = tuple(_name(e) for e in owner.expressions)
        elif owner is not None:
            columns = (owner.name,)
        else:
            continue
        named = tuple(_name(e) for e in target.expressions) if isinstance(target, exp.Schema) else ()
        yield ForeignKey(columns, table.name, named or columns)


def _name(expression: exp.Expr) -> str:
    return str(expression.name)


def _merged(first: Table, second: Table) -> Table:
    """sql-create-context lists a table once for every use, each time with other columns."""
    names = {c.name.casefold() for c in first.columns}
    columns = first.columns + tuple(c for c in second.columns if c.name.casefold() not in names)
    keys = tuple(dict.fromkeys(first.foreign_keys + second.foreign_keys))
    return Table(first.name, columns, first.primary_key or second.primary_key, keys, is_view=first.is_view)
