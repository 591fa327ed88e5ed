"""What linking a question to a database found: names and stored values the question mentions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MatchKind = Literal["exact", "folded", "plural", "near"]


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A table (`column` is "") or a column that the question names; `score` is in (0, 1]."""

    table: str
    column: str
    mention: str
    score: float


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A value stored in `table.column`, in its stored spelling, that the question mentions as `mention`.

    folded: equal after case, width and accent folding; plural: equal in the singular; near: a small edit away.
    `element`: the column's cells are lists, as in 'Python;SQL', and some contain the value.
    """

    table: str
    column: str
    value: str
    mention: str
    kind: MatchKind = "exact"
    score: float = 1.0
    element: bool = False


@dataclass(frozen=True, slots=True)
class Hints:
    names: tuple[NameMatch, ...] = ()
    values: tuple[ValueMatch, ...] = ()
