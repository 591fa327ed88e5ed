"""What a data set format is, and how its rows' fields are taken out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ...core import DataError, Dialect, Example
from ..rows import Row

Reader = Callable[[Row], Iterable[Example]]

SURROGATE = re.compile("[\ud800-\udfff]")
DATABASE_FIELDS = ("db_id", "database_id", "db_name", "database", "db")


@dataclass(frozen=True, slots=True)
class Format:
    """One family of files.

    `matches` looks at the first row's fields. `open` makes, from the file's path, what turns a row into its Examples
    or raises DataError; only formats with a second file beside the first look at the path. `fields` is what a person
    should see in a row.
    """

    name: str
    fields: str
    matches: Callable[[dict[str, Any]], bool]
    open: Callable[[str], Reader]
    aliases: tuple[str, ...] = ()
    dialect: Dialect = "sqlite"


def rowwise(read: Reader) -> Callable[[str], Reader]:
    """For a format whose rows stand by themselves."""
    return lambda path: read


def text(fields: dict[str, Any], *names: str) -> str:
    """The first of `names` that holds text. Raises DataError where none does."""
    found = optional_text(fields, *names)
    if not found:
        present = next((n for n in names if n in fields), None)
        reason = f"the field {present!r} is empty" if present else f"no field {names[0]!r}"
        raise DataError(f"{reason}; the row has {', '.join(map(repr, fields)) or 'no fields'}")
    return found


def optional_text(fields: dict[str, Any], *names: str) -> str:
    """As `text`, but "" where there is none. Raises DataError for a value of another type."""
    for name in names:
        value = fields.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise DataError(f"the field {name!r} holds {type(value).__name__}, expected text")
        if not value.isascii() and SURROGATE.search(value):
            raise DataError(f"the field {name!r} holds half of a surrogate pair, which no file can store")
        if value.strip():
            return value.strip()
    return ""


def objects(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects `name`. Raises DataError where it is not one, or is empty."""
    value = fields.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        raise DataError(f"the field {name!r} holds no list of objects")
    return value


def row_id(row: Row, *names: str) -> str:
    """The row's own id where it has one under `names`, else its number in the file."""
    value = next((row.fields[n] for n in names if row.fields.get(n) not in (None, "")), row.number)
    return str(value)
