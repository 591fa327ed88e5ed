"""Run every definition of a meaning against its database, and look up its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..core import QueryLimits, SqlwrightError
from ..core.fold import fold
from ..core.meaning import Definition, Meaning, Measure, Synonym
from ..core.shown import shown_value
from ..data.prompting import Context
from ..db import Database
from ..parser.definitions import checking_query
from ..parser.to_sql import Reading, render_form
from ..prompts import PromptOptions

LIMITS = QueryLimits(timeout_s=30.0, max_rows=2)


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one item. `says` is its result or what is wrong with it; `sql` is what ran."""

    kind: Literal["measure", "condition", "value", "synonym"]
    name: str
    ok: bool
    says: str
    sql: str = ""


def check_meaning(database: Database, meaning: Meaning, limits: QueryLimits = LIMITS) -> tuple[Finding, ...]:
    """Each definition run through guard and limits, each value looked up, and synonyms that name something else."""
    context = Context.of(database, PromptOptions(hints=True))
    return (
        *(_definition(item, database, context, meaning, limits) for item in meaning.definitions()),
        *_values(context, meaning),
        *_names(context, meaning),
    )


def _definition(
    item: Definition, database: Database, context: Context, meaning: Meaning, limits: QueryLimits
) -> Finding:
    kind: Literal["measure", "condition"] = "measure" if isinstance(item, Measure) else "condition"
    try:
        query = checking_query(item, context.schema, context.profile, meaning)
        sql = render_form(query, context.schema, reading=Reading.of(context.profile))
    except (SqlwrightError, ValueError) as error:
        return Finding(kind, item.name, False, str(error))
    outcome = database.run(sql, limits)
    if not outcome.ok or outcome.table is None:
        return Finding(kind, item.name, False, outcome.message(), sql)
    value = outcome.table.rows[0][0] if outcome.table.rows else None
    if isinstance(item, Measure):
        return Finding(kind, item.name, value is not None, shown_value(value), sql)
    return Finding(kind, item.name, bool(value), f"{shown_value(value)} rows of {item.table}", sql)


def _values(context: Context, meaning: Meaning) -> Iterator[Finding]:
    for synonym in meaning.synonyms:
        if synonym.value is None or context.values is None:
            continue
        held = context.values.values(synonym.table, synonym.column)
        profile = context.profile.of(synonym.table, synonym.column)
        known = {
            *held,
            *(profile.values if profile else ()),
            *(code for code, _ in (profile.labels if profile else ())),
        }
        name = f"{synonym.table}.{synonym.column} = {synonym.value}"
        if known and synonym.value not in known:
            near = context.values.nearest(synonym.table, synonym.column, synonym.value)
            shown = ", ".join(near or sorted(known)[:8])
            yield Finding("value", name, False, f"the column does not hold it; it holds {shown}")


def _names(context: Context, meaning: Meaning) -> Iterator[Finding]:
    """Synonyms that are the name of another table or column: a question that means that one is then read wrongly."""
    for synonym in meaning.synonyms:
        for table in context.schema:
            if fold(table.name) == fold(synonym.words) and table.full_name != synonym.table:
                yield _other(synonym, f"the table {table.full_name}")
            for column in table.columns:
                same = (table.full_name, column.name) == (synonym.table, synonym.column)
                if fold(column.name) == fold(synonym.words) and not same and synonym.value is None:
                    yield _other(synonym, f"the column {table.full_name}.{column.name}")


def _other(synonym: Synonym, name: str) -> Finding:
    place = ".".join(part for part in (synonym.table, synonym.column) if part)
    return Finding("synonym", synonym.words, False, f"is declared for {place}, but {name} has this name")
