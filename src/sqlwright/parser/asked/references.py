"""Rows that refer to rows of their own table: an employee and the manager, a member and who referred them."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Hints, NameMatch, Profile, Schema
from ...core.fold import fold, identifier_words, singular
from ..form import Aggregated, ColumnRef, Compare, Expression, Literally, On, Query, Select, TableRef
from ..walk import columns_of, condition_expressions, expressions_in, transform
from .names import KEY_WORDS, Names

_UNDER = re.compile(
    r"\b(?:reports?|reporting|reported) (?:directly )?to\b|\bwork(?:s|ing)? (?:for|under)\b"
    r"|\b(?:managed|supervised|mentored|led|referred|recommended|introduced|trained|coached) by\b",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\bwho(?:m|se)?\b.*\bwhom?\b|\band (?:their|his|her|its)\b|以及(?:他们|她们|其)?的?|和(?:他们|她们|其)的?",
    re.IGNORECASE,
)
CHINESE = 0.5  # score of a Chinese name that the question holds
SAME_START = 5  # letters that a word of the question and the name of a reference share: supervises, supervisor


def with_asked_reference(query: Query, question: str, hints: Hints, schema: Schema, profile: Profile) -> Query:
    """`query` with the rows on the side of a self-reference that `question` asks for.

    - "Who reports to Nancy" asks for the rows whose manager is Nancy.
    - "The mentor of each developer" asks for both names.
    - "Who referred three others" counts the rows that refer to a row.
    """
    if not isinstance(query, Select) or query.source is not None or query.group:
        return query
    if query.on:
        sides = _sides(query, schema)
        return (
            _both_sides(_below(query, question, *sides), question, *sides, Names(schema, profile)) if sides else query
        )
    counted = None if KEY_WORDS.search(question) else _counted(query, Names(schema, profile), schema)
    return counted or _with_reference(query, question, hints, schema, profile)


def _counted(query: Select, names: Names, schema: Schema) -> Select | None:
    """Rows to which at least so many others refer, where the query compares the reference with their number."""
    part = query.where
    if (
        not isinstance(part, Compare)
        or part.operator not in ("<", "<=", ">", ">=")
        or not isinstance(part.left, ColumnRef)
    ):
        return None
    for owner, key, target in schema.foreign_keys():
        if owner is target and owner.full_name == part.left.table.table and key.columns == (part.left.column,):
            child, parent = part.left.table, replace(part.left.table, instance=2)
            called = tuple(ColumnRef(parent, column) for column in names.of(owner.full_name))
            if not called or not key.ref_columns:
                return None
            having = replace(part, left=Aggregated("count", ColumnRef(child, "*")))
            own = ColumnRef(parent, key.ref_columns[0])
            return replace(query, items=called, on=(On(part.left, own),), where=None, group=(own,), having=having)
    return None


def _sides(query: Select, schema: Schema) -> tuple[TableRef, TableRef] | None:
    """The rows that refer and those that are referred to, where the one join follows a self-reference."""
    (join, *more) = query.on
    if more or join.left.table.table != join.right.table.table:
        return None
    for owner, key, target in schema.foreign_keys():
        if owner is target and owner.full_name == join.left.table.table:
            for one, other in ((join.left, join.right), (join.right, join.left)):
                if key.columns == (one.column,) and key.ref_columns == (other.column,):
                    return one.table, other.table
    return None


def _below(query: Select, question: str, child: TableRef, parent: TableRef) -> Select:
    """The two sides changed where the row that is named is the one that others refer to."""
    under = _UNDER.search(question)
    if not under or query.where is None:
        return query
    named = [
        (part.left.table, part.right.text)
        for part in getattr(query.where, "parts", (query.where,))
        if isinstance(part, Compare) and isinstance(part.left, ColumnRef) and isinstance(part.right, Literally)
    ]
    said = fold(question[under.end() :])
    if not named or any(table != child or fold(text) not in said for table, text in named):
        return query
    sides = {child: parent, parent: child}

    def swapped(node: Expression) -> Expression:
        return replace(node, table=sides.get(node.table, node.table)) if isinstance(node, ColumnRef) else node

    return transform(query, swapped)


def _both_sides(query: Select, question: str, child: TableRef, parent: TableRef, names: Names) -> Select:
    if not _BOTH.search(question) or query.where is not None or len(query.items) > 2:
        return query
    shown = {item.table for item in query.items if isinstance(item, ColumnRef)}
    called = names.of(child.table)
    if len(shown) != 1 or not shown <= {child, parent} or not called:
        return query
    return replace(query, items=tuple(ColumnRef(side, column) for side in (child, parent) for column in called))


def _with_reference(query: Select, question: str, hints: Hints, schema: Schema, profile: Profile) -> Select:
    used = {c.table for c in columns_of(query)} | set(query.tables)
    if len(used) != 1 or any(isinstance(n, Aggregated) for i in query.items for n in expressions_in(i)):
        return query
    (table,) = used
    for owner, key, target in schema.foreign_keys():
        if owner is not target or owner.full_name != table.table or len(key.columns) != 1 or not key.ref_columns:
            continue
        column = ColumnRef(table, key.columns[0])
        taken = set(query.items) | (set(condition_expressions(query.where)) if query.where else set())
        if column in taken or not _named(column.column, key.ref_columns[0], table.table, question, hints):
            continue
        other = TableRef(table.table, 2)
        names = Names(schema, profile)
        called = names.of(table.table)
        if called and all(isinstance(i, ColumnRef) and names.is_name(table.table, i.column) for i in query.items):
            shown = tuple(ColumnRef(side, name) for side in (table, other) for name in called)
            return replace(query, items=shown, on=(On(column, ColumnRef(other, key.ref_columns[0])),), distinct=False)
    return query


def _named(column: str, key: str, table: str, question: str, hints: Hints) -> bool:
    """Whether the question says what the reference is: mentor, supervises, 介绍人.

    Words of the column that are also in the names of the key and of the table say nothing: `entry` of parent_entry_id.
    """
    common = {*identifier_words(key), *identifier_words(table), *(singular(w) for w in identifier_words(table))}
    own = [w for w in identifier_words(column) if w not in common and len(w) > 2]
    words = [fold(word) for word in re.findall(r"\w+", question)]
    if any(word.startswith(w[:SAME_START]) or (len(w) < SAME_START and word == w) for w in own for word in words):
        return True
    if question.isascii():
        return False
    found = [m for m in hints.names if (m.table, m.column) == (table, column) and m.score >= CHINESE]
    return any(not any(_is_nearer(other, m) for other in hints.names) for m in found)


def _is_nearer(other: NameMatch, match: NameMatch) -> bool:
    """Whether the same words name a table, or another column at least as well."""
    if other.mention != match.mention or (other.table, other.column) == (match.table, match.column):
        return False
    return not other.column or other.score >= match.score
