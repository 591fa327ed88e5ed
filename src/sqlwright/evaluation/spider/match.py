"""Spider's exact set match over two read queries (github.com/taoyds/spider, evaluation.py).

Clauses are compared as sets. Constants, DISTINCT, join conditions and the number after LIMIT do not count, except
where the script forgets to drop them: inside a subquery DISTINCT counts and foreign keys do not unify columns, and
inside a subquery in FROM constants count too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ...core import Schema
from .parse import Query, SpiderSyntaxError, ValueUnit, column_id

Unify = Mapping[str, str]  # column id -> the id that stands for all columns its foreign keys join


def exact_set(gold: Query, predicted: Query, schema: Schema) -> bool:
    """Changes both queries: read them again for another use. Raises SpiderSyntaxError where the script breaks off."""
    unify = foreign_key_map(schema)
    for query in (gold, predicted):
        _forget_values(query)
        tables = {name for kind, name in query.tables if kind == "table"}
        _unify_columns(query, {c: key for c, key in unify.items() if c.split(".")[0] in tables})
    return _matches(gold, predicted)


def foreign_key_map(schema: Schema) -> dict[str, str]:
    """Every column of a foreign key -> the first column of its group, in the schema's order."""
    position = {
        column_id(t.name, c.name): i for i, (t, c) in enumerate((t, c) for t in schema.tables for c in t.columns)
    }
    groups: list[set[str]] = []
    for table in schema:
        for key in table.foreign_keys:
            for column, target in zip(key.columns, key.ref_columns, strict=False):
                pair = {column_id(table.name, column), column_id(key.ref_table, target)}
                # A pair joins the first group it meets; two groups that it connects stay two.
                group = next((g for g in groups if g & pair), None)
                if group is None:
                    groups.append(pair)
                else:
                    group |= pair
    result: dict[str, str] = {}
    for group in groups:
        first = min(group, key=lambda c: position.get(c, len(position)))
        result.update(dict.fromkeys(group, first))
    return result


def _forget_values(query: Query) -> None:
    query.joins, query.where, query.having = map(_without_values, (query.joins, query.where, query.having))
    if query.set_operation:
        _forget_values(query.set_operation[1])


def _without_values(conditions: list[Any]) -> list[Any]:
    # Only every second entry is a condition to the script, also where two follow each other without AND.
    return [_without_value(c) if i % 2 == 0 else c for i, c in enumerate(conditions)]


def _without_value(condition: Any) -> Any:
    if isinstance(condition, str):  # two conditions without AND moved the connectors: the script stops here
        raise SpiderSyntaxError(f"{condition} where a condition should stand")
    negated, operator, left, *values = condition
    for value in values:
        if isinstance(value, Query):
            _forget_values(value)
    return (negated, operator, left, *(v if isinstance(v, Query) else None for v in values))


def _unify_columns(query: Query, unify: Unify) -> None:
    def column(unit: Any) -> Any:
        return unit and (unit[0], unify.get(unit[1], unit[1]), None)

    def value(unit: ValueUnit) -> Any:
        return (unit[0], column(unit[1]), column(unit[2]))

    def conditions(units: list[Any]) -> list[Any]:
        return [(*c[:2], value(c[2]), *c[3:]) if i % 2 == 0 else c for i, c in enumerate(units)]

    query.distinct = None
    query.select = [(aggregate, value(unit)) for aggregate, unit in query.select]
    query.joins, query.where, query.having = map(conditions, (query.joins, query.where, query.having))
    query.group = [column(unit) for unit in query.group]
    if query.order:
        query.order = (query.order[0], [value(unit) for unit in query.order[1]])
    if query.set_operation:
        _unify_columns(query.set_operation[1], unify)


def _matches(gold: Query, predicted: Query) -> bool:
    return (
        _same_bag(gold.select, predicted.select)
        and _same_bag(gold.where[::2], predicted.where[::2])
        and _same_group(gold, predicted)
        and _same_order(gold, predicted)
        and set(gold.where[1::2]) == set(predicted.where[1::2])
        and _same_set_operation(gold, predicted)
        and keywords(gold) == keywords(predicted)
        and (not gold.tables or _same_bag(gold.tables, predicted.tables))
    )


def _same_bag(left: list[Any], right: list[Any]) -> bool:
    """Equal as multisets; entries hold queries, which have no hash."""
    rest = list(right)
    for item in left:
        if item not in rest:
            return False
        rest.remove(item)
    return not rest


def _same_group(gold: Query, predicted: Query) -> bool:
    """HAVING counts only below a GROUP BY."""
    left, right = [u[1] for u in gold.group], [u[1] for u in predicted.group]
    bare = [Counter(c.split(".")[-1] for c in side) for side in (left, right)]
    return bare[0] == bare[1] and (not left or (left == right and gold.having == predicted.having))


def _same_order(gold: Query, predicted: Query) -> bool:
    if not gold.order or not predicted.order:
        return not gold.order and not predicted.order
    return gold.order == predicted.order and gold.limit == predicted.limit


def _same_set_operation(gold: Query, predicted: Query) -> bool:
    if not gold.set_operation or not predicted.set_operation:
        return gold.set_operation is predicted.set_operation
    (left, a), (right, b) = gold.set_operation, predicted.set_operation
    return left == right and _matches(a, b)


def conditions_of(query: Query) -> list[Any]:
    return [*query.joins[::2], *query.where[::2], *query.having[::2]]


def connectors_of(query: Query) -> list[Any]:
    return [*query.joins[1::2], *query.where[1::2], *query.having[1::2]]


def keywords(query: Query) -> set[str]:
    present: Iterable[tuple[str, Any]] = (
        ("where", query.where),
        ("group", query.group),
        ("having", query.having),
        ("order", query.order),
        ("limit", query.limit),
        ("or", "or" in connectors_of(query)),
        ("not", any(c[0] for c in conditions_of(query))),
        ("in", any(c[1] == "in" for c in conditions_of(query))),
        ("like", any(c[1] == "like" for c in conditions_of(query))),
    )
    found = {name for name, value in present if value}
    if query.order:
        found.add(query.order[0])
    if query.set_operation:
        found.add(query.set_operation[0])
    return found
