"""The commands that begin with a backslash: one registry, in the order of the help."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click

from ...core import NotFoundError, Table, UsageError, closest
from ...settings import is_name
from .session import Last, QuitError, Session, print_rows
from .work import stoppable

ALL = "all"  # what \use takes for routing


@dataclass(frozen=True, slots=True)
class Command:
    """`takes` is how its argument is written in the help, "" where it has none. `run` returns whether it succeeded."""

    name: str
    takes: str
    help: str
    run: Callable[[Session, str], bool]
    short: tuple[str, ...] = ()


def run_command(session: Session, text: str) -> bool:
    r"""`text` is `\NAME ARGUMENT`. Raises NotFoundError for an unknown name, UsageError, QuitError."""
    name, _, argument = text[1:].partition(" ")
    command = _BY_NAME.get(name.casefold())
    if command is None:
        raise NotFoundError(f"Unknown command \\{name}.", closest(name, COMMANDS, listing=False) or "Try: \\help")
    if argument.strip() and not command.takes:
        raise UsageError(f"\\{command.name} takes no argument; found {argument.strip()!r}.")
    return command.run(session, argument.strip())


def _last(session: Session) -> Last:
    if session.last is None:
        raise UsageError("No query has run yet.", "Ask a question, or type a statement.")
    return session.last


def _sql(session: Session, argument: str) -> bool:
    if argument:
        return session.run(argument)
    click.echo(_last(session).sql)
    return True


def _rows(session: Session, argument: str) -> bool:
    print_rows(_last(session).table, most=None)
    return True


def _other(session: Session, argument: str) -> bool:
    """The rows of one of the lines "or" of the receipt."""
    answer = _last(session).answer
    readings = answer.readings if answer else ()
    if not readings:
        raise UsageError("The last answer has no other readings.")
    if not argument.isdecimal() or not 1 <= int(argument) <= len(readings):
        raise UsageError(f"Expected a number from 1 to {len(readings)}, found {argument!r}.", "Try: \\or 1")
    reading = readings[int(argument) - 1]
    click.echo(f"{reading.sql}\n", err=not sys.stdout.isatty())
    print_rows(reading.table)
    session.last = Last(reading.sql, reading.table)
    return True


def _schema(session: Session, argument: str) -> bool:
    from ...prompts import render_compact, render_ddl
    from ..schema import only

    session.connection.update()
    schema = session.connection.context.schema
    plain = replace(schema, tables=tuple(_without_samples(t) for t in schema))
    click.echo(render_ddl(only(plain, (argument,))) if argument else render_compact(plain))
    return True


def _without_samples(table: Table) -> Table:
    return replace(table, columns=tuple(replace(c, samples=()) for c in table.columns))


def _explain(session: Session, argument: str) -> bool:
    from ...sql.describe import filters_in_words, tables_of

    sql = argument or _last(session).sql
    connection = session.connection
    if faults := connection.check(sql):
        raise UsageError(f"The guard refuses this: {'; '.join(faults)}")
    click.echo(f"from    {', '.join(tables_of(sql, connection.dialect)) or 'no table'}")
    for phrase in filters_in_words(sql, connection.dialect):
        click.echo(f"with    {phrase}")
    for line in connection.plan(sql) or ("the engine gives none",):
        click.echo(f"plan    {line}")
    return True


def _save(session: Session, argument: str) -> bool:
    from ...results import FORMATS, format_of
    from ..output import write_file
    from ..table import describe

    if not argument:
        raise UsageError("Where to?", "Try: \\save rows.csv, or \\save NAME")
    last, path = _last(session), Path(argument).expanduser()
    if is_name(argument):
        return _save_question(session, argument, last)
    form = format_of(path)
    if form is not None:
        write_file(path, form.write(last.table))
    elif path.suffix.casefold() == ".json":
        write_file(path, f"{json.dumps(last.table.to_dict(), ensure_ascii=False, indent=2)}\n".encode())
    elif path.suffix.casefold() == ".sql":
        write_file(path, f"{last.sql};\n".encode())
    else:
        endings = ", ".join([*(f.suffix for f in FORMATS.values()), ".json", ".sql"])
        raise UsageError(f"No format has the ending of {argument!r}.", f"Known: {endings}.")
    click.echo(f"{path}: {'the query' if path.suffix == '.sql' else describe(last.table)}")
    return True


def _save_question(session: Session, name: str, last: Last) -> bool:
    from ...saved import SavedQuestion, save_question, write_saved
    from ...settings.connections import absolute

    connection = session.connection
    target = session.targets.get(connection.name)
    if target is None:
        raise UsageError(f"The database {connection.name!r} has no name or address to save.")
    draft = SavedQuestion(name, absolute(target), connection.dialect, last.sql, last.question)
    with connection.lease() as database:
        saved, _ = save_question(draft, database, {}, session.service.options.limits)
    click.echo(f"Saved in {write_saved(saved)}. Run it: sqlwright run {name}")
    return True


def _chart(session: Session, argument: str) -> bool:
    from ...receipt.chart import chart_for
    from .chart import draw

    table = _last(session).table
    chart = chart_for(table)
    if chart is None:
        raise UsageError(
            "No chart fits these rows.",
            "A chart takes one column of labels, dates or periods, each once, and columns of numbers.",
        )
    ascii_only = (sys.stdout.encoding or "").casefold().replace("-", "") != "utf8"
    for line in draw(chart, table, shutil.get_terminal_size().columns, ascii_only=ascii_only):
        click.echo(line)
    return True


def _teach(session: Session, argument: str) -> bool:
    """The last question with SQL: what was given, else a statement typed since, else the answer's own."""
    if session.question is None:
        raise UsageError("No question was asked yet.", "Ask one, type the query that answers it, then \\teach.")
    question, history = session.question
    last = session.last
    service, connection = session.service, session.connection
    if argument or (last is not None and not last.question):
        sql = argument or (last.sql if last else "")
        pair = stoppable(lambda _: service.correct(question, connection, sql, history=history))
    elif last is not None and last.question == question:
        sql = last.sql
        pair = stoppable(lambda _: service.confirm(question, connection, sql, last.table, history=history))
    else:
        raise UsageError("The last question has no query.", "Give one: \\teach SELECT ...")
    if pair is None:
        click.echo("Noted in the log. A follow-up is not stored as a pair: it depends on the questions before it.")
    else:
        click.echo(f"Remembered: {pair.question}\n{pair.gold_sql}")
        click.echo(f"To undo it: sqlwright knowledge forget {pair.id}", err=True)
    return True


def _new(session: Session, argument: str) -> bool:
    session.forget()
    return True


def _model(session: Session, argument: str) -> bool:
    if argument:
        session.use_model(argument)
    hosts = session.remote_hosts
    click.echo(f"{session.model_name}; {leaves(hosts)}")
    return True


def _use(session: Session, argument: str) -> bool:
    if argument:
        session.routing = argument == ALL and argument not in session.service.connections
        if not session.routing:
            session.use(argument)
    if session.routing:
        click.echo("Each question goes to the database that it is about.")
    for name, connection in session.service.connections.items():
        mark = "*" if connection is session.connection else " "
        click.echo(f"{mark} {name} ({connection.dialect}), {len(connection.context.schema)} tables and views")
    return True


def _help(session: Session, argument: str) -> bool:
    click.echo("A question in English or Chinese, or a statement of SQL. A question may follow up on the one before.")
    rows = [(f"\\{command.name} {command.takes}", command.help) for command in COMMANDS.values()]
    width = max(len(written) for written, _ in rows)
    for written, text in rows:
        click.echo(f"  {written:<{width}} {text}")
    click.echo("Tab completes names and stored values. Ctrl-C stops a query. Alt-Enter begins a new line.")
    return True


def _quit(session: Session, argument: str) -> bool:
    raise QuitError


def leaves(hosts: tuple[str, ...]) -> str:
    """What is sent away, in words."""
    if not hosts:
        return "nothing leaves this machine"
    return f"questions, schemas and sample values go to {', '.join(hosts)}"


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("sql", "[SQL]", "Show the last query, or run this one.", _sql),
        Command("rows", "", "Show all rows of the last query.", _rows),
        Command("or", "NUMBER", "Show the rows of another reading: a line `or` of the receipt.", _other),
        Command("schema", "[TABLE]", "Show the tables, or one of them in full.", _schema, ("d", "dt")),
        Command("explain", "[SQL]", "Say what a query reads, and the engine's plan of it.", _explain),
        Command(
            "save",
            "FILE|NAME",
            "Write the rows (.csv .tsv .md .html .parquet .json) or the query (.sql); or save the question as NAME.",
            _save,
        ),
        Command("chart", "", "Draw the rows.", _chart),
        Command("teach", "[SQL]", "Remember the last question with its query, the one typed since, or SQL.", _teach),
        Command("new", "", "Begin a new conversation.", _new),
        Command("model", "[MODEL]", "Show the model that answers, or take another one.", _model),
        Command(
            "use",
            "[DATABASE|all]",
            "List the databases of -d, ask another one, or the one each question is about.",
            _use,
        ),
        Command("help", "", "Show this.", _help, ("?", "h")),
        Command("quit", "", "End the shell; so does Ctrl-D.", _quit, ("q",)),
    )
}
_BY_NAME = {name: command for command in COMMANDS.values() for name in (command.name, *command.short)}
