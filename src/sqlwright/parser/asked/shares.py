"""Shares of what the question names: of rows, or of an amount such as revenue or population."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Hints, Profile, Schema
from ..form import (
    Aggregated,
    Called,
    ColumnRef,
    Compare,
    Computed,
    Expression,
    Filtered,
    IsTrue,
    Literally,
    Query,
    Select,
    Share,
    TableRef,
)
from ..left_out import WHOLE_NAME
from ..spelled import spans
from ..walk import columns_of, condition_expressions, expressions_in, transform

_SHARE = re.compile(
    r"\b(?:share|percent|percentage|proportion|portion|fraction|what part|which part) of\b|\bin percent\b"
    r"|占比|比例|百分比|百分之",
    re.IGNORECASE,
)
_OF = re.compile(
    r"\b(?:share|percent|percentage|proportion|portion|fraction|what part|which part) of (?:all )?(?:the )?(?:\w+ )?\Z",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"percent|%|百分", re.IGNORECASE)
_MONEY = re.compile(
    r"\b(?:revenues?|sales|amounts?|values?|spend|spending|spent|turnover|income|costs?|prices?|money|paid|payments?|total)\b"
    r"|额|收入|钱|价|费|元|成本|[押租现]金",
    re.IGNORECASE,
)
_NUMBER_OR_MONEY = re.compile(
    r"\b(?:quantit(?:y|ies)|units|volume|total|hours|minutes)\b|量|件|[押租现]金|成本", re.IGNORECASE
)
MEASURE_NAMED = 0.6  # score of a column that the question names, nearly whole


def with_asked_share(query: Query, question: str, hints: Hints, schema: Schema, profile: Profile) -> Query:
    """`query` with the share that `question` asks for.

    - "Share of revenue" divides sums, "share of orders" counts rows.
    - A total of some of the rows becomes its share of the total of all rows.
    - The rows are those of the table that the question names, not those of a table that lists the kinds.
    """
    if not isinstance(query, Select) or query.source is not None or not _SHARE.search(question):
        return query
    wanted = _measures(question, hints, profile)

    def change(node: Expression) -> Expression:
        if isinstance(node, Share):
            return _of_amounts(node, wanted)
        if isinstance(node, Computed) and node.operator == "ratio":
            return _of_rows(node, question, hints, profile)
        return node

    changed = transform(query, change)
    if changed == query:
        changed = _as_share(query, question, profile)
    if changed != query and (rows := _counted(query, changed)):
        changed = replace(changed, tables=(*changed.tables, rows))
    return _of_named_rows(changed, hints, schema, profile)


def _measures(question: str, hints: Hints, profile: Profile) -> frozenset[ColumnRef]:
    """The amounts that the question asks for a share of."""
    found = set()
    tables = {"", *(m.mention for m in hints.names if not m.column)} - {
        m.mention for m in hints.names if m.column and m.score >= WHOLE_NAME
    }
    for match in hints.names:
        known = profile.of(match.table, match.column) if match.column else None
        if known and known.role in ("number", "money") and match.score >= MEASURE_NAMED and match.mention not in tables:
            for start, end in spans(question, match.mention):
                chinese = question[max(0, start - 1) : start] == "总" or question[end : end + 1] == "占"
                if chinese or _OF.search(question[:start]):
                    found.add(ColumnRef(TableRef(match.table), match.column))
    return frozenset(found)


def _of_amounts(share: Share, wanted: frozenset[ColumnRef]) -> Expression:
    tables = {c.table for c in condition_expressions(share.condition) if isinstance(c, ColumnRef)}
    found = [column for column in wanted if column.table in tables]
    if len(found) != 1:
        return share
    whole = Aggregated("sum", found[0])
    return Computed("ratio", Filtered(share.condition, whole), whole)


def _of_rows(ratio: Computed, question: str, hints: Hints, profile: Profile) -> Expression:
    part, whole = ratio.left, ratio.right
    if not isinstance(part, Filtered) or part.aggregate != whole or not isinstance(whole, Aggregated):
        return ratio
    column = whole.argument
    if whole.function != "sum" or not isinstance(column, ColumnRef):
        return ratio
    known = profile.of(column.table.table, column.column)
    generic = _MONEY if known and known.role == "money" else _NUMBER_OR_MONEY
    place = column.table.table, column.column
    # One character, such as the unit of a name, is also part of other words.
    named = any((m.table, m.column) == place and len(m.mention) > 1 and m.score >= MEASURE_NAMED for m in hints.names)
    return ratio if named or generic.search(question) else Share(part.condition)


def _as_share(query: Select, question: str, profile: Profile) -> Select:
    """The total of the rows for which one condition holds, as a share of the total of all rows."""
    if len(query.items) != 1 or query.group or query.having or query.limit is not None or query.where is None:
        return query
    item = query.items[0]
    amount = item.argument if isinstance(item, Called) and item.function in ("times_100", "per_100") else item
    simple = isinstance(query.where, IsTrue) or (
        isinstance(query.where, Compare) and query.where.operator == "=" and isinstance(query.where.right, Literally)
    )
    if not isinstance(amount, Aggregated) or amount.distinct or amount.function not in ("count", "sum") or not simple:
        return query
    known = (
        profile.of(amount.argument.table.table, amount.argument.column)
        if isinstance(amount.argument, ColumnRef)
        else None
    )
    if known and known.unit in ("percent", "share"):
        return query  # the column holds shares
    counts = amount.function == "count"
    share: Expression = Share(query.where) if counts else Computed("ratio", Filtered(query.where, amount), amount)
    if _PERCENT.search(question):
        share = Called("times_100", share)
    tables = {c.table: None for c in columns_of(query)}
    return replace(
        query, items=(share,), where=None, tables=(*query.tables, *(t for t in tables if t not in query.tables))
    )


def _counted(before: Select, after: Select) -> TableRef | None:
    """The table of an amount that is no longer summed, where nothing else brings its rows in."""
    used = {c.table for c in columns_of(after)} | set(after.tables)
    gone = [c.table for c in columns_of(before) if c.table not in used]
    return gone[0] if gone else None


def _of_named_rows(query: Select, hints: Hints, schema: Schema, profile: Profile) -> Select:
    shares = [n for item in query.items for n in expressions_in(item) if isinstance(n, Share)]
    columns = {c for s in shares for c in condition_expressions(s.condition) if isinstance(c, ColumnRef)}
    used = {c.table.table for c in columns_of(query)} | {t.table for t in query.tables}
    if len(columns) != 1 or len(used) != 1:
        return query
    (column,) = columns
    known = profile.of(column.table.table, column.column)
    if known is None or not known.rows or known.distinct < known.rows:
        return query
    named = {m.table for m in hints.names if not m.column and m.score >= WHOLE_NAME}
    if column.table.table in named:
        return query
    referring = {o.full_name for o, _, target in schema.foreign_keys() if target.full_name == column.table.table}
    children = referring & named or (referring if len(referring) == 1 else set())
    return replace(query, tables=(*query.tables, TableRef(min(children)))) if len(children) == 1 else query
