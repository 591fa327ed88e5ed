"""Saved questions run into a folder: a file of rows each, and one page with all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import QueryLimits, ResultTable, SqlwrightError
from ..core.atomic import atomic_file
from ..db import Database
from ..results import Format
from .question import SavedQuestion, run_saved

PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """`table` is None where there are no new rows; `reason` says why. The file of the run before is then kept."""

    saved: SavedQuestion
    file: str
    table: ResultTable | None = None
    reason: str = ""


def refresh(
    questions: Sequence[SavedQuestion],
    folder: Path,
    form: Format,
    limits: QueryLimits,
    opened: Callable[[str], Database],
    now: dt.datetime,
) -> tuple[Refreshed, ...]:
    """Run each with its defaults and write `folder`/NAME and the page. A failure does not keep the others from it.

    Rows that a limit cuts are a failure: a file is whole or is not written. `opened` opens what a question calls its
    database; each is opened once. Raises UsageError where the folder cannot be written.
    """
    from .page import as_page

    databases: dict[str, Database] = {}
    try:
        results = tuple(_refreshed(saved, folder, form, limits, opened, databases) for saved in questions)
    finally:
        for database in databases.values():
            database.close()
    with atomic_file(folder / PAGE) as beside:
        beside.write_bytes(as_page(results, now).encode("utf-8", "replace"))
    return results


def _refreshed(
    saved: SavedQuestion,
    folder: Path,
    form: Format,
    limits: QueryLimits,
    opened: Callable[[str], Database],
    databases: dict[str, Database],
) -> Refreshed:
    file = f"{saved.name}{form.suffix}"
    try:
        if saved.database not in databases:
            databases[saved.database] = opened(saved.database)
        outcome = run_saved(saved, databases[saved.database], {}, limits)
    except SqlwrightError as error:
        return Refreshed(saved, file, reason=str(error))
    table = outcome.table
    if table is None:
        return Refreshed(saved, file, reason=outcome.message())
    if table.truncated is not None:
        reason = f"The result is larger than the limits allow ({len(table.rows):,} rows were read): raise --max-rows."
        return Refreshed(saved, file, reason=reason)
    with atomic_file(folder / file) as beside:
        beside.write_bytes(form.write(table))
    return Refreshed(saved, file, table)
