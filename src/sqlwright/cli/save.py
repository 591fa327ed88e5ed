"""`sqlwright save`: keep a question with its query under a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..api.targets import target_of
from ..core.errors import NotFoundError, UsageError
from .options import (
    SettingOption,
    answering_model_option,
    complete_database,
    database_named,
    echo_json,
    json_option,
    limits_options,
    password_options,
)
from .stdin import read_text

if TYPE_CHECKING:
    from ..core import QueryLimits
    from ..db import Database
    from ..saved import SavedQuestion

F = TypeVar("F", bound=Callable[..., Any])

GIVEN = "sqlwright.cli.save.given"
NOTHING = "Give a question, or the query with --sql, or ask first: without either, the last answer in the log is saved."


def named_and_kept(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """As `database_named`; what was given stays in the context, so that a file has the connection's name."""
    context.meta[GIVEN] = value
    return database_named(context, option, value)


def file_database_option(help_text: str) -> Callable[[F], F]:
    """-d of a command that may know the database from elsewhere: None where nothing names one."""
    return click.option(
        "-d",
        "--database",
        cls=SettingOption,
        setting="database",
        metavar="DB",
        callback=named_and_kept,
        shell_complete=complete_database,
        help=help_text,
    )


def params_option(help_text: str) -> Callable[[F], F]:
    return click.option("--param", "params", multiple=True, metavar="NAME=VALUE", callback=_pairs, help=help_text)


def _pairs(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Raises UsageError."""
    pairs: dict[str, str] = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise UsageError(f"Expected NAME=VALUE, found {text!r}.", "Try: --param year=2024")
        if name in pairs:
            raise UsageError(f"The parameter {name!r} is given twice.")
        pairs[name] = value
    return pairs


@click.command("save", short_help="Keep a question with its query under a name.")
@click.argument("name", required=False)
@click.argument("question", nargs=-1)
@file_database_option("What `ask -d` takes.")
@password_options
@answering_model_option
@click.option("--sql", default=None, help="This query instead of a model's.")
@click.option("--file", "file", type=click.Path(path_type=Path), help="The query in this file.")
@params_option("Make this value of the query a parameter; may be repeated.")
@click.option("--accept", is_flag=True, help="Take the schema as it is now for a question that is saved already.")
@click.option("--remove", is_flag=True, help="Forget NAME.")
@json_option
@limits_options
def command(
    name: str | None,
    question: tuple[str, ...],
    database: str | None,
    model: str | None,
    sql: str | None,
    file: Path | None,
    params: dict[str, str],
    accept: bool,
    remove: bool,
    as_json: bool,
    limits: QueryLimits,
) -> None:
    """Save QUESTION with its query as NAME; `sqlwright run NAME` runs the query again, without a model.

    Without QUESTION and --sql, the last answer in the log is saved. Without NAME, list what is saved.
    With --param year=2024, the value 2024 in the query may be another one later: run NAME --param year=2025.
    """
    from ..db import open_database
    from ..saved import read_saved, remove_saved

    if name is None:
        _list(as_json)
        return
    if remove:
        remove_saved(name)
        return
    if sum((bool(question), sql is not None, file is not None)) > 1:
        raise UsageError("Give a question, --sql or --file: one of them.")
    if accept:
        saved = read_saved(name)
        with open_database(target_of(saved.database)) as opened:
            _keep(saved, opened, {p.name: p.default for p in saved.params}, limits)
        return
    if database is None:
        raise UsageError("Which database?", "Add -d DB.")
    with open_database(database) as opened:
        text = " ".join(question)
        statement = sql if sql is not None else read_text(file) if file is not None else ""
        if text:
            statement = _asked(text, opened, model, limits)
        elif not statement:
            text, statement = _last(opened)
        _keep(_draft(name, _given(database), opened, statement, text), opened, params, limits)


def _draft(name: str, database: str, opened: Database, sql: str, question: str) -> SavedQuestion:
    """Raises UsageError for a name that is not one."""
    from ..saved import SavedQuestion
    from ..settings import is_name

    if not is_name(name):
        raise UsageError(f"A name has letters, digits, _ and -; found {name!r}.", "Try: sqlwright save revenue ...")
    return SavedQuestion(name, database, opened.dialect, sql.strip().rstrip(";"), question)


def _given(database: str) -> str:
    """The connection's name where one was given, else the target in full."""
    from ..settings import read_settings
    from ..settings.connections import absolute

    given = click.get_current_context().meta.get(GIVEN)
    return str(given) if given in read_settings().connections else absolute(database)


def _keep(draft: SavedQuestion, opened: Database, values: dict[str, str], limits: QueryLimits) -> None:
    from ..saved import save_question, write_saved

    saved, outcome = save_question(draft, opened, values, limits)
    path = write_saved(saved)
    click.echo(saved.sql)
    rows = len(outcome.table.rows) if outcome.table else 0
    given = "".join(f" --param {p.name}={p.default}" for p in saved.params)
    click.echo(
        f"{rows:,} row{'' if rows == 1 else 's'}. Saved in {path}. Run it: sqlwright run {saved.name}{given}", err=True
    )


def _asked(question: str, opened: Database, model: str | None, limits: QueryLimits) -> str:
    """The query of the answer. Raises NotFoundError where there is none."""
    from ..answering import AskOptions, ask
    from ..generation import load_generator, registry
    from ..retrieval import Knowledge

    generator = load_generator(model or registry.default_model(opened))
    answer = ask(question, opened, generator, options=AskOptions(limits), knowledge=Knowledge.of(opened))
    if answer.table is None or not answer.sql:
        raise NotFoundError(f"The question has no query to save: {answer.reason or 'the catalogue answers it'}")
    return answer.sql


def _last(opened: Database) -> tuple[str, str]:
    """Question and query of the newest answer about this database. Raises UsageError."""
    from ..answering.audit import log_path, read_entries

    path = log_path()
    entries = list(read_entries(path, newest=500)) if path is not None and path.is_file() else []
    for entry in reversed(entries):
        if (
            entry.database == opened.name
            and entry.dialect == opened.dialect
            and entry.status == "answered"
            and entry.sql
        ):
            return entry.question, entry.sql
    raise UsageError("There is nothing to save.", NOTHING)


def _list(as_json: bool) -> None:
    from ..saved import read_all
    from .columns import aligned

    questions = read_all()
    if as_json:
        echo_json(
            [
                {
                    "name": s.name,
                    "database": s.database,
                    "question": s.question,
                    "sql": s.sql,
                    "params": {p.name: p.default for p in s.params},
                }
                for s in questions
            ]
        )
    elif not questions:
        click.echo("No questions are saved. Try: sqlwright save NAME QUESTION -d DB", err=True)
    else:
        rows = [
            (s.name, s.database.rpartition("/")[2], " ".join(f"{p.name}={p.default}" for p in s.params), s.question)
            for s in questions
        ]
        click.echo(aligned(("name", "database", "parameters", "question"), rows, left=4))
