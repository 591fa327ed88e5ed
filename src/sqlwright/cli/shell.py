"""`sqlwright shell`: ask databases in the terminal, question after question."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .options import (
    answering_model_option,
    databases_option,
    language_option,
    limits_options,
    log_options,
    open_log,
)
from .serve import named_targets

if TYPE_CHECKING:
    from ..core import Language, QueryLimits
    from .terminal.reader import Read
    from .terminal.session import Session


@click.command("shell", short_help="Ask in the terminal, question after question.")
@databases_option
@answering_model_option
@language_option
@click.option(
    "--answer-timeout",
    type=click.FloatRange(1, 3600),
    default=120.0,
    show_default=True,
    help="Seconds that a remote model gets for one answer.",
)
@limits_options
@log_options
def command(
    databases: tuple[str, ...],
    model: str | None,
    language: Language | None,
    answer_timeout: float,
    limits: QueryLimits,
    no_log: bool,
    log_rows: bool,
) -> None:
    """Ask questions that may follow up on one another, or type SQL, which the guard checks.

    Tab completes names of tables and columns and stored values. Ctrl-C stops a query. \\help lists the commands; they
    begin with a backslash. With several -d each question goes to the database that it is about. Where the standard
    input is not a terminal, each of its lines is entered.
    """
    from ..serving import Service, ServiceOptions
    from .terminal.reader import from_stdin, repeat
    from .terminal.session import Session

    targets, options = named_targets(databases), ServiceOptions(limits, answer_timeout_s=answer_timeout)
    with open_log(no_log, log_rows) as log:
        service = Service.open(targets, model, options, log)
        try:
            first = next(iter(service.connections.values()))
            session = Session(service, first, language=language, targets=targets, routing=len(targets) > 1)
            if sys.stdin is None or not sys.stdin.isatty():
                sys.exit(0 if from_stdin(session) else 1)
            _greet(session)
            repeat(session, _read(session))
        finally:
            service.close()


def _greet(session: Session) -> None:
    from .terminal.commands import leaves

    for opened in session.service.connections.values():
        for remark in opened.remarks:
            click.echo(f"note: {remark}", err=True)
    connection = session.connection
    count = len(connection.context.schema)
    others = len(session.service.connections) - 1
    more = f" Each question goes to one of {others + 1} databases; \\use takes one for all." if others else ""
    click.echo(
        f"{connection.name}: {count} table{'' if count == 1 else 's'} and views. Model: {session.model_name}; "
        f"{leaves(session.remote_hosts)}.{more} \\help lists the commands.",
        err=True,
    )


def _read(session: Session) -> Read:
    from .terminal.reader import plain_prompt

    try:
        from .terminal.editor import editor

        return editor(session)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "prompt_toolkit":
            raise
    click.echo("History and completion need prompt_toolkit: pip install 'sqlwright[shell]'", err=True)
    return plain_prompt(session)
