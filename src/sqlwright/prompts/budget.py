"""Fit a schema to a token budget by what the question needs of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from ..core import ConfigError, Hints, Schema, Table
from ..core.phrase import phrase

_MAX_NEEDED = 12  # tables that are narrowed rather than dropped; a question rarely joins more than five
_MAX_HOPS = 3  # joins between two named tables


@dataclass(frozen=True, slots=True)
class Fitted:
    """`schema` keeps the order of the tables; `dropped_tables` are full names in that order."""

    schema: Schema
    dropped_tables: tuple[str, ...] = ()


def fit_schema(
    schema: Schema,
    hints: Hints,
    max_tokens: int,
    render_table: Callable[[Table, Schema], str],
    count_tokens: Callable[[str], int],
) -> Fitted:
    """The part of `schema` that renders to at most `max_tokens`.

    Tables go from the least relevant on. Where the tables the question needs do not fit together, the least relevant of
    them first lose columns that are neither keys nor named, then samples and comments, and only then go themselves.
    Text is never cut. Raises ConfigError where not even one table fits.
    """
    ranked = rank_tables(schema, hints)
    by_name = {table.full_name: table for table in schema}
    named = {(n.table, n.column) for n in hints.names} | {(v.table, v.column) for v in hints.values}
    sizes: dict[Table, int] = {}

    def size(table: Table) -> int:
        if table not in sizes:
            # One for the line break; the tokens of the parts are never fewer than those of the whole by more than it.
            sizes[table] = count_tokens(render_table(table, schema)) + 1
        return sizes[table]

    relevance = _relevance(schema, hints)
    needed = [name for name in ranked if relevance.get(name, 0) > 0][:_MAX_NEEDED] or ranked[:1]
    kept = _narrow([by_name[n] for n in needed], named, max_tokens, size)
    if not kept:
        smallest = size(_bare(_essential(by_name[needed[0]], named)))
        raise ConfigError(
            phrase("small_budget", left=max_tokens, table=repr(needed[0]), takes=smallest), phrase("small_budget_hint")
        )
    room = max_tokens - sum(size(t) for t in kept)
    for name in ranked[len(needed) :] if len(kept) == len(needed) else ():
        room -= size(by_name[name])
        if room < 0:
            break
        kept.append(by_name[name])
    return _in_order(schema, kept)


def select_tables(schema: Schema, hints: Hints, max_tables: int) -> Fitted:
    """The `max_tables` most relevant tables, or `schema` whole where it has no more."""
    if len(schema) <= max_tables:
        return Fitted(schema)
    kept = set(rank_tables(schema, hints)[:max_tables])
    return _in_order(schema, [table for table in schema if table.full_name in kept])


def rank_tables(schema: Schema, hints: Hints) -> list[str]:
    """Full names, most relevant first: tables named, tables that join named ones, their neighbours, the others."""
    relevance = _relevance(schema, hints)
    order = {table.full_name: i for i, table in enumerate(schema)}
    near = _neighbours(schema)
    touched = {other for name in relevance for other in near.get(name, ())}
    return sorted(order, key=lambda name: (-relevance.get(name, 0.0), name not in touched, order[name]))


def _relevance(schema: Schema, hints: Hints) -> dict[str, float]:
    """A score per table that the question needs; above 0 for those on a shortest join path between two such tables."""
    scores: dict[str, float] = {}
    columns: dict[str, list[float]] = {}
    for match in hints.names:
        if match.column:
            columns.setdefault(match.table, []).append(match.score)
        else:
            scores[match.table] = scores.get(match.table, 0.0) + 2 * match.score
    for table, found in columns.items():
        scores[table] = scores.get(table, 0.0) + sum(sorted(found, reverse=True)[:3]) / 2
    for value in hints.values:
        scores[value.table] = scores.get(value.table, 0.0) + value.score
    best = max(scores.values(), default=0.0)
    # A weak echo of the question in one column of a wide schema is no need.
    scores = {name: score for name, score in scores.items() if score >= best / 4}
    top = sorted(scores, key=lambda n: -scores[n])[:_MAX_NEEDED]
    near = _neighbours(schema)
    for i, start in enumerate(top):
        for name in _between(start, set(top[i + 1 :]), near):
            scores.setdefault(name, best / 4)
    return scores


def _neighbours(schema: Schema) -> dict[str, set[str]]:
    near: dict[str, set[str]] = {}
    for table, _, target in schema.foreign_keys():
        near.setdefault(table.full_name, set()).add(target.full_name)
        near.setdefault(target.full_name, set()).add(table.full_name)
    return near


def _between(start: str, goals: Collection[str], near: Mapping[str, set[str]]) -> set[str]:
    """The tables on a shortest path from `start` to each of `goals` that is near enough to join."""
    came: dict[str, str] = {start: ""}
    queue = deque([(start, 0)])
    found: set[str] = set()
    while queue:
        name, hops = queue.popleft()
        if name in goals:
            while name := came[name]:
                found.add(name)
            continue
        if hops < _MAX_HOPS:
            for other in sorted(near.get(name, ())):
                if other not in came:
                    came[other] = name
                    queue.append((other, hops + 1))
    return found - {start}


def _narrow(
    needed: list[Table], named: Collection[tuple[str, str]], max_tokens: int, size: Callable[[Table], int]
) -> list[Table]:
    """`needed`, most relevant first, made to fit: narrower from the end, then barer from the end, then shorter."""
    kept = list(needed)
    total = sum(size(t) for t in kept)
    for step in (lambda t: _essential(t, named), _bare):
        for i in range(len(kept) - 1, -1, -1):
            if total <= max_tokens:
                return kept
            smaller = step(kept[i])
            total += size(smaller) - size(kept[i])
            kept[i] = smaller
    while kept and total > max_tokens:
        total -= size(kept.pop())
    return kept


def _essential(table: Table, named: Collection[tuple[str, str]]) -> Table:
    """Keys and the columns the question names; the first column where there are none."""
    keys = {*table.primary_key, *(c for key in table.foreign_keys for c in key.columns)}
    columns = tuple(c for c in table.columns if c.name in keys or (table.full_name, c.name) in named)
    return replace(table, columns=columns or table.columns[:1])


def _bare(table: Table) -> Table:
    columns = tuple(replace(c, samples=(), labels=(), comment="") for c in table.columns)
    return replace(table, columns=columns, comment="", row_count=None)


def _in_order(schema: Schema, kept: list[Table]) -> Fitted:
    by_name = {t.full_name: t for t in kept}
    tables = tuple(_without_dangling(by_name[t.full_name], by_name) for t in schema if t.full_name in by_name)
    dropped = tuple(t.full_name for t in schema if t.full_name not in by_name)
    return Fitted(replace(schema, tables=tables), dropped)


def _without_dangling(table: Table, kept: Collection[str]) -> Table:
    """A key that points at a table not shown would invite a query on it."""
    keys = tuple(k for k in table.foreign_keys if k.ref_table in kept)
    return table if keys == table.foreign_keys else replace(table, foreign_keys=keys)
