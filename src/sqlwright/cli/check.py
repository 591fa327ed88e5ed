"""`sqlwright check`: would the guard run this statement, and why not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..api.targets import default_database
from ..core import DIALECTS, dialect_named
from ..core.errors import DataError, UsageError, closest
from .options import (
    NO_DATABASE,
    complete_database,
    database_named,
    echo_json,
    json_option,
    password_options,
)

if TYPE_CHECKING:
    from ..core import Checked, Refused


@click.command()
@click.argument("sql", required=False)
@password_options
@click.option(
    "-d",
    "--database",
    metavar="DB",
    callback=database_named,
    shell_complete=complete_database,
    help="Check against this database's own tables and functions.",
)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help='JSON lines {"id", "engine", "sql"}; prints a line {"id", "allowed", "violations"} for each.',
)
@json_option
def command(sql: str | None, database: str | None, path: Path | None, as_json: bool) -> None:
    """Say whether the guard allows SQL, and why not. The exit code is 1 if it does not.

    With --file every line is checked and the exit code is 0. Without -d, the default functions of the line's engine
    and any table except system tables are allowed.
    """
    if (sql is None) == (path is None):
        raise UsageError("Give one statement, or --file with many.")
    if path is not None:
        _check_file(path, database)
        return
    database = database or default_database()
    if database is None:
        raise UsageError("Which database?", NO_DATABASE)
    with _open(database) as target:
        checked = target.check(sql)
    _print(checked, as_json)
    if checked.violations:
        sys.exit(1)


def _open(database: str) -> Any:
    from ..db import open_database

    return open_database(database)


def _print(checked: Checked | Refused, as_json: bool) -> None:
    if as_json:
        echo_json({"allowed": checked.allowed, "sql": checked.sql, **_violations(checked)})
    elif checked.allowed:
        click.echo("allowed")
        click.echo(checked.sql)
    else:
        click.echo("refused")
        for violation in checked.violations:
            click.echo(f"  {violation.code}: {violation.message}")


def _violations(checked: Checked | Refused) -> dict[str, list[dict[str, str]]]:
    return {"violations": [v.to_dict() for v in checked.violations]}


def _check_file(path: Path, database: str | None) -> None:
    """Finished rows are printed before a bad line is reported."""
    from ..sql import check, default_policy

    target = _open(database) if database else None
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    row = _row(line, path, number, with_engine=target is None)
                    sql = row["sql"]
                    checked = target.check(sql) if target else check(sql, default_policy(row["engine"]))
                    echo_json(
                        {"id": row.get("id", number), "allowed": checked.allowed, **_violations(checked)}, indent=None
                    )
    except BrokenPipeError:  # the reader of the output has gone
        raise
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise DataError("The file is not UTF-8 text.", path=path) from None
    finally:
        if target is not None:
            target.close()


def _row(line: str, path: Path, number: int, *, with_engine: bool) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        raise DataError("Expected a JSON object.", path=path, line=number) from None
    if not isinstance(row, dict) or not isinstance(row.get("sql"), str):
        raise DataError('Expected an object with a text "sql".', path=path, line=number)
    if with_engine:
        name = str(row.get("engine", ""))
        dialect = dialect_named(name)
        if dialect is None:
            hint = closest(name, DIALECTS)
            raise DataError(f"Expected the name of an engine, found {name!r}.", path=path, line=number, hint=hint)
        row["engine"] = dialect
    return row
