"""What the network reads: word pieces, the items it can point at, and how the items stand to each other.

The question comes first, then each table with its columns. An item (table, column or candidate value) is a span of the
word pieces with a few features, after RAT-SQL (Wang et al., ACL 2020), whose relations are reduced here to a dozen.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from ..core import Column, ConfigError, NameMatch, Schema, Table, Turn
from ..core.fold import identifier_words
from .candidates import Candidate, column_codes
from .tokens import WORDS, ColumnPointer, TablePointer, Token, ValuePointer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_PIECES = 510
MAX_VALUE_PIECES = 8
KINDS = ("table", "column", "value")
TYPE_CLASSES = ("none", "text", "number", "date", "boolean")
RELATIONS = (
    "none",
    "self",
    "column_of",
    "has_column",
    "same_table",
    "foreign_key",
    "referenced_by",
    "child_table",
    "parent_table",
    "held_by",
    "holds",
    "same_name",
)
_RELATION = {name: i for i, name in enumerate(RELATIONS)}
WORD_IDS = {word: i + 1 for i, word in enumerate(WORDS)}  # 0 starts a sequence


@dataclass(frozen=True, slots=True)
class Layout:
    """One input. Items stand in the order tables, columns, values.

    `pieces` (length,) are word-piece ids; `spans` (items, 2) half-open ranges of pieces; `features` (items, 5) are
    kind, type class, key (1 primary, 2 foreign, 3 both), mention level 0 to 3, holds a mentioned value;
    `relations` (items, items) index `RELATIONS`. `pointers` are what the items stand for.
    """

    pieces: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    features: tuple[tuple[int, int, int, int, int], ...]
    relations: tuple[tuple[int, ...], ...]
    pointers: tuple[Token, ...]

    def ids_of(self, tokens: Sequence[Token]) -> list[int] | None:
        """Token ids: words first (see `WORD_IDS`), then the items; None where a token is not among the items."""
        places = self._places()
        ids = [WORD_IDS[t] if isinstance(t, str) else places.get(_pointer_key(t), -1) for t in tokens]
        return None if -1 in ids else ids

    def token_of(self, token_id: int) -> Token:
        return WORDS[token_id - 1] if token_id <= len(WORDS) else self.pointers[token_id - 1 - len(WORDS)]

    def _places(self) -> dict[Token, int]:
        places: dict[Token, int] = {}
        for i, pointer in enumerate(self.pointers):
            places.setdefault(_pointer_key(pointer), i + 1 + len(WORDS))
        return places


def _pointer_key(token: Token) -> Token:
    """Values meet whatever their case, and numbers by their value."""
    if not isinstance(token, ValuePointer):
        return token
    try:
        return ValuePointer(repr(float(token.text)))
    except ValueError:
        return ValuePointer(token.text.casefold())


def lay_out(
    question: str,
    schema: Schema,
    candidates: Sequence[Candidate],
    names: Sequence[NameMatch],
    pieces: Pieces,
    *,
    history: Sequence[Turn] = (),
    shuffle: random.Random | None = None,
) -> Layout:
    """`shuffle` puts tables and columns in random order, so that training does not learn positions."""
    builder = _Builder(pieces)
    builder.read_question(question, history)
    held: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        for place in candidate.columns:
            held.setdefault(place, []).append(candidate)
    levels = {(m.table, m.column): _level(m.score) for m in reversed(names)}
    tables = list(schema)
    if shuffle:
        shuffle.shuffle(tables)
    for table in tables:
        builder.read_table(table, levels, held, shuffle)
    builder.read_values(candidates)
    return builder.finish(schema, candidates)


def _level(score: float) -> int:
    return 3 if score >= 0.9 else 2 if score >= 0.6 else 1


class Pieces:
    """A word-piece tokenizer with BERT's special tokens; names repeat in every question, so their pieces are kept."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        start, separator = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        if start is None or separator is None:
            raise ConfigError("The parser's tokenizer needs the tokens [CLS] and [SEP].")
        self.tokenizer, self.start, self.separator = tokenizer, start, separator
        self._known: dict[str, list[int]] = {}

    def ids(self, text: str) -> list[int]:
        if text not in self._known:
            self._known[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self._known[text]


_Item: TypeAlias = "tuple[Token, tuple[int, int], tuple[int, int, int, int, int]]"


class _Builder:
    def __init__(self, reader: Pieces) -> None:
        self.reader = reader
        self.pieces = [reader.start]
        self.tables: list[_Item] = []
        self.columns: list[_Item] = []
        self.values: list[_Item] = []
        self.code_spans: dict[tuple[str, str, str], tuple[int, int]] = {}
        self.offsets: list[tuple[int, int]] = []
        self.question_start = 0

    def add(self, text: str, most: int | None = None) -> tuple[int, int]:
        start = len(self.pieces)
        self.pieces += self.reader.ids(text)[:most]
        return start, len(self.pieces)

    def read_question(self, question: str, history: Sequence[Turn]) -> None:
        self.question_start = len(self.pieces)
        encoded = self.reader.tokenizer.encode(question, add_special_tokens=False)
        self.pieces += encoded.ids[:200]
        self.offsets = encoded.offsets[:200]
        self.pieces.append(self.reader.separator)
        for turn in reversed(history[-3:]):
            self.add(turn.question, 40)
            self.pieces.append(self.reader.separator)

    def read_table(
        self,
        table: Table,
        levels: dict[tuple[str, str], int],
        held: dict[tuple[str, str], list[Candidate]],
        shuffle: random.Random | None,
    ) -> None:
        name = table.full_name
        span = self.add(" ".join(identifier_words(table.name)) or table.name)
        self.tables.append((TablePointer(name), span, (0, 0, 0, levels.get((name, ""), 0), 0)))
        self.add(":")
        columns = list(table.columns)
        if shuffle and shuffle.random() < 0.5:
            shuffle.shuffle(columns)
        primary = {c.casefold() for c in table.primary_key}
        foreign = {c.casefold() for key in table.foreign_keys for c in key.columns}
        for column in columns:
            values = [c for c in held.get((name, column.name), ()) if c.start >= 0]
            span = self._column_text(name, column, values)
            key = (column.name.casefold() in primary) + 2 * (column.name.casefold() in foreign)
            mention = levels.get((name, column.name), 0)
            features = (1, TYPE_CLASSES.index(type_class(column.type)), key, mention, int(bool(values)))
            self.columns.append((ColumnPointer(name, column.name), span, features))
            self.add(",")
        self.pieces[-1] = self.reader.separator

    def _column_text(self, table: str, column: Column, values: Sequence[Candidate]) -> tuple[int, int]:
        start, _ = self.add(" ".join(identifier_words(column.name)) or column.name)
        kind = type_class(column.type)
        if kind not in ("none", "text"):
            self.add(kind)
        if values:
            self.add("= " + values[0].text, MAX_VALUE_PIECES)
        else:
            for code in column_codes(column):
                self.code_spans[(table, column.name, code)] = self.add(code, 3)
        return start, len(self.pieces)

    def read_values(self, candidates: Sequence[Candidate]) -> None:
        for candidate in candidates:
            span = self._span_of(candidate)
            if span:
                pointer = ValuePointer(candidate.text, candidate.numeric)
                kind = TYPE_CLASSES.index("number" if candidate.numeric else "text")
                self.values.append((pointer, span, (2, kind, 0, 0, int(bool(candidate.columns)))))

    def _span_of(self, candidate: Candidate) -> tuple[int, int] | None:
        if candidate.start < 0:
            table, column = candidate.columns[0]
            return self.code_spans.get((table, column, candidate.text))
        inside = [i for i, (a, b) in enumerate(self.offsets) if a < candidate.end and b > candidate.start]
        return (self.question_start + inside[0], self.question_start + inside[-1] + 1) if inside else None

    def finish(self, schema: Schema, candidates: Sequence[Candidate]) -> Layout:
        items: list[_Item] = [*self.tables, *self.columns, *self.values]
        pointers: tuple[Token, ...] = tuple(i[0] for i in items)
        return Layout(
            tuple(self.pieces),
            tuple(i[1] for i in items),
            tuple(i[2] for i in items),
            _relations(pointers, schema, candidates),
            pointers,
        )


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


def _relations(
    pointers: Sequence[Token], schema: Schema, candidates: Sequence[Candidate]
) -> tuple[tuple[int, ...], ...]:
    keys, tables = _schema_relations(schema)
    held = {(c.text, place) for c in candidates for place in c.columns}
    rows = []
    for i, one in enumerate(pointers):
        rows.append(
            tuple(
                _RELATION["self"] if i == j else _RELATION[_relation(one, other, keys, tables, held)]
                for j, other in enumerate(pointers)
            )
        )
    return tuple(rows)


@lru_cache(maxsize=512)
def _schema_relations(
    schema: Schema,
) -> tuple[frozenset[tuple[ColumnPointer, ColumnPointer]], frozenset[tuple[str, str]]]:
    columns, tables = set(), set()
    for table in schema:
        for key in table.foreign_keys:
            tables.add((table.full_name, key.ref_table))
            for own, other in zip(key.columns, key.ref_columns, strict=True):
                columns.add((ColumnPointer(table.full_name, own), ColumnPointer(key.ref_table, other)))
    return frozenset(columns), frozenset(tables)


def _relation(
    one: Token,
    other: Token,
    keys: frozenset[tuple[ColumnPointer, ColumnPointer]],
    tables: frozenset[tuple[str, str]],
    held: set[tuple[str, tuple[str, str]]],
) -> str:
    """How `one` stands to `other`."""
    if isinstance(one, ColumnPointer) and isinstance(other, ColumnPointer):
        if (one, other) in keys:
            return "foreign_key"
        if (other, one) in keys:
            return "referenced_by"
        if one.table == other.table:
            return "same_table"
        return "same_name" if one.column.casefold() == other.column.casefold() else "none"
    if isinstance(one, TablePointer) and isinstance(other, TablePointer):
        if (one.table, other.table) in tables:
            return "child_table"
        return "parent_table" if (other.table, one.table) in tables else "none"
    if isinstance(one, ColumnPointer) and isinstance(other, TablePointer):
        return "column_of" if one.table == other.table else "none"
    if isinstance(one, TablePointer) and isinstance(other, ColumnPointer):
        return "has_column" if one.table == other.table else "none"
    if isinstance(one, ValuePointer) and isinstance(other, ColumnPointer):
        return "held_by" if (one.text, (other.table, other.column)) in held else "none"
    if isinstance(one, ColumnPointer) and isinstance(other, ValuePointer):
        return "holds" if (other.text, (one.table, one.column)) in held else "none"
    return "none"
