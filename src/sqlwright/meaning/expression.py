"""The SQL expressions of definitions: parsed, and every column found in the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from ..core import ConfigError, NotFoundError, Schema, Table, closest, quoted
from ..core.meaning import Measure
from ..sql.reading import UnreadableError, read

MAX_CHARS = 2_000
MAX_DEPTH = 8  # of measures that use measures


@dataclass(frozen=True, slots=True)
class Resolved:
    """An expression whose columns all have their table (a full name), and the tables, that of the definition first."""

    tree: exp.Expr
    tables: tuple[str, ...]


def resolve(
    expression: str, table: str, schema: Schema, measures: Mapping[str, Measure] | None = None, depth: int = 0
) -> Resolved:
    """`expression` over `table`; a bare name may also be one of `measures`, whose expression takes its place.

    Raises ConfigError for what is not one SQL expression, for subqueries and windows, and NotFoundError for an unknown
    column, both with what to write instead.
    """
    tree = _parsed(expression, schema)
    owner = schema.table(table)
    tables = [owner.full_name]
    for column in list(tree.find_all(exp.Column)):
        name = column.name
        known = (measures or {}).get(name.casefold())
        if not column.table and known and not _has(owner, name):
            if depth >= MAX_DEPTH:
                raise ConfigError(f"The measure {quoted(known.name)} is defined by itself.")
            inner = resolve(known.expression, known.grain, schema, measures, depth + 1)
            tables += inner.tables
            replaced = exp.Paren(this=inner.tree)
            if column is tree:
                tree = replaced
            else:
                column.replace(replaced)
            continue
        found = _table_of(column, owner, schema, measures)
        spelled = found.column(name).name
        tables.append(found.full_name)
        column.set("this", exp.to_identifier(spelled, quoted=True))
        column.set("table", exp.to_identifier(found.full_name, quoted=True))
        column.set("db", None)
    return Resolved(tree, tuple(dict.fromkeys(tables)))


def is_aggregate(tree: exp.Expr) -> bool:
    """Whether an expression adds rows up, with no column beside an aggregate."""
    columns = list(tree.find_all(exp.Column))
    inside = [c for c in columns if c.find_ancestor(exp.AggFunc)]
    return bool(list(tree.find_all(exp.AggFunc))) and len(inside) == len(columns)


def has_aggregate(tree: exp.Expr) -> bool:
    return bool(list(tree.find_all(exp.AggFunc)))


def _parsed(expression: str, schema: Schema) -> exp.Expr:
    if not expression.strip():
        raise ConfigError("`expression` is empty. Write SQL, such as sum(amount).")
    if len(expression) > MAX_CHARS:
        raise ConfigError(f"`expression` has {len(expression)} characters; at most {MAX_CHARS} are read.")
    try:
        trees = [tree for tree in read(f"SELECT {expression}", schema.dialect)[1] if tree is not None]
    except (UnreadableError, RecursionError) as error:
        raise ConfigError(f"{quoted(expression)} is not a SQL expression of {schema.dialect}.") from error
    select = trees[0] if len(trees) == 1 else None
    given = {key for key, value in select.args.items() if value} if select is not None else set()
    if not isinstance(select, exp.Select) or given != {"expressions"} or len(select.expressions) != 1:
        raise ConfigError(f"Expected one SQL expression, found {quoted(expression)}.")
    tree: exp.Expr = select.expressions[0]
    if isinstance(tree, exp.Alias):
        tree = tree.this
    for found in tree.find_all(exp.Query, exp.Window, exp.Star):
        if not (isinstance(found, exp.Star) and isinstance(found.parent, exp.Count)):
            raise ConfigError(f"{quoted(expression)} has {_said(found)}, which a definition cannot have.")
    return tree


def _said(node: exp.Expr) -> str:
    if isinstance(node, exp.Window):
        return "a window function"
    return "* outside of count(*)" if isinstance(node, exp.Star) else "a subquery"


def _has(table: Table, name: str) -> bool:
    return any(column.name.casefold() == name.casefold() for column in table.columns)


def _table_of(column: exp.Column, owner: Table, schema: Schema, measures: Mapping[str, Measure] | None) -> Table:
    name = column.name
    if column.table:
        return schema.table(".".join(part for part in (column.db, column.table) if part))
    if _has(owner, name):
        return owner
    others = [table for table in schema if _has(table, name)]
    if len(others) == 1:
        return others[0]
    if others:
        places = ", ".join(f"{t.full_name}.{name}" for t in others)
        raise ConfigError(
            f"{quoted(name)} is not in {owner.full_name}, and in several other tables. Write one of: {places}."
        )
    known = [*_names(schema, owner), *(m.name for m in (measures or {}).values())]
    raise NotFoundError(f"No column {quoted(name)} in table {quoted(owner.full_name)}.", closest(name, known))


def _names(schema: Schema, owner: Table) -> Iterator[str]:
    yield from (column.name for column in owner.columns)
    for table in schema:
        if table is not owner:
            yield from (f"{table.full_name}.{column.name}" for column in table.columns)
