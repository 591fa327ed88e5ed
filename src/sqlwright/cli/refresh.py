"""`sqlwright refresh`: run saved questions into a folder."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..api.targets import target_of
from ..core.errors import UsageError

if TYPE_CHECKING:
    from ..db import Database

MOST_ROWS = 100_000


@click.command("refresh", short_help="Run saved questions into a folder of files and a page.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("names", nargs=-1)
@click.option("--parquet", "as_parquet", is_flag=True, help="Write Parquet instead of CSV.")
@click.option(
    "--max-rows", type=click.IntRange(min=1), default=MOST_ROWS, show_default=True, help="Of one question at most."
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True, max=86_400),
    default=60.0,
    show_default=True,
    help="Seconds that one query may run.",
)
def command(folder: Path, names: tuple[str, ...], as_parquet: bool, max_rows: int, timeout_s: float) -> None:
    """Run the saved questions NAMES, by default all, and write FOLDER/NAME.csv and FOLDER/index.html.

    For cron: nothing is printed to stdout, and the exit code is 1 if a question was not refreshed. Its file stays as
    it was, and the page says why.
    """
    from ..core import QueryLimits
    from ..results import FORMATS
    from ..saved import read_all, read_saved
    from ..saved.refresh import PAGE, refresh

    questions = tuple(map(read_saved, dict.fromkeys(names))) if names else read_all()
    if not questions:
        raise UsageError("No questions are saved.", "Save one: sqlwright save NAME QUESTION -d DB")
    limits = QueryLimits(timeout_s, max_rows, max_result_bytes=1 << 30)
    form = FORMATS["parquet" if as_parquet else "csv"]
    results = refresh(questions, folder, form, limits, _opened, dt.datetime.now().astimezone())
    for result in results:
        if result.table is None:
            click.echo(f"{result.saved.name}: not refreshed. {result.reason}", err=True)
        else:
            click.echo(f"{folder / result.file}: {len(result.table.rows):,} rows", err=True)
    click.echo(f"{folder / PAGE}", err=True)
    sys.exit(0 if all(result.table is not None for result in results) else 1)


def _opened(database: str) -> Database:
    from ..db import open_database

    return open_database(target_of(database))
