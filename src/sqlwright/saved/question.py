"""A saved question: saving it, and running it only where the schema is what it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..core import Dialect, Outcome, QueryLimits, SqlwrightError
from ..db import Database
from .expect import ChangedSchemaError, ReadTable, differences, reads_of
from .template import Param, filled, templated


@dataclass(frozen=True, slots=True)
class SavedQuestion:
    """`database` is the name of a connection, a path or a URL without a password. `sql` is a template.

    `reads` and `columns`, the names of the result's columns, are what it was saved with.
    """

    name: str
    database: str
    dialect: Dialect
    sql: str
    question: str = ""
    params: tuple[Param, ...] = ()
    reads: tuple[ReadTable, ...] = ()
    columns: tuple[str, ...] = ()


def save_question(
    draft: SavedQuestion, database: Database, values: Mapping[str, str], limits: QueryLimits
) -> tuple[SavedQuestion, Outcome]:
    """`draft` with a place for each of `values` in its `sql`, and what it expects; and its rows.

    Raises UsageError for a value that the query does not hold, SqlwrightError where it does not run.
    """
    template, params = templated(draft.sql, values)
    sql = filled(template, params, {}, database.dialect)
    outcome = database.run(sql, limits)
    if outcome.table is None:
        raise SqlwrightError(f"The query did not run, so nothing was saved: {outcome.message()}")
    reads = reads_of(sql, database.schema(), database.dialect)
    return replace(draft, sql=template, params=params, reads=reads, columns=outcome.table.columns), outcome


def run_saved(saved: SavedQuestion, database: Database, values: Mapping[str, str], limits: QueryLimits) -> Outcome:
    """Raises UsageError for a parameter, ChangedSchemaError where the tables or the result's columns are others."""
    sql = filled(saved.sql, saved.params, values, database.dialect)
    database.update()
    _raise_for(saved, differences(saved.reads, database.schema()))
    outcome = database.run(sql, limits)
    if outcome.table is not None and outcome.table.columns != saved.columns:
        was, now = ", ".join(saved.columns), ", ".join(outcome.table.columns)
        _raise_for(saved, (f"The result has the columns {now}; they were {was}.",))
    return outcome


def _raise_for(saved: SavedQuestion, changes: Sequence[str]) -> None:
    if changes:
        raise ChangedSchemaError(
            f"{saved.name}: the schema has changed since the question was saved. {' '.join(changes)}",
            f"If the query still gives the right rows: sqlwright save {saved.name} --accept",
        )
