"""`sqlwright logs`: the file with every question asked, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core import UsageError
from .options import echo_json, json_option

if TYPE_CHECKING:
    from ..answering.audit import Entry


@click.group("logs", short_help="Show, confirm and export the log of questions.")
def command() -> None:
    """Show and export the log of questions. SQLWRIGHT_LOG names another file, or turns it off."""


@command.command("path")
def path() -> None:
    """Print where the log is."""
    click.echo(str(_path()))


@command.command("ls")
@click.option("-n", "count", type=click.IntRange(min=1), default=20, show_default=True, help="How many, the newest.")
@json_option
def ls(count: int, as_json: bool) -> None:
    """List the newest questions, oldest first."""
    from ..answering.audit import read_entries

    entries = list(read_entries(_path(), newest=count))
    if as_json:
        echo_json([entry.to_dict() for entry in entries])
        return
    for entry in entries:
        click.echo(_as_line(entry))


@command.command("confirm")
@click.argument("number", type=int)
def confirm_answer(number: int) -> None:
    """Note that the answer on line NUMBER is right, as `logs ls` counts."""
    from ..answering.audit import confirm

    confirm(_path(), number)
    click.echo(f"Line {number} is confirmed.", err=True)


@command.command("export")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A .jsonl or .json file.")
@click.option("--confirmed", is_flag=True, help="Only answers that a person has confirmed.")
def export(output: Path, confirmed: bool) -> None:
    """Write the answered questions as training rows: id, db_id, question, gold_sql."""
    from ..answering.audit import training_examples
    from ..data.writing import write_rows

    examples = training_examples(_path(), confirmed=confirmed)
    if not examples:
        what = "confirmed answer" if confirmed else "answered question"
        raise UsageError(f"The log holds no {what}.", "Ask something first; logs confirm NUMBER confirms an answer.")
    write_rows(output, (example.to_dict() for example in examples))
    click.echo(f"{output}: {len(examples)} pairs.", err=True)
    if not confirmed:
        click.echo("Not confirmed: these are a model's own answers, right and wrong ones.", err=True)


@command.command("prefer")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A .jsonl or .json file.")
def prefer(output: Path) -> None:
    """Write what people confirmed or corrected as preference pairs, for stages rm and dpo."""
    from ..answering.preferences import logged_preferences
    from ..data.writing import write_rows

    found = logged_preferences(_path())
    if not found:
        raise UsageError(
            "The log holds no pair of a better and a worse query.",
            "A correction gives one, and a confirmed answer to a question that was also answered in another way.",
        )
    write_rows(output, (preference.to_dict() for preference in found))
    click.echo(f"{output}: {len(found)} pairs.", err=True)


def _path() -> Path:
    from ..answering.audit import log_path

    path = log_path()
    if path is None:
        raise UsageError("The log is off.", "Unset SQLWRIGHT_LOG, or let it name a file.")
    return path


def _as_line(entry: Entry) -> str:
    mark = "✓" if entry.confirmed else " "
    rows = "" if entry.row_count is None else f", {entry.row_count} rows"
    text = " ".join((entry.question or entry.sql).split())
    shown = text if len(text) <= 80 else text[:79] + "…"
    at = entry.at[:19].replace("T", " ")
    return (
        f"{entry.number:>6} {mark} {at}  {entry.database or '-'}  {entry.status}{rows}, {entry.total_s:.2f} s  {shown}"
    )
