"""`sqlwright run`: one statement through guard and limits, or a saved question."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ..api.targets import target_of
from ..core.errors import UsageError
from .options import NO_DATABASE, echo_json, limits_options, password_options
from .output import Output, output_options, write_file, write_table
from .save import file_database_option, params_option
from .stdin import read_stdin, read_text

if TYPE_CHECKING:
    from ..core import Outcome, QueryLimits


@click.command("run", short_help="Run one statement, or a saved question, through guard and limits.")
@click.argument("sql", required=False, metavar="[SQL|NAME]")
@file_database_option("What `ask -d` takes; a saved question knows its own.")
@password_options
@limits_options
@output_options
@click.option("--file", "file", type=click.Path(path_type=Path), help="Read the statement from there.")
@params_option("Value of a parameter of the saved question; may be repeated.")
def command(
    sql: str | None,
    database: str | None,
    limits: QueryLimits,
    output: Output,
    file: Path | None,
    params: dict[str, str],
) -> None:
    """Run SQL (or, for -, what stdin says) read-only and print its rows.

    A single word is the NAME of a question that `sqlwright save` has kept: its query runs on its database, unless the
    schema has changed since.
    """
    from ..db import open_database
    from ..settings import is_name

    if sql is not None and file is None and is_name(sql):
        outcome = _run_saved(sql, _explicit(database), params, limits)
    elif params:
        raise UsageError("--param is for a saved question.", "Try: sqlwright run NAME --param year=2024")
    else:
        statement = _statement(sql, file)
        if not database:
            raise UsageError("Which database?", NO_DATABASE)
        with open_database(database) as opened:
            outcome = opened.run(statement, limits)
    _show(outcome, output)
    if not outcome.ok:
        sys.exit(1)


def _explicit(database: str | None) -> str | None:
    """The database of the command line: a default does not take the place of the saved one."""
    source = click.get_current_context().get_parameter_source("database")
    return database if source is ParameterSource.COMMANDLINE else None


def _run_saved(name: str, database: str | None, params: dict[str, str], limits: QueryLimits) -> Outcome:
    from ..db import open_database
    from ..saved import read_saved, run_saved

    saved = read_saved(name)
    with open_database(database or target_of(saved.database)) as opened:
        outcome = run_saved(saved, opened, params, limits)
    chosen = ", ".join(f"{p.name} = {params.get(p.name, p.default)}" for p in saved.params)
    click.echo(" ".join(filter(None, (f"{name}:", saved.question, f"({chosen})" if chosen else ""))), err=True)
    return outcome


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
