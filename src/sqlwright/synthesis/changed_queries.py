"""Queries that differ from a given one in one place: another column, value or operator, a missing condition or join.

Each rule below makes one kind of change, as people and models make it by mistake. Nothing is run here: whether a
changed query gives other rows is up to the database (`evaluation/prefer_changed.py`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as Grammar

from ..core import Dialect, quote_identifier
from ..sql.reading import UnreadableError, read_first
from .profile import ColumnProfile, Profile

PLACES = 3  # changes of one kind of one query, at most
_SIGNS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_OPERATORS: Mapping[type, tuple[type, ...]] = {
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
    exp.GT: (exp.LT, exp.GTE),
    exp.GTE: (exp.LTE, exp.GT),
    exp.LT: (exp.GT, exp.LTE),
    exp.LTE: (exp.GTE, exp.LT),
}
_AGGREGATES: Mapping[type, tuple[type, ...]] = {
    exp.Sum: (exp.Avg, exp.Max, exp.Count),
    exp.Avg: (exp.Sum, exp.Max, exp.Min),
    exp.Max: (exp.Min, exp.Avg),
    exp.Min: (exp.Max, exp.Avg),
}
_SET_OPERATIONS = (exp.Union, exp.Intersect, exp.Except)
_FUNCTION = re.compile(r"\b(\w+)\(")
_YEAR = re.compile(r"(?:19|20)\d\d(?=-|\Z)")


@dataclass(frozen=True, slots=True)
class Changed:
    """`kind` is the name of the rule in KINDS, such as "other_value"."""

    kind: str
    sql: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The changed queries, and the original in the same spelling: else a model could tell them apart by it."""

    original: str
    changed: tuple[Changed, ...]


def changed_queries(sql: str, profile: Profile, rng: random.Random) -> Changes | None:
    """Up to PLACES queries of each kind, in a random order; None for a text that is not a query or cannot be read."""
    dialect = profile.schema.dialect
    try:
        tree = read_first(sql, dialect)
    except UnreadableError:
        return None
    if not isinstance(tree, exp.Query):
        return None
    spelled = {found.upper(): found for found in _FUNCTION.findall(sql)}
    original = _write(tree, dialect, spelled)
    query = _Read(tree, profile, rng)
    found: list[Changed] = []
    for kind, rule in KINDS.items():
        texts = dict.fromkeys(_write(changed, dialect, spelled) for changed in rule(query))
        texts.pop(original, None)
        some = list(texts)
        rng.shuffle(some)
        found += [Changed(kind, text) for text in some[:PLACES]]
    rng.shuffle(found)
    return Changes(original, tuple(found))


# --- writing ---


def _write(tree: exp.Expr, dialect: Dialect, spelled: Mapping[str, str]) -> str:
    """As SQL is usually written: `a NOT IN (...)`, `!=`, functions in the letter case of the original, new ones too."""
    text: str = _writer(dialect)(dialect=dialect, comments=False).generate(tree)
    lower = bool(spelled) and all(name.islower() for name in spelled.values())

    def in_case(found: re.Match[str]) -> str:
        return spelled.get(found[1].upper(), found[1].lower() if lower else found[1]) + "("

    return _FUNCTION.sub(in_case, text)


@lru_cache(maxsize=8)
def _writer(dialect: Dialect) -> Any:
    plain: Any = Grammar.get_or_raise(dialect).generator_class

    def negated(self: Any, node: exp.Not) -> str:
        inner = node.this
        word = {exp.In: " IN ", exp.Is: " IS ", exp.Between: " BETWEEN "}.get(type(inner))
        if word is None:
            return str(self.not_sql(node))
        left, sign, right = str(self.sql(inner)).partition(word)
        return f"{left} IS NOT {right}" if word == " IS " else f"{left} NOT{sign}{right}"

    handlers = {exp.Not: negated, exp.NEQ: lambda self, node: self.binary(node, "!=")}
    return type("Writer", (plain,), {"TRANSFORMS": {**plain.TRANSFORMS, **handlers}})


# --- reading ---


class _Read:
    """A query with what its database stores."""

    def __init__(self, tree: exp.Query, profile: Profile, rng: random.Random) -> None:
        self.tree, self.profile, self.rng = tree, profile, rng
        self.dialect = profile.schema.dialect
        self.columns = {(t.casefold(), c.casefold()): p for (t, c), p in profile.columns.items()}

    def all(self, *kinds: type) -> Iterator[Any]:
        """The nodes of a kind, outside of the conditions of joins."""
        for node in self.tree.walk():
            if isinstance(node, kinds) and not _joins(node):
                yield node

    def with_nodes(self, changes: Mapping[int, exp.Expr | None]) -> exp.Expr:
        """A copy in which the nodes with these ids are replaced, or removed where None is given."""
        places = {place: changes[id(node)] for place, node in enumerate(self.tree.walk()) if id(node) in changes}
        copy: exp.Expr = self.tree.copy()
        for place, node in enumerate(list(copy.walk())):
            if place not in places:
                continue
            new = places[place]
            if new is None:
                node.pop()
            elif node is copy:
                copy = new
            else:
                node.replace(new.copy())
        return copy

    def with_node(self, node: exp.Expr, new: exp.Expr | None) -> exp.Expr:
        return self.with_nodes({id(node): new})

    def tables(self, select: exp.Select) -> dict[str, str]:
        """Full names by alias, in lower case, of the tables that the FROM clause of `select` has itself."""
        found: dict[str, str] = {}
        for table in select.find_all(exp.Table):
            if table.find_ancestor(exp.Select) is select:
                name = ".".join(part.casefold() for part in (table.db, table.name) if part)
                found[table.alias_or_name.casefold()] = name
        return found

    def identifier(self, name: str) -> exp.Identifier:
        """In quotation marks where the engine needs them."""
        return exp.to_identifier(name, quoted=quote_identifier(name, self.profile.schema.dialect) != name)

    def profile_of(self, column: exp.Column) -> ColumnProfile | None:
        select = column.find_ancestor(exp.Select)
        if select is None:
            return None
        tables = self.tables(select)
        wanted = [tables.get(column.table.casefold(), "")] if column.table else list(tables.values())
        found = [self.columns.get((table, column.name.casefold())) for table in wanted]
        known = [p for p in found if p is not None]
        return known[0] if len(known) == 1 else None


def _joins(node: exp.Expr) -> bool:
    """Whether `node` is in the ON of a join of its own SELECT."""
    join = node.find_ancestor(exp.Join, exp.Select)
    return isinstance(join, exp.Join)


def _parts(condition: exp.Expr) -> list[exp.Expr]:
    """What all has to hold."""
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]


def _all_of(parts: list[exp.Expr]) -> exp.Expr:
    whole = parts[0].copy()
    for part in parts[1:]:
        whole = exp.And(this=whole, expression=part.copy())
    return whole


# --- one rule, one kind of change ---


def _other_column(query: _Read) -> Iterator[exp.Expr]:
    """All mentions of a column in one SELECT become another one of a table there that holds the same kind of value."""
    mentions: dict[tuple[int, str, str], list[exp.Column]] = {}
    for column in query.all(exp.Column):
        select = column.find_ancestor(exp.Select)
        if select is not None:
            mentions.setdefault((id(select), column.table.casefold(), column.name.casefold()), []).append(column)
    for same in mentions.values():
        own = query.profile_of(same[0])
        select = same[0].find_ancestor(exp.Select)
        if own is None or select is None:
            continue
        tables = query.tables(select)
        taken = {c.name.casefold() for c in select.find_all(exp.Column)}
        others: list[tuple[str, ColumnProfile]] = []
        for alias, table in tables.items():
            near = [p for (t, _), p in query.columns.items() if t == table and p.role == own.role]
            others += [(alias, p) for p in near if p.column.name.casefold() not in taken]
        query.rng.shuffle(others)
        for alias, other in others[:PLACES]:
            qualifier = _spelled_alias(select, alias) if same[0].table else None
            if qualifier is None and len(tables) > 1:
                continue
            new = exp.column(query.identifier(other.column.name), table=qualifier)
            yield query.with_nodes({id(column): new for column in same})


def _spelled_alias(select: exp.Select, alias: str) -> str:
    names = (t.alias_or_name for t in select.find_all(exp.Table))
    return next(name for name in names if name.casefold() == alias)


def _missing_column(query: _Read) -> Iterator[exp.Expr]:
    if isinstance(query.tree, exp.Select) and len(query.tree.expressions) > 1:
        for item in query.tree.expressions:
            yield query.with_node(item, None)


def _other_table(query: _Read) -> Iterator[exp.Expr]:
    """Another table with all columns that are named."""
    for table in query.all(exp.Table):
        select = table.find_ancestor(exp.Select)
        if select is None or len(query.tables(select)) != 1 or select.find(exp.Star, bfs=True) is None:
            continue
        named = {c.name.casefold() for c in select.find_all(exp.Column) if c.find_ancestor(exp.Select) is select}
        for other in query.profile.schema:
            columns = {c.name.casefold() for c in other.columns}
            if other.full_name in query.profile.rows and other.name != table.name and named <= columns:
                namespace = query.identifier(other.namespace) if other.namespace else None
                new = exp.table_(query.identifier(other.name), db=namespace, alias=table.alias or None)
                yield query.with_node(table, new)


def _other_value(query: _Read) -> Iterator[exp.Expr]:
    for literal in query.all(exp.Literal):
        test = literal.parent
        if not isinstance(test, (*_SIGNS, exp.Like, exp.In, exp.Between)) or literal is test.this:
            continue
        column = query.profile_of(test.this) if isinstance(test.this, exp.Column) else None
        texts = _stored_like(literal, column) if column else []
        texts = [text for text in texts if text != literal.this] or _near(literal)
        query.rng.shuffle(texts)
        for text in texts[:PLACES]:
            new = exp.Literal.string(text) if literal.is_string else exp.Literal.number(text)
            yield query.with_node(literal, new)


def _stored_like(literal: exp.Literal, column: ColumnProfile) -> list[str]:
    """Stored values of the column; for a pattern, the words of them in its place."""
    if literal.is_string == column.numeric:
        return []
    text = str(literal.this)
    core = text.strip("%")
    if core == text:
        return list(column.values[:40])
    words = {word for value in column.values[:40] for word in value.split() if word.isalnum()}
    return sorted(text.replace(core, word[: max(len(core), 1)]) for word in words)


def _near(literal: exp.Literal) -> list[str]:
    text = str(literal.this)
    if literal.is_string and (year := _YEAR.match(text)):
        return [str(int(year[0]) + step) + text[4:] for step in (-1, 1)]
    if text.isdigit():
        return [str(int(text) + 1).zfill(len(text)), str(2 * int(text)), *([str(int(text) - 1)] if int(text) else [])]
    return []


def _other_operator(query: _Read) -> Iterator[exp.Expr]:
    for test in query.all(*_SIGNS):
        for kind in _OPERATORS.get(type(test), ()):
            yield query.with_node(test, kind(this=test.this.copy(), expression=test.expression.copy()))


def _missing_negation(query: _Read) -> Iterator[exp.Expr]:
    for node in query.all(exp.Not):
        yield query.with_node(node, node.this)


def _other_aggregate(query: _Read) -> Iterator[exp.Expr]:
    for node in query.all(*_AGGREGATES):
        for kind in _AGGREGATES[type(node)]:
            yield query.with_node(node, kind(this=node.this.copy()))
    for node in query.all(exp.Count):
        inner = node.this
        if isinstance(inner, exp.Distinct) and len(inner.expressions) == 1:
            yield query.with_node(node, exp.Count(this=inner.expressions[0].copy()))
        elif isinstance(inner, exp.Column):
            yield query.with_node(node, exp.Count(this=exp.Distinct(expressions=[inner.copy()])))
            profile = query.profile_of(inner)
            if profile is not None and profile.role == "number":
                yield query.with_node(node, exp.Sum(this=inner.copy()))


def _other_direction(query: _Read) -> Iterator[exp.Expr]:
    for node in query.all(exp.Ordered):
        new = node.copy()
        new.set("desc", None if node.args.get("desc") else True)  # False would be written as ASC
        new.set("nulls_first", _nulls_first(bool(new.args.get("desc")), query.dialect))
        yield query.with_node(node, new)


@lru_cache(maxsize=16)
def _nulls_first(descending: bool, dialect: Dialect) -> Any:
    """What an order without NULLS FIRST or LAST is read as, so that none is written."""
    sql = f"SELECT a FROM t ORDER BY a {'DESC' if descending else 'ASC'}"
    return next(read_first(sql, dialect).find_all(exp.Ordered)).args.get("nulls_first")


def _other_limit(query: _Read) -> Iterator[exp.Expr]:
    for node in query.all(exp.Limit):
        count = node.expression
        if isinstance(count, exp.Literal) and str(count.this).isdigit():
            wrong = (3, 5) if int(count.this) == 1 else (1, int(count.this) + 1)
            for number in wrong:
                yield query.with_node(count, exp.Literal.number(number))
            yield query.with_node(node, None)


def _missing_condition(query: _Read) -> Iterator[exp.Expr]:
    for clause in query.all(exp.Where, exp.Having):
        parts = _parts(clause.this)
        if len(parts) == 1:
            yield query.with_node(clause, None)
            continue
        for part in parts:
            yield query.with_node(clause.this, _all_of([p for p in parts if p is not part]))


def _other_connective(query: _Read) -> Iterator[exp.Expr]:
    for node in query.all(exp.And, exp.Or):
        kind = exp.Or if isinstance(node, exp.And) else exp.And
        yield query.with_node(node, kind(this=node.this.copy(), expression=node.expression.copy()))


def _missing_join(query: _Read) -> Iterator[exp.Expr]:
    """Without a joined table that only conditions name, and without these conditions."""
    for join in query.all(exp.Join):
        select = join.find_ancestor(exp.Select)
        if select is None or not isinstance(join.this, exp.Table):
            continue
        alias = join.this.alias_or_name.casefold()
        where = select.args.get("where")
        parts = _parts(where.this) if where else []
        lost = [part for part in parts if _names(part, alias)]
        inside = {id(n) for part in lost for n in part.walk()} | {id(n) for n in join.walk()}
        others = [c for c in select.find_all(exp.Column) if c.table.casefold() == alias and id(c) not in inside]
        if others or any(not c.table for c in select.find_all(exp.Column)):
            continue
        changes: dict[int, exp.Expr | None] = {id(join): None}
        if lost and where:
            kept = [part for part in parts if part not in lost]
            changes[id(where)] = exp.Where(this=_all_of(kept)) if kept else None
        yield query.with_nodes(changes)


def _names(node: exp.Expr, alias: str) -> bool:
    return any(column.table.casefold() == alias for column in node.find_all(exp.Column))


def _missing_group(query: _Read) -> Iterator[exp.Expr]:
    for group in query.all(exp.Group):
        select = group.find_ancestor(exp.Select)
        order = select.args.get("order") if select else None
        if select is None or (order and order.find(exp.AggFunc)):
            continue
        having = select.args.get("having")
        yield query.with_nodes({id(group): None, **({id(having): None} if having else {})})


def _missing_distinct(query: _Read) -> Iterator[exp.Expr]:
    for node in query.all(exp.Distinct):
        if isinstance(node.parent, exp.Select):
            yield query.with_node(node, None)


def _other_set_operation(query: _Read) -> Iterator[exp.Expr]:
    for node in query.all(*_SET_OPERATIONS):
        for kind in _SET_OPERATIONS:
            if not isinstance(node, kind):
                yield query.with_node(node, kind(**{name: _copied(arg) for name, arg in node.args.items()}))


def _missing_side(query: _Read) -> Iterator[exp.Expr]:
    for node in query.all(*_SET_OPERATIONS):
        yield query.with_node(node, node.left.copy())


def _copied(argument: Any) -> Any:
    if isinstance(argument, list):
        return [_copied(one) for one in argument]
    return argument.copy() if isinstance(argument, exp.Expr) else argument


KINDS: Mapping[str, Callable[[_Read], Iterator[exp.Expr]]] = {
    "other_column": _other_column,
    "missing_column": _missing_column,
    "other_table": _other_table,
    "other_value": _other_value,
    "other_operator": _other_operator,
    "missing_negation": _missing_negation,
    "other_aggregate": _other_aggregate,
    "other_direction": _other_direction,
    "other_limit": _other_limit,
    "missing_condition": _missing_condition,
    "other_connective": _other_connective,
    "missing_join": _missing_join,
    "missing_group": _missing_group,
    "missing_distinct": _missing_distinct,
    "other_set_operation": _other_set_operation,
    "missing_side": _missing_side,
}
