"""Which functions a query may call: what the engine's catalogue calls free of side effects, minus and plus a few.

The catalogue is read from the connection (`Engine.functions`) or, where there is none, from the list packaged under
`catalogue/`. MySQL has no such catalogue, so its list is written by hand.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ..core import Dialect
from .dialects import RULES


def allowed(dialect: Dialect, catalogue: frozenset[str]) -> frozenset[str]:
    """The functions of `catalogue` that a query may call, and the grammar's own; all names in lower case."""
    rules = RULES[dialect]
    kept = frozenset(name for name in map(str.lower, catalogue) if not rules.minus.fullmatch(name))
    return kept | rules.plus | rules.table_functions


@cache
def packaged_catalogue(dialect: Dialect) -> frozenset[str]:
    """Function names from `catalogue/<dialect>.txt`; empty for MySQL, which has no catalogue of them."""
    if not RULES[dialect].has_catalogue:
        return frozenset()
    text = (files(__package__) / "catalogue" / f"{dialect}.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
