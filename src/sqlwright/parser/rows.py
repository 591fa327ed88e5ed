"""Questions with gold SQL made ready for training: what the network reads, and the tokens it should write."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..core import Example, Hints, Profile, Schema, Turn, today_of
from ..db.value_index import ValueIndex
from ..prompts import link_names
from .from_sql import FormError, parse_form
from .layout import MAX_ITEMS, Layout, lay_out
from .linear import linearize
from .schema_text import Pieces, SchemaText
from .tokens import ColumnPointer, TablePointer, Token

UNANSWERABLE: tuple[Token, ...] = ("unanswerable",)
MAX_TOKENS = 90


@dataclass(frozen=True, slots=True)
class ParserRow:
    """One question; `tokens` is its query in the pointer form, or UNANSWERABLE."""

    id: str
    db_id: str
    question: str
    tokens: tuple[Token, ...]
    hints: Hints = field(default_factory=Hints)
    history: tuple[Turn, ...] = ()
    last_query: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Augment:
    """Changes to a row's schema while training.

    `drop_tables` is the share of unused tables that are left out, `unanswerable` that of questions whose named column
    is taken away. In the share `drop_names` of the questions each name match is left out with probability one half, so
    that the model also learns synonyms of names (Gan et al., 2023).
    """

    drop_tables: float = 0.3
    unanswerable: float = 0.04
    drop_names: float = 0.3


def prepare(
    example: Example,
    schema: Schema,
    values: ValueIndex | None,
    profile: Profile | None = None,
) -> ParserRow:
    """With `profile` the gold SQL is read as `parse_form` does with a profile, on the last day of the data.

    Raises FormError where the form cannot express the gold SQL.
    """
    tokens = UNANSWERABLE
    if example.answerable:
        today = today_of(profile) if profile else None
        tokens = linearize(parse_form(example.gold_sql, schema, profile=profile or Profile(), today=today))
    if len(tokens) > MAX_TOKENS:
        raise FormError("long")
    hints = Hints(link_names(example.question, schema), values.search(example.question) if values else ())
    return ParserRow(
        example.id, example.db_id, example.question, tokens, hints, example.history, last_query(example.history, schema)
    )


def last_query(
    history: Sequence[Turn],
    schema: Schema,
    profile: Profile = Profile(),  # noqa: B008  (frozen)
    today: dt.date | None = None,
) -> tuple[Token, ...]:
    """The form of a dialogue's last SQL; empty where there is none, or none that the form can say.

    `profile` and `today` are as `parse_form` takes them.
    """
    sql = next((turn.sql for turn in reversed(history) if turn.sql), "")
    try:
        tokens = linearize(parse_form(sql, schema, profile=profile, today=today)) if sql else ()
    except FormError:
        return ()
    return tokens if len(tokens) <= MAX_TOKENS else ()


def lay_out_row(
    row: ParserRow, text: SchemaText, pieces: Pieces, rng: random.Random | None = None, augment: Augment | None = None
) -> tuple[Layout, list[int]] | None:
    """The layout and the ids of the query's tokens; None where a constant is not among the candidates."""
    chosen, tokens = text.items_of(), row.tokens
    if rng and augment:
        chosen, tokens = _augmented(row, text, rng, augment)
        row = _with_fewer_names(row, rng, augment)
    if len(chosen) > MAX_ITEMS:
        chosen = _fewer(row, text, chosen, rng or random.Random(0))  # noqa: S311
    layout = lay_out(
        row.question, text, row.hints, pieces, history=row.history, last_query=row.last_query, chosen=chosen
    )
    ids = layout.ids_of(tokens)
    return None if ids is None else (layout, ids)


def _augmented(
    row: ParserRow, text: SchemaText, rng: random.Random, augment: Augment
) -> tuple[NDArray[np.int64], tuple[Token, ...]]:
    used = _tables_used(row)
    kept = [
        n for n, t in enumerate(text.schema) if t.full_name.casefold() in used or rng.random() >= augment.drop_tables
    ]
    chosen = text.items_of(kept or None)
    if row.tokens != UNANSWERABLE and not row.last_query and rng.random() < augment.unanswerable:
        named = [i for i in chosen if _is_named(row, text, i)]
        if named:
            gone = rng.choice(named)
            held = np.array([text.items[i].owner == gone for i in chosen])
            return chosen[(chosen != gone) & ~held], UNANSWERABLE
    return chosen, row.tokens


def _with_fewer_names(row: ParserRow, rng: random.Random, augment: Augment) -> ParserRow:
    if rng.random() >= augment.drop_names:
        return row
    names = tuple(match for match in row.hints.names if rng.random() < 0.5)
    return replace(row, hints=replace(row.hints, names=names))


def _is_named(row: ParserRow, text: SchemaText, item: int) -> bool:
    """Whether the query uses this column, no key, and the question names it word for word."""
    pointer, key = text.items[item].pointer, text.items[item].features[2]
    return (
        isinstance(pointer, ColumnPointer)
        and key == 0
        and pointer in row.tokens
        and any((m.table, m.column) == (pointer.table, pointer.column) and m.score >= 0.95 for m in row.hints.names)
        and sum(isinstance(i.pointer, ColumnPointer) and i.pointer.column == pointer.column for i in text.items) == 1
    )


def _tables_used(row: ParserRow) -> set[str]:
    tokens = (*row.tokens, *row.last_query)
    return {t.table.casefold() for t in tokens if isinstance(t, (TablePointer, ColumnPointer))}


def _fewer(row: ParserRow, text: SchemaText, chosen: NDArray[np.int64], rng: random.Random) -> NDArray[np.int64]:
    """The tables in use and others at random, as many as fit."""
    used = _tables_used(row)
    names = [table.full_name.casefold() for table in text.schema]
    tables = sorted(set(text.item_tables[chosen]), key=lambda n: (names[n] not in used, rng.random()))
    counts = np.bincount(text.item_tables[chosen], minlength=len(text.schema))
    kept, room = [], MAX_ITEMS
    for table in tables:
        if counts[table] <= room:
            kept.append(int(table))
            room -= counts[table]
    return chosen[np.isin(text.item_tables[chosen], kept)]
