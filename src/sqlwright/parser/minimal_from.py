"""What the form's FROM has to say: the tables that count(*) counts, and the joins that cannot be derived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core import Schema
from .form import ColumnRef, On, OutputRef, Select, TableRef
from .joins import derive, join_graph
from .sql_scope import STAR
from .walk import columns_of, transform


def with_stars(select: Select, joined: list[TableRef], schema: Schema) -> Select:
    """Each count(*) points at a table: one that nothing else names, else the one that holds the foreign keys."""
    if not joined:
        return _replace_star(select, None)
    named = {c.table for c in columns_of(select)}
    unnamed = [t for t in joined if t not in named]
    return _replace_star(select, ColumnRef(_child(unnamed or joined, joined, schema), "*"))


def _child(among: list[TableRef], joined: list[TableRef], schema: Schema) -> TableRef:
    """The one whose rows the join repeats least: it refers to the others, and none of them to it."""
    names = {t.table.casefold() for t in joined}

    def keys(ref: TableRef) -> int:
        return sum(k.ref_table.casefold() in names for k in schema.table(ref.table).foreign_keys)

    if len(among) == len(joined):
        return max(among, key=keys)
    referred = [k.ref_table.casefold() for t in joined for k in schema.table(t.table).foreign_keys]
    return max(among, key=lambda ref: (-referred.count(ref.table.casefold()), keys(ref)))


def _replace_star(select: Select, star: ColumnRef | None) -> Select:
    return transform(select, lambda e: (star or OutputRef(0)) if e == STAR else e)


def minimal(select: Select, joined: list[TableRef], on: list[On], schema: Schema) -> Select:
    """`select` with as little of FROM as `derive` needs to rebuild it.

    Tables that SQL leaves apart although a foreign key connects them are joined along it: a forgotten ON.
    """
    if not joined:
        return select
    graph = join_graph(schema)
    wanted = _partition(on)
    named = list(dict.fromkeys(c.table for c in columns_of(select)))
    extra = [t for t in joined if t not in named]
    optional = set(select.optional)
    for tables, conditions in (((), ()), (extra, ()), (extra, on)):
        steps = derive([*named, *tables], conditions, graph)
        same = {s.table for s in steps} == set(joined)
        if same and _partition([o for s in steps for o in s.on]) == wanted and not (optional and not conditions):
            break
    else:
        tables, conditions = joined, on
    return replace(select, tables=tuple(t for t in tables if t not in optional), on=tuple(conditions))


def _partition(on: Sequence[On]) -> frozenset[frozenset[ColumnRef]]:
    """The classes of columns that the conditions make equal: two lists with the same classes join alike."""
    classes: list[set[ColumnRef]] = []
    for condition in on:
        touching = [c for c in classes if condition.left in c or condition.right in c]
        merged = {condition.left, condition.right}.union(*touching)
        classes = [c for c in classes if c not in touching] + [merged]
    return frozenset(frozenset(c) for c in classes)
