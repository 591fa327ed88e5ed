"""`sqlwright run`: one statement through guard and limits."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..core.errors import UsageError
from .options import database_option, echo_json, limits_options
from .output import Output, output_options, write_file, write_table
from .stdin import read_stdin, read_text

if TYPE_CHECKING:
    from ..core import Outcome, QueryLimits


@click.command("run", short_help="Run one statement through guard and limits.")
@click.argument("sql", required=False)
@database_option
@limits_options
@output_options
@click.option("--file", "file", type=click.Path(path_type=Path), help="Read the statement from there.")
def command(sql: str | None, database: str, limits: QueryLimits, output: Output, file: Path | None) -> None:
    """Run SQL (or, for -, what stdin says) read-only and print its rows."""
    from ..db import open_database

    statement = _statement(sql, file)
    with open_database(database) as opened:
        outcome = opened.run(statement, limits)
    _show(outcome, output)
    if not outcome.ok:
        sys.exit(1)


def _statement(sql: str | None, file: Path | None) -> str:
    """Raises UsageError for none, and for two."""
    if (sql is None) == (file is None):
        raise UsageError("Give one statement, or --file FILE.", "Try: sqlwright run 'SELECT 1'")
    if file is not None:
        return read_text(file)
    return read_stdin() if sql == "-" else str(sql)


def _show(outcome: Outcome, output: Output) -> None:
    from .table import describe, print_table

    if output.as_json:
        if output.path is None:
            echo_json(to_dict(outcome))
        else:
            write_file(output.path, f"{json.dumps(to_dict(outcome), ensure_ascii=False, indent=2)}\n".encode())
    elif outcome.table is None:
        click.echo(f"{outcome.status}: {outcome.message()}", err=True)
    elif output.for_people:
        print_table(outcome.table, outcome.elapsed_s)
    else:
        write_table(outcome.table, output, output.path)
        click.echo(describe(outcome.table, outcome.elapsed_s), err=True)


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
