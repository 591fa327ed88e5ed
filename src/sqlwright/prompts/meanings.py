"""The definitions and synonyms that a question names, as lines of its prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core import Dialect
from ..core.meaning import FiscalYear, Meaning, Meant, Measure, NamedCondition, Synonym
from .sanitize import one_line, quote_name, quote_value

MAX_ITEMS = 12
MAX_CHARS = 400
MAX_VALUE_CHARS = 60
_HEAD = "Meanings that the user states for this database:"


def render_meanings(meant: Sequence[Meant], meaning: Meaning, dialect: Dialect) -> str:
    """One line for each item under a heading, or ""; with a table also the columns to show for its rows."""
    lines = list(dict.fromkeys(line for found in meant for line in _lines(found, meaning, dialect)))[:MAX_ITEMS]
    return "\n".join([_HEAD, *lines]) if lines else ""


def _lines(found: Meant, meaning: Meaning, dialect: Dialect) -> Iterator[str]:
    item, said = found.item, one_line(found.mention, MAX_VALUE_CHARS)
    if isinstance(item, Measure):
        also = f", {one_line(item.description, MAX_CHARS)}" if item.description else ""
        yield f"- {said}: {one_line(item.expression, MAX_CHARS)} over rows of {_name(item.grain, dialect)}{also}"
    elif isinstance(item, NamedCondition):
        yield f"- {said}: rows of {_name(item.table, dialect)} where {one_line(item.expression, MAX_CHARS)}"
    elif isinstance(item, FiscalYear):
        yield f"- {said}: {found.months}"
    elif isinstance(item, Synonym):
        yield from _synonym(item, said, dialect)
        shown = meaning.shown_of(item.table) if not item.column else ()
        if shown:
            columns = ", ".join(quote_name(column, dialect) for column in shown)
            yield f"- show rows of {_name(item.table, dialect)} by {columns}"


def _synonym(item: Synonym, said: str, dialect: Dialect) -> Iterator[str]:
    if not item.column:
        yield f"- {said}: the table {_name(item.table, dialect)}"
    elif item.value is None:
        yield f"- {said}: the column {_name(f'{item.table}.{item.column}', dialect)}"
    elif literal := quote_value(item.value, MAX_VALUE_CHARS):
        yield f"- {said}: {_name(f'{item.table}.{item.column}', dialect)} = {literal}"


def _name(dotted: str, dialect: Dialect) -> str:
    return ".".join(quote_name(part, dialect) for part in dotted.split("."))
