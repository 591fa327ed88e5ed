"""`sqlwright run`: one statement through guard and limits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .options import database_option, echo_json, json_option, limits_from, limits_options
from .stdin import read_stdin

if TYPE_CHECKING:
    from ..core import Outcome


@click.command("run", short_help="Run one statement through guard and limits.")
@click.argument("sql")
@database_option
@limits_options
@json_option
def command(sql: str, database: str, timeout_s: float, max_rows: int, as_json: bool) -> None:
    """Run SQL (or, for -, what stdin says) read-only and print its rows."""
    from ..db import open_database
    from .table import print_table

    if sql == "-":
        sql = read_stdin()
    with open_database(database) as opened:
        outcome = opened.run(sql, limits_from(timeout_s, max_rows))
    if as_json:
        echo_json(to_dict(outcome))
    elif outcome.table is not None:
        print_table(outcome.table, outcome.elapsed_s)
    else:
        click.echo(f"{outcome.status}: {outcome.message()}", err=True)
    if not outcome.ok:
        sys.exit(1)


def to_dict(outcome: Outcome) -> dict[str, Any]:
    """Stable: `result` is null unless status is "rows"."""
    return {
        "sql": outcome.sql,
        "status": outcome.status,
        "result": outcome.table.to_dict() if outcome.table else None,
        "error": outcome.error,
        "violations": [violation.to_dict() for violation in outcome.violations],
        "elapsed_s": round(outcome.elapsed_s, 4),
    }
