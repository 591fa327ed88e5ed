"""What a row is called: its name and not its key, its first and last name, the plain name before a special one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...core import Hints, Profile, Schema, Table
from ...core.fold import fold, identifier_words, singular
from ..form import (
    ColumnRef,
    Compare,
    Expression,
    IsNull,
    Negated,
    Nested,
    On,
    Query,
    Select,
    SetOperation,
    TableRef,
)
from ..joins import join_graph
from ..walk import columns_of, conjoined, conjuncts

_ONE_NAME = re.compile(
    r"\b(?:first|last|given|family|sur|fore|middle)[ _-]?names?\b|\b[fl]name\b|\bsurnames?\b|姓氏|只要姓", re.IGNORECASE
)
_FIRST_NAME = re.compile(r"\b(?:first|given|fore)(?:[ _-]?names?\b| and )|\bfnames?\b", re.IGNORECASE)
_LAST_NAME = re.compile(r"\b(?:last|family|sur|full)[ _-]?names?\b|\blnames?\b|姓氏|只要姓", re.IGNORECASE)
KEY_WORDS = re.compile(
    r"\b(?:ids?|identifiers?|keys?|codes?|numbers?|nos|#)\b|\bno(?=\.|\s*\Z|\s*[,;?)]|\s+(?:of|and|for|in|from)\b)"
    r"|编号|号|代码|编码|标识|\bid(?![a-z])",
    re.IGNORECASE,
)
NAMED = 0.85  # score of a column that the question names, by its name or its comment
PARTLY_NAMED = 0.6  # "patient" names pat_no less than that: it names the table
_WHICH = re.compile(r"\b(?:which|who)\b|哪|谁", re.IGNORECASE)
_NAME_WORDS = re.compile(r"\b(?:names?|titles?|who)\b|名称|姓名|名字|谁", re.IGNORECASE)
_CALLED = frozenset(("slug", "handle", "label", "username", "login", "nickname"))  # names that are written as codes
_FIRST = frozenset(("first", "fname", "firstname", "forename", "given", "vorname"))
_LAST = frozenset(("last", "lname", "lastname", "surname", "family", "nachname"))


@dataclass(frozen=True, slots=True)
class Names:
    """Which columns name the rows of the tables of a database."""

    schema: Schema
    profile: Profile

    def of(self, table: str) -> tuple[str, ...]:
        """The columns by which a person calls a row of `table`; empty where there is none."""
        found = self.schema.table(table)
        named = [c.name for c in found.columns if self.is_name(table, c.name)]
        pair = _pair(named)
        if pair:
            return pair
        plain = self.plain(found, named)
        if plain or named:
            return (plain or named[0],)
        return tuple([c.name for c in found.columns if _CALLED & set(identifier_words(c.name))][:1])

    def is_name(self, table: str, column: str) -> bool:
        profile = self.profile.of(table, column)
        return profile is not None and profile.role == "name"

    def plain(self, table: Table, named: Sequence[str]) -> str:
        """The one of the columns `named` that is called `name` or `title`, with or without the table: "" for none."""
        own = set(identifier_words(table.name))
        own |= {singular(word) for word in own}
        for column in named:
            words = set(identifier_words(column)) - own
            if words in ({"name"}, {"nm"}, {"title"}, {"名称"}, {"姓名"}):
                return column
        return ""


def _pair(columns: Sequence[str]) -> tuple[str, str] | tuple[()]:
    """A first and a last name, in the order of the table."""
    first = [c for c in columns if set(identifier_words(c)) & _FIRST]
    last = [c for c in columns if set(identifier_words(c)) & _LAST]
    return (first[0], last[0]) if len(first) == len(last) == 1 and first != last else ()


def with_asked_names(query: Query, question: str, schema: Schema, profile: Profile, hints: Hints) -> Query:
    """`query` with the names that `question` means among what it shows.

    - Of a first and a last name of which only one is shown, both, unless the question names one of them.
    - "Which professional" asks for the name of a group of rows with one key, not for another of its columns.
    - A special name (`LocalName`) gives way to the plain one (`Name`) where the question does not say what is special.
    """
    if not isinstance(query, Select) or query.source is not None:
        return query
    names = Names(schema, profile)
    said = frozenset(fold(word) for word in re.findall(r"\w+", question))
    query = _with_plain_names(query, names, said, question)
    query = _with_names_of_groups(query, names, question, hints)
    if not _ONE_NAME.search(question):
        query = _with_whole_names(query, names)
    elif bool(_FIRST_NAME.search(question)) != bool(_LAST_NAME.search(question)):
        query = _with_one_name(query, names, first=bool(_FIRST_NAME.search(question)))
    return _with_addresses(query, names)


def _with_names_of_groups(query: Select, names: Names, question: str, hints: Hints) -> Select:
    if len(query.group) != 1 or len(query.items) != 1 or not _WHICH.search(question):
        return query
    (group,), (item,) = query.group, query.items
    if not isinstance(group, ColumnRef) or not isinstance(item, ColumnRef) or item.table != group.table:
        return query
    table = names.schema.table(group.table.table)
    found = names.profile.of(table.full_name, item.column)
    if (
        table.primary_key != (group.column,)
        or found is None
        or found.role not in ("category", "code", "flag", "text", "other")
    ):
        return query
    if any((m.table, m.column) == (table.full_name, item.column) and m.mention for m in hints.names):
        return query
    shown = names.of(table.full_name)
    return replace(query, items=tuple(ColumnRef(item.table, column) for column in shown)) if shown else query


def _with_whole_names(query: Select, names: Names) -> Select:
    if query.distinct and len(query.items) > 1:
        return query
    items: list[Expression] = []
    for item in query.items:
        pair = _pair_of(item, names)
        if not pair or not isinstance(item, ColumnRef):
            items.append(item)
            continue
        both = [replace(item, column=column) for column in pair]
        if any(other in query.items for other in both if other != item):
            items.append(item)
        else:
            items += both
    return replace(query, items=tuple(items))


def _with_one_name(query: Select, names: Names, *, first: bool) -> Select:
    """Only the first, or only the last, of a first and a last name, where the question asks for that one."""
    kept: list[Expression] = []
    for item in query.items:
        pair = _pair_of(item, names)
        wanted, other = (pair if first else pair[::-1]) or ("", "")
        shown = isinstance(item, ColumnRef) and replace(item, column=wanted) in query.items
        if not isinstance(item, ColumnRef) or item.column != other or not shown:
            kept.append(item)
    return replace(query, items=tuple(kept)) if kept else query


def _with_addresses(query: Select, names: Names) -> Select:
    """An email or web address where a name does not identify a row: beside a lone first name, for a missing title."""
    if query.group:
        return query
    items: list[Expression] = []
    for item in query.items:
        address = _address(item, names)
        if address and query.where is not None and IsNull(item) in conjuncts(query.where):
            items.append(address)
        elif address and len(query.items) == 1 and _is_lone_first_name(item, names):
            items += [item, address]
        else:
            items.append(item)
    return replace(query, items=tuple(dict.fromkeys(items)))


def _is_lone_first_name(item: Expression, names: Names) -> bool:
    return (
        isinstance(item, ColumnRef) and bool(set(identifier_words(item.column)) & _FIRST) and not _pair_of(item, names)
    )


def _address(item: Expression, names: Names) -> ColumnRef | None:
    """The column with the email or web address of the rows that `item` names; None where it is not a name."""
    if not isinstance(item, ColumnRef) or not names.is_name(item.table.table, item.column):
        return None
    for column in names.schema.table(item.table.table).columns:
        found = names.profile.of(item.table.table, column.name)
        if found and found.role in ("email", "url"):
            return replace(item, column=column.name)
    return None


def _pair_of(item: Expression, names: Names) -> tuple[str, ...]:
    if not isinstance(item, ColumnRef) or item.column == "*" or not item.table.table:
        return ()
    table = names.schema.table(item.table.table)
    pair = _pair([c.name for c in table.columns if names.is_name(table.full_name, c.name)])
    return pair if item.column in pair else ()


def _with_plain_names(query: Select, names: Names, said: frozenset[str], question: str) -> Select:
    stated = {p.left for p in conjuncts(query.where) if isinstance(p, Compare) and p.operator == "="}

    def plain(item: Expression) -> Expression:
        if not isinstance(item, ColumnRef) or item.column == "*" or not item.table.table:
            return item
        table = names.schema.table(item.table.table)
        named = [c.name for c in table.columns if names.is_name(table.full_name, c.name)]
        usual = names.plain(table, named)
        if item.column not in named or not usual or item.column == usual or _pair(named):
            return item
        if replace(item, column=usual) in stated:  # "who manages Riverbend" does not ask for Riverbend
            return item
        own = set(identifier_words(item.column)) - set(identifier_words(usual))
        named_special = bool({fold(w) for w in own} & said) or any(w in question for w in own if not w.isascii())
        return item if not own or named_special else replace(item, column=usual)

    items = tuple(dict.fromkeys(plain(item) for item in query.items))
    group = tuple(plain(g) for g in query.group)
    return replace(query, items=items, group=group)


def with_names_for_keys(
    query: Query,
    question: str,
    schema: Schema,
    profile: Profile,
    hints: Hints,
) -> Query:
    """`query` with the name of a row where it shows the key that nobody asked for: genres, not their numbers."""
    query = _not_in_for_except(query, question, schema, profile)
    if not isinstance(query, Select) or query.source is not None or KEY_WORDS.search(question):
        return query
    names, graph = Names(schema, profile), join_graph(schema)
    used = {c.table.table for c in columns_of(query)} | {t.table for t in query.tables}
    items: list[Expression] = []
    on = query.on
    for item in query.items:
        if (self_named := _self_named(item, query, names)) is not None:
            shown_names, join = self_named
            items += shown_names
            on = (*on, join)
            continue
        owner = _named_by(item, schema, profile) or _read_by(item, hints, profile)
        shown = names.of(owner) if owner else ()
        if not isinstance(item, ColumnRef) or not shown:
            items.append(item)
            continue
        if owner != item.table.table and not graph.pairs(item.table.table, owner):
            items.append(item)
            continue
        table = item.table if owner == item.table.table else TableRef(owner)
        if owner not in used and owner != item.table.table and len(query.items) == 1 and query.distinct:
            items.append(item)
            continue
        items += [ColumnRef(table, column) for column in shown]
    return replace(query, items=tuple(dict.fromkeys(items)), on=on)


def _not_in_for_except(query: Query, question: str, schema: Schema, profile: Profile) -> Query:
    """The keys of a table less those that another table refers to, as rows of the table, whose names can be shown."""
    if not isinstance(query, SetOperation) or query.operator != "except" or KEY_WORDS.search(question):
        return query
    left, right = query.left, query.right
    if not isinstance(left, Select) or not isinstance(right, Select) or len(left.items) != 1 or len(right.items) != 1:
        return query
    (key,) = left.items
    simple = left.group or left.order or left.limit is not None or left.source is not None or left.on
    if simple or not isinstance(key, ColumnRef) or _named_by(key, schema, profile) != key.table.table:
        return query
    others = Negated(Compare("in", key, Nested(replace(right, distinct=False))))
    where = conjoined((*conjuncts(left.where), others))
    return replace(left, distinct=False, where=where)


def with_asked_keys(query: Query, question: str, hints: Hints, profile: Profile) -> Query:
    """`query` with the number of a row in place of its name where the question asks only for that."""
    if not isinstance(query, Select) or query.source is not None or len(query.items) != 1:
        return query
    (item,) = query.items
    if not isinstance(item, ColumnRef) or not KEY_WORDS.search(question) or _NAME_WORDS.search(question):
        return query
    found = profile.of(item.table.table, item.column)
    asked = {
        ColumnRef(item.table, m.column)
        for m in hints.names
        if m.table == item.table.table and m.score >= NAMED and m.mention and _is_key(profile, m.table, m.column)
    }
    elsewhere = set(columns_of(replace(query, group=())))
    if len(asked) != 1 or found is None or found.role != "name" or asked & elsewhere:
        return query
    if query.group and set(query.group) != asked:
        return query
    return replace(query, items=tuple(asked))


def _is_key(profile: Profile, table: str, column: str) -> bool:
    found = profile.of(table, column)
    return found is not None and found.role in ("key", "code")


def _self_named(item: Expression, query: Select, names: Names) -> tuple[list[Expression], On] | None:
    """The names of the row of the same table that a column refers to, and the join with it: the manager's name."""
    if not isinstance(item, ColumnRef) or item.table.instance != 1 or query.on or query.group or len(query.items) > 2:
        return None
    for owner, key, target in names.schema.foreign_keys():
        if owner is target and owner.full_name == item.table.table and key.columns == (item.column,):
            other = replace(item.table, instance=2)
            shown: list[Expression] = [ColumnRef(other, column) for column in names.of(owner.full_name)]
            return (shown, On(item, ColumnRef(other, key.ref_columns[0]))) if shown and key.ref_columns else None
    return None


def _read_by(item: Expression, hints: Hints, profile: Profile) -> str:
    """The table of a code that tells its rows apart, such as a matriculation number, where nobody named the code."""
    if not isinstance(item, ColumnRef):
        return ""
    found = profile.of(item.table.table, item.column)
    if found is None or found.role != "code" or not found.rows or found.distinct < found.rows:
        return ""
    place = item.table.table, item.column
    named = any((m.table, m.column) == place and m.mention and m.score >= PARTLY_NAMED for m in hints.names)
    return "" if named else item.table.table


def _named_by(item: Expression, schema: Schema, profile: Profile) -> str:
    """The table whose rows a key column names; "" for any other expression."""
    if not isinstance(item, ColumnRef) or item.column == "*" or not item.table.table:
        return ""
    table = schema.table(item.table.table)
    found = profile.of(table.full_name, item.column)
    if found is None or found.role not in ("key", "reference", "code"):
        return ""
    for owner, key, target in schema.foreign_keys():
        if owner is table and key.columns == (item.column,):
            return target.full_name if target is not table else ""
    return table.full_name if found.role == "key" or table.primary_key == (item.column,) else ""
