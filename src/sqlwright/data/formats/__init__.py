"""The formats that can be read, one file a family."""

from __future__ import annotations

from typing import Any

from ...core import DataError, UsageError, closest
from .chat import ALPACA, MESSAGES, SHAREGPT
from .context import CONTEXT, GRETEL
from .dialogue import INTERACTION
from .ehrsql import EHRSQL
from .format import Format, Reader
from .single import BIRD, OWN, SPIDER, SPIDER_MYSQL
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
    SPIDER,
    SPIDER_MYSQL,
    OWN,
    EHRSQL,
)

__all__ = ["FORMATS", "Format", "Reader", "detect_format", "named_format"]


def named_format(name: str) -> Format:
    """Raises UsageError, with the closest name."""
    for known in FORMATS:
        if name.casefold() in (known.name, *known.aliases):
            return known
    names = [n for f in FORMATS for n in (f.name, *f.aliases)]
    raise UsageError(f"No data format {name!r}.", closest(name, names))


def detect_format(fields: dict[str, Any], path: str) -> Format:
    """The format that a row with these fields is in. Raises DataError, naming what was seen and what is known."""
    for known in FORMATS:
        if known.matches(fields):
            return known
    seen = ", ".join(map(repr, list(fields)[:20])) or "no fields"
    forms = "; ".join(f"{f.name} ({f.fields})" for f in FORMATS)
    raise DataError(f"unknown format: a row has {seen}", path=path, hint=f"Known formats: {forms}.")
