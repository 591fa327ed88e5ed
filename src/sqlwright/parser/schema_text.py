"""A schema as the network reads it: short texts of word pieces, and the items in them that it can point at.

Each table is a text of its own, so a schema is read once for all questions about it, and neither the order nor the
number of tables matters. Only the layers that join question and schema see both (`model.Parser.join`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..core import Column, ColumnProfile, ConfigError, Profile, Schema, Table
from ..core.fold import identifier_words
from .candidates import column_codes, is_number
from .tokens import ColumnPointer, TablePointer, Token, ValuePointer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from .unigram import Unigram

MAX_SEGMENT = 64  # word pieces; a table with more is read in several texts that each begin with its name
MAX_NAME_PIECES = 12
MAX_TABLE_CODES = 20  # values shown per table
MIN_EXPLAINED = 2  # codes that a comment names where it explains them
MAX_SHORT_CODE = 4  # characters
MAX_COMMENT_WORDS = 6
KINDS = ("table", "column", "value")
TYPE_CLASSES = ("none", "text", "number", "date", "boolean")
RELATIONS = (
    *("none", "self", "column_of", "has_column", "same_table", "foreign_key", "referenced_by", "child_table"),
    *("parent_table", "held_by", "holds", "same_name", "names", "named_by", "partly_names", "partly_named_by"),
    *("stands_at", "spells"),
)
RELATION = {name: i for i, name in enumerate(RELATIONS)}


class Pieces:
    """A word-piece tokenizer with BERT's special tokens; names repeat, so their pieces are kept."""

    def __init__(self, tokenizer: Tokenizer | Unigram) -> None:
        start, separator = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        if start is None or separator is None:
            raise ConfigError("The parser's tokenizer needs the tokens [CLS] and [SEP].")
        self.tokenizer, self.start, self.separator = tokenizer, start, separator
        self._known: dict[str, list[int]] = {}

    def ids(self, text: str) -> list[int]:
        if text not in self._known:
            self._known[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self._known[text]


@dataclass(frozen=True, slots=True)
class SchemaItem:
    """Something to point at; `start` and `end` are its word pieces in `segment`. `features`: kind, type class, key."""

    pointer: Token
    table: int
    segment: int
    start: int
    end: int
    features: tuple[int, int, int]
    owner: int = -1  # of a value: the item of its column


@dataclass(frozen=True, eq=False)
class SchemaText:
    """`segments` are texts in word pieces; the items of one table stand together, in schema order.

    `item_tables` (items,) gives each item's table; `links` are item pairs (i, j, relation) that keys give.
    """

    schema: Schema
    segments: tuple[tuple[int, ...], ...]
    items: tuple[SchemaItem, ...]
    item_tables: NDArray[np.int64]
    _kinds: NDArray[np.int64]
    _owners: NDArray[np.int64]
    _names: NDArray[np.int64]
    _links: NDArray[np.int64]
    profile: Profile = Profile()  # noqa: RUF009  (frozen)

    def items_of(self, tables: Sequence[int] | None = None) -> NDArray[np.int64]:
        """Positions of the items of `tables` (all where None), in order."""
        if tables is None:
            return np.arange(len(self.items))
        return np.flatnonzero(np.isin(self.item_tables, np.asarray(tables)))

    def relations(self, chosen: NDArray[np.int64]) -> NDArray[np.int8]:
        """(n, n) positions in RELATIONS: how each chosen item stands to each other."""
        kinds, tables, names = self._kinds[chosen], self.item_tables[chosen], self._names[chosen]
        found = np.zeros((len(chosen), len(chosen)), dtype=np.int8)
        same = tables[:, None] == tables
        columns = kinds == KINDS.index("column")
        both = columns[:, None] & columns
        found[both & (names[:, None] == names)] = RELATION["same_name"]
        found[both & same] = RELATION["same_table"]
        of_table = columns[:, None] & (kinds == KINDS.index("table")) & same
        found[of_table], found[of_table.T] = RELATION["column_of"], RELATION["has_column"]
        held = self._owners[chosen][:, None] == chosen
        found[held], found[held.T] = RELATION["held_by"], RELATION["holds"]
        place = np.full(len(self.items), -1)
        place[chosen] = np.arange(len(chosen))
        for one, other, relation in self._links:
            if place[one] >= 0 and place[other] >= 0:
                found[place[one], place[other]] = relation
        np.fill_diagonal(found, RELATION["self"])
        return found


def without_views(schema: Schema) -> Schema:
    """Views are read only where there is no table: they repeat what tables hold, and have no keys to join by."""
    return replace(schema, tables=tuple(t for t in schema if not t.is_view) or schema.tables)


def read_schema(schema: Schema, pieces: Pieces, profile: Profile = Profile()) -> SchemaText:  # noqa: B008
    """`schema` needs samples (`candidates.MAX_CODES` + 1 a column) for the values it shows."""
    segments: list[list[int]] = []
    items: list[SchemaItem] = []
    for number, table in enumerate(schema):
        _read_table(number, table, pieces, segments, items, profile)
    return SchemaText(
        schema,
        tuple(tuple(s) for s in segments),
        tuple(items),
        np.array([i.table for i in items], dtype=np.int64),
        np.array([i.features[0] for i in items], dtype=np.int64),
        np.array([i.owner for i in items], dtype=np.int64),
        _name_numbers(items),
        np.array([*_key_links(schema, items)], dtype=np.int64).reshape(-1, 3),
        profile,
    )


def _read_table(
    number: int, table: Table, pieces: Pieces, segments: list[list[int]], items: list[SchemaItem], profile: Profile
) -> None:
    title = pieces.ids(words_of(table.name))[: 2 * MAX_NAME_PIECES]

    def open_segment() -> None:
        segments.append([pieces.start, *title, *pieces.ids(":")])

    open_segment()
    items.append(SchemaItem(TablePointer(table.full_name), number, len(segments) - 1, 1, 1 + len(title), (0, 0, 0)))
    primary = {c.casefold() for c in table.primary_key}
    foreign = {c.casefold() for key in table.foreign_keys for c in key.columns}
    shown = _shown_codes(table, profile)
    for column in table.columns:
        of_column = profile.of(table.full_name, column.name)
        kind = _type_class(column, of_column)
        text = _column_pieces(column, kind, of_column, pieces)
        labels = dict(of_column.labels) if of_column else {}
        codes = [(c, pieces.ids(labels.get(c, c))[:4] or pieces.ids("?")) for c in shown[column.name]]
        if len(segments[-1]) + len(text) + sum(len(c) for _, c in codes) >= MAX_SEGMENT:
            open_segment()
        here = segments[-1]
        key = (column.name.casefold() in primary) + 2 * (column.name.casefold() in foreign)
        features = (1, TYPE_CLASSES.index(kind), key)
        owner, start = len(items), len(here)
        end = start + len(text) + sum(len(c) for _, c in codes)
        items.append(
            SchemaItem(ColumnPointer(table.full_name, column.name), number, len(segments) - 1, start, end, features)
        )
        here += text
        for code, code_pieces in codes:
            numeric = is_number(code)
            place = (len(segments) - 1, len(here), len(here) + len(code_pieces))
            value = (2, TYPE_CLASSES.index("number" if numeric else "text"), 0)
            items.append(SchemaItem(ValuePointer(code, numeric), number, *place, value, owner))
            here += code_pieces
        here += pieces.ids(",")
    for segment in {i.segment for i in items if i.table == number}:
        segments[segment][-1] = pieces.separator


def _shown_codes(table: Table, profile: Profile) -> dict[str, tuple[str, ...]]:
    """By column the stored values to show, MAX_TABLE_CODES in all.

    Codes come first that a question does not spell as they are stored: those with labels or explained in the
    column's comment, then short ones; of each kind the columns with the fewest.
    """

    def order(column: Column) -> tuple[int, int]:
        codes = found[column.name]
        labeled = (
            column.name in labels or sum(c.casefold() in column.comment.casefold() for c in codes) >= MIN_EXPLAINED
        )
        return 0 if labeled else 1 if max(map(len, codes), default=0) <= MAX_SHORT_CODE else 2, len(codes)

    of_columns = {c.name: profile.of(table.full_name, c.name) for c in table.columns}
    labels = {name: tuple(code for code, _ in of.labels) for name, of in of_columns.items() if of and of.labels}
    found = {c.name: labels.get(c.name) or column_codes(c) for c in table.columns}
    room = MAX_TABLE_CODES
    for column in sorted(table.columns, key=order):
        found[column.name] = found[column.name][:room]
        room -= len(found[column.name])
    return found


def _type_class(column: Column, profile: ColumnProfile | None) -> str:
    """What the stored values are, where that is known, else what the type says."""
    if profile and profile.role in ("date", "flag"):
        return "date" if profile.role == "date" else "boolean"
    return type_class(column.type)


def _column_pieces(column: Column, kind: str, profile: ColumnProfile | None, pieces: Pieces) -> list[int]:
    """The words of the name, of the comment, the unit and the type class."""
    text = pieces.ids(words_of(column.name))[: 2 * MAX_NAME_PIECES]
    if column.comment:
        comment = " ".join(re.split(r"[\s,;:=(]+", column.comment)[:MAX_COMMENT_WORDS])
        text = [*text, *pieces.ids(comment)[:MAX_NAME_PIECES]]
    unit = pieces.ids(profile.unit) if profile and profile.unit else []
    return [*text, *unit, *(pieces.ids(kind) if kind not in ("none", "text") else [])]


def words_of(name: str) -> str:
    """A name as words."""
    return " ".join(identifier_words(name)[:MAX_NAME_PIECES]) or name[:40] or "?"


def type_class(sql_type: str) -> str:
    name = sql_type.casefold()
    if not name:
        return "none"
    if "bool" in name or name.startswith("bit"):
        return "boolean"
    if any(w in name for w in ("date", "time", "year")):
        return "date"
    if any(w in name for w in ("int", "num", "dec", "real", "doub", "float", "money", "serial")):
        return "number"
    return "text"


def _name_numbers(items: Sequence[SchemaItem]) -> NDArray[np.int64]:
    """Equal for columns of one name, below zero for everything else."""
    known: dict[str, int] = {}
    numbers = [
        known.setdefault(i.pointer.column.casefold(), len(known)) if isinstance(i.pointer, ColumnPointer) else -1 - n
        for n, i in enumerate(items)
    ]
    return np.array(numbers, dtype=np.int64)


def _key_links(schema: Schema, items: Sequence[SchemaItem]) -> Iterator[tuple[int, int, int]]:
    places = {_folded(item.pointer): n for n, item in enumerate(items) if not isinstance(item.pointer, ValuePointer)}
    for table in schema:
        for key in table.foreign_keys:
            ends = (TablePointer(table.full_name), TablePointer(key.ref_table))
            yield from _both(places, *ends, RELATION["child_table"], RELATION["parent_table"])
            for own, other in zip(key.columns, key.ref_columns, strict=True):
                columns = (ColumnPointer(table.full_name, own), ColumnPointer(key.ref_table, other))
                yield from _both(places, *columns, RELATION["foreign_key"], RELATION["referenced_by"])


def _both(
    places: dict[Token, int], one: Token, other: Token, forward: int, backward: int
) -> Iterator[tuple[int, int, int]]:
    i, j = places.get(_folded(one)), places.get(_folded(other))
    if i is not None and j is not None:
        yield i, j, forward
        yield j, i, backward


def _folded(pointer: Token) -> Token:
    if isinstance(pointer, ColumnPointer):
        return ColumnPointer(pointer.table.casefold(), pointer.column.casefold())
    return TablePointer(pointer.table.casefold()) if isinstance(pointer, TablePointer) else pointer
