"""What a statement may touch."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Dialect
from .functions import allowed, packaged_catalogue


@dataclass(frozen=True, slots=True)
class Policy:
    """`functions` are lower-case names; `tables` are full names, or None for any table that is not the engine's own.

    `columns` are the names of their columns, or None where they are not known; `fields.py` says what for.
    A bare name on the list stands for the table in the engine's default schema (`main`, `public`).
    """

    dialect: Dialect
    functions: frozenset[str]
    tables: frozenset[str] | None = None
    columns: frozenset[str] | None = None


def default_policy(dialect: Dialect, tables: frozenset[str] | None = None) -> Policy:
    """With the packaged function catalogue, for when there is no connection to ask."""
    return Policy(dialect, allowed(dialect, packaged_catalogue(dialect)), tables)
