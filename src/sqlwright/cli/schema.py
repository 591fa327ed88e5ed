"""`sqlwright schema`: what the database looks like."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from .options import database_option, echo_json

if TYPE_CHECKING:
    from ..core import Schema


@click.command("schema", short_help="Print what the database looks like.")
@database_option
@click.option("--format", "style", type=click.Choice(["ddl", "compact", "json"]), default="ddl", show_default=True)
@click.option("--table", "names", multiple=True, metavar="NAME", help="Only this table; may be repeated.")
@click.option("--samples", type=click.IntRange(0, 20), default=0, show_default=True, help="Stored values per column.")
@click.option("--row-counts", is_flag=True, help="Count the rows of every table.")
def command(database: str, style: str, names: tuple[str, ...], samples: int, row_counts: bool) -> None:
    """Print tables, views, columns, keys and comments."""
    from ..db import open_database

    with open_database(database) as opened:
        schema = opened.schema(row_counts=row_counts, samples=samples)
    if names:
        schema = only(schema, names)
    if style == "json":
        echo_json(schema.to_dict())
        return
    from ..prompts import render_compact, render_ddl

    click.echo(render_ddl(schema) if style == "ddl" else render_compact(schema))


def only(schema: Schema, names: tuple[str, ...]) -> Schema:
    """The named tables, in the schema's order. Raises NotFoundError."""
    wanted = {schema.table(name).full_name for name in names}
    return replace(schema, tables=tuple(table for table in schema if table.full_name in wanted))
