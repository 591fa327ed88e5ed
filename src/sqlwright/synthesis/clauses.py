"""Clauses of a query, found in the name of its shape."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..core import UsageError, closest

# Clause -> texts of which one is in the name of every shape that has it.
CLAUSES: Mapping[str, tuple[str, ...]] = {
    "join": ("t1>", "t1<", "t1~", "t1-"),
    "where": (" where ",),
    "group by": (" group ",),
    "having": (" having ",),
    "order by": (" order ",),
    "limit": (" limit ",),
    "nested": (" in select", "> select", "< select", "= select"),
    "set operation": ("intersect ", "except ", "union "),
    "aggregate": (" count ", " sum ", " avg ", " min ", " max "),
    "distinct": (" distinct ",),
}


def has_clause(shape: str, clause: str) -> bool:
    """`shape` is the name of a shape, `clause` a key of CLAUSES."""
    return any(text in f" {shape} " for text in CLAUSES[clause])


def shapes_without(shapes: Mapping[str, int], clauses: Collection[str]) -> dict[str, int]:
    """Those of `shapes`, with their counts, that have none of `clauses`. Raises UsageError for an unknown clause."""
    for clause in clauses:
        if clause not in CLAUSES:
            raise UsageError(f"There is no clause {clause!r}.", closest(clause, CLAUSES))
    return {name: count for name, count in shapes.items() if not any(has_clause(name, c) for c in clauses)}
