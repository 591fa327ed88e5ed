"""`sqlwright schema`: what the database looks like."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from .options import database_option, echo_json

if TYPE_CHECKING:
    from ..core import ColumnProfile, InferredKey, Schema


MAX_SHOWN_VALUES = 8  # values or labels of a column on one line


@click.command("schema", short_help="Print what the database looks like.")
@database_option
@click.option("--format", "style", type=click.Choice(["ddl", "compact", "json"]), default="ddl", show_default=True)
@click.option("--table", "names", multiple=True, metavar="NAME", help="Only this table; may be repeated.")
@click.option("--samples", type=click.IntRange(0, 20), default=0, show_default=True, help="Stored values per column.")
@click.option("--row-counts", is_flag=True, help="Count the rows of every table.")
@click.option("--profile", "with_profile", is_flag=True, help="Also print the role, unit and values of each column.")
def command(
    database: str, style: str, names: tuple[str, ...], samples: int, row_counts: bool, with_profile: bool
) -> None:
    """Print tables, views, columns, keys and comments, and foreign keys inferred from names and values."""
    from ..db import open_database

    with open_database(database) as opened:
        schema = opened.schema(row_counts=row_counts, samples=samples)
        profile = opened.profile()
        for remark in opened.remarks:
            click.echo(f"note: {remark}", err=True)
    if names:
        schema = only(schema, names)
    keys = [key for key in profile.inferred_keys if key.table in {table.full_name for table in schema}]
    columns = [c for t in schema for c in map(partial(profile.of, t.full_name), (c.name for c in t.columns)) if c]
    if style == "json":
        from ..core import Profile
        from ..db.profile.cache import to_dict

        found = to_dict(Profile({(c.table, c.column): c for c in columns}, tuple(keys), profile.last_date))
        shown = {"inferred_keys": found["inferred_keys"], **({"profile": found["columns"]} if with_profile else {})}
        echo_json({**schema.to_dict(), **shown})
        return
    from ..prompts import render_compact, render_ddl

    click.echo(render_ddl(schema) if style == "ddl" else render_compact(schema))
    for key in keys:
        click.echo(key_line(key))
    for column in columns if with_profile else ():
        click.echo(column_line(column))


def key_line(inferred: InferredKey) -> str:
    """A comment of SQL: the key as profile.yaml writes it, and why it is one."""
    key = inferred.key
    return (
        f"-- inferred: {inferred.table}.{key.columns[0]} -> {key.ref_table}.{key.ref_columns[0]} ({inferred.evidence})"
    )


def column_line(column: ColumnProfile) -> str:
    """A comment of SQL: the role of a column and what else is known of it."""
    facts: list[str] = [column.role]
    if column.date_storage:
        facts.append(f"stored as {column.date_storage}")
    if column.true_value or column.false_value:
        facts.append(f"{column.true_value} is yes, {column.false_value} is no")
    if column.unit:
        facts.append(f"in {column.unit}")
    if column.lowest or column.highest:
        facts.append(f"{column.lowest} to {column.highest}")
    if column.labels:
        facts.append(", ".join(f"{code} = {label}" for code, label in column.labels[:MAX_SHOWN_VALUES]))
    elif column.values and column.role in ("category", "code"):
        facts.append(", ".join(column.values[:MAX_SHOWN_VALUES]))
    if column.markers:
        facts.append(f"{' and '.join(map(repr, column.markers[:MAX_SHOWN_VALUES]))} for missing")
    if column.null_share:
        facts.append(f"{column.null_share:.0%} missing")
    return " ".join(f"-- {column.table}.{column.column}: {'; '.join(facts)}".split())


def only(schema: Schema, names: tuple[str, ...]) -> Schema:
    """The named tables, in the schema's order. Raises NotFoundError."""
    wanted = {schema.table(name).full_name for name in names}
    return replace(schema, tables=tuple(table for table in schema if table.full_name in wanted))
