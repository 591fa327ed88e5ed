"""`sqlwright meaning`: synonyms, measures and conditions that a team shares."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core import UsageError
from .options import database_option, echo_json, json_option, limits_options

if TYPE_CHECKING:
    from ..core import QueryLimits
    from ..core.meaning import Meaning
    from ..db import Database


@click.group("meaning", short_help="Words a team shares: synonyms, measures, conditions.")
def command() -> None:
    """Check, propose and import meaning.yaml, the file that says what a team's words mean in a database."""


@command.command("path")
@database_option
def path(database: str) -> None:
    """Print where the file of the database is, whether or not it is there yet."""
    from ..db import open_database
    from ..meaning import meaning_path

    with open_database(database) as opened:
        click.echo(str(meaning_path(opened)))


@command.command("check")
@database_option
@click.option("--file", "file", type=click.Path(path_type=Path), help="Another file than the database's own.")
@limits_options
@json_option
def check(database: str, file: Path | None, limits: QueryLimits, as_json: bool) -> None:
    """Run every definition through the guard and show its result; exit code 1 if one is wrong."""
    from dataclasses import asdict

    from ..answering.meaning_check import check_meaning
    from ..db import open_database

    with open_database(database) as opened:
        findings = check_meaning(opened, _read(opened, file), limits)
    if as_json:
        echo_json([asdict(finding) for finding in findings])
    for finding in () if as_json else findings:
        click.echo(f"{'ok   ' if finding.ok else 'wrong'}\t{finding.kind}\t{finding.name}\t{finding.says}")
    wrong = sum(not finding.ok for finding in findings)
    click.echo(f"{wrong} of {len(findings)} items need a look.", err=True)
    sys.exit(1 if wrong else 0)


@command.command("suggest")
@database_option
@click.option("--save", is_flag=True, help="Write the file of the database, if there is none.")
def suggest(database: str, save: bool) -> None:
    """Print a file made from comments, labels of codes, confirmed pairs and the log. Read it before you keep it."""
    from ..answering.audit import log_path, read_entries
    from ..answering.meaning_suggest import suggest_meaning
    from ..core import with_inferred_keys
    from ..db import open_database
    from ..retrieval import verified_pairs

    with open_database(database) as opened:
        profile = opened.profile()
        schema = with_inferred_keys(opened.schema(), profile)
        pairs = [(pair.question, pair.gold_sql) for pair in verified_pairs(opened)]
        log = log_path()
        entries = [e for e in read_entries(log) if e.database == opened.name] if log and log.is_file() else []
        pairs += [(e.question, e.corrected_sql or e.sql) for e in entries if e.confirmed or e.corrected_sql]
        failed = [e.question for e in entries if e.status in ("refused", "failed")]
        found = suggest_meaning(schema, profile, tuple(dict.fromkeys(pairs)), failed)
        for reason in found.why:
            click.echo(f"# {reason}", err=True)
        _give(found.meaning, opened, save)


@command.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@database_option
@click.option("--save", is_flag=True, help="Write the file of the database, if there is none.")
def import_files(files: tuple[Path, ...], database: str, save: bool) -> None:
    """Print FILE of dbt (MetricFlow), Cube or Ossie as a meaning.yaml, and on stderr what was left out."""
    from ..db import open_database
    from ..meaning.foreign import import_meaning

    with open_database(database) as opened:
        meaning, left_out = import_meaning(files, opened.schema())
        for reason in left_out:
            click.echo(f"left out: {reason}", err=True)
        _give(meaning, opened, save)


def _read(database: Database, file: Path | None) -> Meaning:
    from ..meaning import meaning_path, read_meaning

    path = file or meaning_path(database)
    if not path.is_file():
        hint = "`sqlwright meaning suggest` proposes one."
        raise UsageError(f"No file {str(path)!r} exists.", hint)
    return read_meaning(path, database.schema())


def _give(meaning: Meaning, database: Database, save: bool) -> None:
    """Print a meaning, or store it beside what else the database was taught. Raises UsageError where one is there."""
    from ..core.atomic import atomic_text
    from ..meaning import meaning_path, meaning_yaml

    text = meaning_yaml(meaning)
    if not save:
        click.echo(text, nl=False)
        return
    path = meaning_path(database)
    if path.exists():
        raise UsageError(f"{str(path)!r} is there already.", "Print it without --save, and merge the two by hand.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_text(path) as file:
        file.write(text)
    click.echo(str(path), err=True)
