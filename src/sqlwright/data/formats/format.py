"""What a data set format is, and how its rows' fields are taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ...core import DataError, Dialect, Example
from ..rows import Row

Reader = Callable[[Row], Iterable[Example]]

DATABASE_FIELDS = ("db_id", "database_id", "db_name", "database", "db")


@dataclass(frozen=True, slots=True)
class Format:
    """One family of files.

    `matches` looks at the first row's fields. `read` turns a row into its Examples and raises DataError for one
    that it cannot read. `beside` stands in for `read` where rows need a second file: from the path of the first it
    makes the reader. `fields` is what a person should see in a row.
    """

    name: str
    fields: str
    matches: Callable[[dict[str, Any]], bool]
    read: Reader
    aliases: tuple[str, ...] = ()
    beside: Callable[[str], Reader] | None = None
    dialect: Dialect = "sqlite"

    def reader(self, path: str) -> Reader:
        return self.beside(path) if self.beside else self.read


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
