"""What makes a finished query unlikely to be meant, whatever the network thinks of it."""

from __future__ import annotations

import re

from ..core import Hints, NameMatch, Profile, Schema
from .form import (
    Aggregated,
    Between,
    ColumnRef,
    Compare,
    Computed,
    Condition,
    Elapsed,
    Expression,
    IsNull,
    Joined,
    Literally,
    Negated,
    Nested,
    Query,
    Select,
    Share,
    Span,
)
from .units import DIMENSION
from .walk import columns_of, expressions_in, tables_of

# In log probability, each.
GROUPS_OF_ONE = 2.0  # rows are counted in groups that have one row each
UNNAMED_ANTI_JOIN = 0.5  # "no row in another table", where no word of the question names that table
ROWS_FOR_MONEY = 1.0  # a share of rows for "share of revenue"
TIME_FOR_MONEY = 1.0  # a sum of milliseconds for "spent the most"
CONTRADICTION = 3.0  # no row can be there: a column is missing and compared, or equal to two values
SELF_ARITHMETIC = 3.0  # an amount less itself, or divided by itself
FIRST_ONLY = 0.7  # one row is kept, where no word of the question asks for the first or the most
KEY_COMPARED = 2.0  # a key is less or more than a number
TWO_TABLES = 0.8  # the time between dates of two tables
REPEATED = 2.0  # a condition stands there twice, in the place of one that the network could not write

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_FIRST = re.compile(
    r"\b(?:first|last|latest|newest|oldest|most|least|top|best|worst|one|single|\w+est|max\w*|min\w*|more|less|fewer"
    r"|highest|lowest|peak|record|recent|leading|popular|favou?rite|common)\b|最|第一|首|哪个|哪一|哪位|谁|大|小|多|少",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"\b(?:revenues?|sales|turnover|spend|spending|spent|earned|income|paid)\b|销售额|营业额|收入|金额|花费|消费",
    re.IGNORECASE,
)
_SHARE_OF_MONEY = re.compile(
    r"\b(?:share|percent|percentage|proportion|portion|fraction) of (?:the )?(?:total )?"
    r"(?:revenues?|sales|turnover|spend|spending|income)\b",
    re.IGNORECASE,
)


def doubts(query: Query, question: str, hints: Hints, schema: Schema, profile: Profile) -> float:
    """What to take from the log probability of `query`, 0 or more."""
    if not isinstance(query, Select):
        return doubts(query.left, question, hints, schema, profile)
    if query.source is not None:
        return 0.0
    nodes = [n for e in (*query.items, *(o.value for o in query.order)) for n in expressions_in(e)]
    found = GROUPS_OF_ONE if _groups_of_one(query, nodes, schema) else 0.0
    found += UNNAMED_ANTI_JOIN * _unnamed_anti_joins(query, question, hints, profile)
    if _SHARE_OF_MONEY.search(question) and any(isinstance(n, Share) for n in nodes):
        found += ROWS_FOR_MONEY
    if _MONEY.search(question) and any(_is_total_time(n, profile) for n in nodes):
        found += TIME_FOR_MONEY
    if any(isinstance(n, Elapsed) and len(_tables_of(n)) > 1 for n in nodes):
        found += TWO_TABLES
    if any(isinstance(n, Computed) and n.operator in ("-", "/", "ratio") and n.left == n.right for n in nodes):
        found += SELF_ARITHMETIC
    if query.limit == 1 and not _FIRST.search(question):
        found += FIRST_ONLY
    if any(_is_key_compared(p, profile) for p in _conditions(query.where)):
        found += KEY_COMPARED
    if _contradicts(query.where):
        found += CONTRADICTION
    parts = _conditions(query.where)
    return found + REPEATED * (len(parts) - len(set(parts)))


def _conditions(where: Condition | None) -> tuple[Condition, ...]:
    return where.parts if isinstance(where, Joined) else (where,) if where else ()


def _is_key_compared(part: Condition, profile: Profile) -> bool:
    if (
        not isinstance(part, Compare)
        or part.operator not in ("<", "<=", ">", ">=")
        or not isinstance(part.left, ColumnRef)
    ):
        return False
    found = profile.of(part.left.table.table, part.left.column)
    return found is not None and found.role == "reference"


def _contradicts(where: Condition | None) -> bool:
    """Whether one column has to be missing and to have some value, or two values, or a condition has to fail."""
    parts = where.parts if isinstance(where, Joined) and where.operator == "and" else ()
    missing = {p.value for p in parts if isinstance(p, IsNull)}
    compared = {p.left for p in parts if isinstance(p, Compare)} | {
        p.value for p in parts if isinstance(p, (Between, Span))
    }
    values: dict[Expression, set[Expression]] = {}
    for part in parts:
        if isinstance(part, Compare) and part.operator == "=" and isinstance(part.right, Literally):
            values.setdefault(part.left, set()).add(part.right)
    two = any(len(found) > 1 for found in values.values())
    return bool(missing & compared) or two or any(Negated(part) in parts for part in parts)


def _groups_of_one(query: Select, nodes: list[Expression], schema: Schema) -> bool:
    """Whether rows are counted by the key of a table to which no other table of the query refers."""
    if len(query.group) != 1 or not isinstance(query.group[0], ColumnRef):
        return False
    counted = any(isinstance(n, Aggregated) and n.function == "count" and not n.distinct for n in nodes)
    group, used = query.group[0], {c.table for c in columns_of(query)} | set(query.tables)
    if not counted or query.on or len({t.table for t in used}) != len(used):
        return False
    if schema.table(group.table.table).primary_key != (group.column,):
        return False
    names = {t.table for t in used} - {group.table.table}
    graph = [(owner.full_name, target.full_name) for owner, _, target in schema.foreign_keys()]
    # Tables between those that are used may repeat rows as well, so all that refer to the group's table count.
    return not names or all(
        (group.table.table, name) in graph and (name, group.table.table) not in graph for name in names
    )


def _unnamed_anti_joins(query: Select, question: str, hints: Hints, profile: Profile) -> int:
    if _CHINESE.search(question):
        return 0  # the names may be in another language, and 没...过 says "no row" without naming a table
    named = {m.table for m in hints.names if m.mention and not _holds_keys(m, profile)}
    return sum(not tables_of(inner) & named for inner in _anti_joined(query.where))


def _holds_keys(match: NameMatch, profile: Profile) -> bool:
    found = profile.of(match.table, match.column) if match.column else None
    return found is not None and found.role in ("key", "reference")


def _anti_joined(where: Condition | None) -> list[Query]:
    parts = where.parts if isinstance(where, Joined) else (where,) if where else ()
    return [
        p.condition.right.query
        for p in parts
        if isinstance(p, Negated) and isinstance(p.condition, Compare) and isinstance(p.condition.right, Nested)
    ]


def _tables_of(node: Expression) -> set[str]:
    return {e.table.table for e in expressions_in(node) if isinstance(e, ColumnRef)}


def _is_total_time(node: Expression, profile: Profile) -> bool:
    if (
        not isinstance(node, Aggregated)
        or node.function not in ("sum", "avg")
        or not isinstance(node.argument, ColumnRef)
    ):
        return False
    found = profile.of(node.argument.table.table, node.argument.column)
    return found is not None and DIMENSION.get(found.unit) == DIMENSION["s"]
