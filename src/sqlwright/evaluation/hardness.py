"""Spider's four levels of hardness, from the clauses of the gold query."""

from __future__ import annotations

from typing import Any, Literal

from ..core import Schema
from .spider import Query, SpiderSyntaxError, parse
from .spider.match import conditions_of, connectors_of

Hardness = Literal["easy", "medium", "hard", "extra", "unknown"]
LEVELS: tuple[Hardness, ...] = ("easy", "medium", "hard", "extra", "unknown")


def hardness(gold_sql: str, schema: Schema) -> Hardness:
    """As evaluation.py of taoyds/spider counts it; "unknown" where its grammar cannot read the query."""
    try:
        query = parse(gold_sql, schema)
    except SpiderSyntaxError:
        return "unknown"
    clauses, nested, others = _clauses(query), _nested(query), _others(query)
    if nested == 0 and clauses <= 1 and others == 0:
        return "easy"
    if nested == 0 and ((clauses <= 1 and others <= 2) or (clauses <= 2 and others < 2)):
        return "medium"
    if nested == 0 and ((clauses <= 2 and others > 2) or (clauses == 3 and others <= 2)):
        return "hard"
    return "hard" if clauses <= 1 and others == 0 and nested == 1 else "extra"


def _clauses(query: Query) -> int:
    """WHERE, GROUP BY, ORDER BY, LIMIT, every JOIN, every OR, every LIKE."""
    present: list[object] = [query.where, query.group, query.order, query.limit]
    likes = len([c for c in conditions_of(query) if c[1] == "like"])
    return sum(map(bool, present)) + len(query.tables) - 1 + connectors_of(query).count("or") + likes


def _nested(query: Query) -> int:
    """Subqueries in conditions, and set operations."""
    values = [value for c in conditions_of(query) for value in c[3:]]
    return sum(isinstance(v, Query) for v in values) + bool(query.set_operation)


def _others(query: Query) -> int:
    """More than one aggregate, selected column, condition or grouping column: one each."""
    counts: list[int] = [_aggregates(query), len(query.select), len(query.where), len(query.group)]
    return sum(count > 1 for count in counts)


def _aggregates(query: Query) -> int:
    units: list[Any] = [unit for value in (query.order[1] if query.order else []) for unit in value[1:] if unit]
    named = [*query.select, *query.group, *units]
    # The script also counts as an aggregate every NOT in WHERE or HAVING, and every AND and OR in HAVING.
    aggregates = [unit for unit in named if unit[0] != "none"]
    negated = [c for c in query.where[::2] if c[0]]
    return len(aggregates) + len(negated) + len([c for c in query.having if c[0]])
