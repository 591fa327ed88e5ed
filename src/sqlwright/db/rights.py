"""What a connection's user may do beyond reading, and the statements that make a role for reading only."""

from __future__ import annotations

import getpass
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from .database import Database

if TYPE_CHECKING:
    from pathlib import Path

ROLE = "sqlwright_reader"
PASSWORD = "'choose-a-password'"  # noqa: S105  to be replaced by whoever runs it


@dataclass(frozen=True, slots=True)
class Rights:
    """`can_write` are full names; `dangerous` are rights that reach beyond this database's tables.

    `fix` is what an administrator runs, in order; empty where there is nothing to take away. `file_writable` is
    for files only: the file is opened read-only all the same.
    """

    user: str
    can_write: tuple[str, ...] = ()
    superuser: bool = False
    may_create: bool = False
    dangerous: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    file_writable: bool | None = None

    def lines(self) -> tuple[str, ...]:
        """The same for a person, one fact a line."""
        found = [f"user {self.user}"]
        if self.file_writable is not None:
            state = "may" if self.file_writable else "may not"
            found.append(f"{state} write the file; it is opened read-only in any case")
        if self.superuser:
            found.append("is a superuser: rights hold nothing back")
        if self.can_write:
            named = ", ".join(self.can_write[:5]) + (", ..." if len(self.can_write) > 5 else "")
            found.append(f"may write {len(self.can_write)} tables: {named}")
        if self.may_create:
            found.append("may create tables")
        found.extend(f"may use {right}" for right in self.dangerous)
        if len(found) == 1:
            found.append("may only read")
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def describe_rights(database: Database) -> Rights:
    from .engines import ENGINES

    return ENGINES[database.dialect].rights(database)


def rights_on_file(database: Database) -> Rights:
    path = cast("Path", getattr(database.engine, "path"))  # noqa: B009  every engine of files has it
    return Rights(getpass.getuser(), file_writable=os.access(path, os.W_OK))
