"""The formats that can be read, one file a family."""

from __future__ import annotations

from typing import Any

from ...core import DataError, UsageError, closest
from .chat import ALPACA, MESSAGES, SHAREGPT
from .context import CONTEXT, GRETEL
from .dialogue import INTERACTION
from .ehrsql import EHRSQL
from .format import Format, Reader
from .single import BIRD, OWN, PLAIN, SPIDER, SPIDER_MYSQL, SPIDER_SYN
from .turns import TURNS
from .wikisql import LLMSQL, OFFICIAL, PATTERNS

# Tried in this order; the more special fields stand first.
FORMATS: tuple[Format, ...] = (
    MESSAGES,
    SHAREGPT,
    ALPACA,
    INTERACTION,
    TURNS,
    PATTERNS,
    OFFICIAL,
    LLMSQL,
    GRETEL,
    CONTEXT,
    BIRD,
    SPIDER_SYN,
    SPIDER,
    SPIDER_MYSQL,
    OWN,
    PLAIN,
    EHRSQL,
)

__all__ = ["FORMATS", "Format", "Reader", "detect_format", "formats_named"]


def formats_named(name: str | None) -> tuple[Format, ...]:
    """All formats without a name; several where a data set exists in several forms. Raises UsageError."""
    if name is None:
        return FORMATS
    found = tuple(f for f in FORMATS if name.casefold() in (f.name, *f.aliases))
    if not found:
        raise UsageError(f"No data format {name!r}.", closest(name, {n for f in FORMATS for n in (f.name, *f.aliases)}))
    return found


def detect_format(fields: dict[str, Any], path: str, candidates: tuple[Format, ...] = FORMATS) -> Format:
    """The format that a row with these fields is in; a single candidate is taken at its word.

    Raises DataError, naming what was seen and what is known.
    """
    found = candidates[0] if len(candidates) == 1 else next((f for f in candidates if f.matches(fields)), None)
    if found is None:
        seen = ", ".join(map(repr, list(fields)[:20])) or "no fields"
        forms = "; ".join(f"{f.name} ({f.fields})" for f in candidates)
        raise DataError(f"unknown format: a row has {seen}", path=path, hint=f"Known formats: {forms}.")
    return found
