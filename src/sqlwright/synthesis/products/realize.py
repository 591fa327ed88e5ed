"""Writes a product as a SQLite file in a style drawn from a seed, and says what each name and value in it means."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...core import Column, Dialect, ForeignKey, Schema, Table
from ...core.dialect import quote_identifier
from ..concepts import ColumnConcept, Concepts, FlagConcept, Missing, Noun, TableConcept, ValueConcept, Words
from ..wording.english import plural
from .ddl import SQLITE_TYPES, create_table, render_ddl
from .decoys import DECOYS
from .derived import lates, measures, spans
from .fill import Rows, fill
from .physical import Namer
from .pools import city_words
from .product import ColumnSpec, Product, TableSpec
from .storage import ROLES, Storage, region_words, storage_of
from .style import Style, draw_style

_NAMES = ("person", "company", "made", "label")
_EXAMPLES = 8
_TEXT_KINDS = ("email", "phone", "url", "address", "postcode", "text", "cat", "city")  # '' may stand for missing


@dataclass(frozen=True, slots=True)
class Realized:
    """A database that was written. `schema` is what SQLite introspection gives, with comments and declared keys.

    References that the style does not declare are in `concepts` all the same.
    """

    product: str
    seed: int
    path: Path
    style: Style
    schema: Schema
    concepts: Concepts

    def ddl(self, dialect: Dialect = "sqlite") -> str:
        return render_ddl(self.schema, dialect)


@dataclass(slots=True)
class _Column:
    """A physical column while the database is made. `values` are stored values, None for missing."""

    concept: ColumnConcept
    type: str
    values: list[Any]
    comment: str = ""


@dataclass(slots=True)
class _Table:
    """A physical table while the database is made. `logical` maps logical column names to physical columns."""

    spec: TableSpec
    name: str
    key: str
    columns: list[_Column] = field(default_factory=list)
    logical: dict[str, tuple[_Column, Storage]] = field(default_factory=dict)
    lookups: list[tuple[Table, TableConcept, list[list[Any]]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Maker:
    """What all tables of one database share."""

    product: Product
    style: Style
    rng: random.Random
    namer: Namer
    types: dict[str, str]
    rows: dict[str, Rows]
    last: dt.datetime


def realize(product: Product, seed: int, path: Path, *, scale: float = 1.0) -> Realized:
    """Writes `product` to `path`, which must not exist; the same for the same seed.

    `scale` multiplies the numbers of rows. Raises FileExistsError where `path` exists.
    """
    if path.exists():
        raise FileExistsError(path)
    rng = random.Random(f"{product.name} {seed} style")  # noqa: S311 (reproducible on purpose)
    style = draw_style(rng, product.language)
    product = _without_some(product, style, rng)
    rows, last = fill(product, random.Random(f"{product.name} {seed} rows"), scale * rng.uniform(0.4, 1.1))  # noqa: S311
    types = {generic: rng.choice(names) for generic, names in SQLITE_TYPES.items()}
    maker = _Maker(product, style, rng, Namer(style, rng), types, rows, last)
    made = _tables(maker)
    tables = [_schema_table(t, maker, {m.spec.name: m for m in made}) for t in made]
    extra = [lookup for t in made for lookup in t.lookups]
    schema = Schema(path.stem, "sqlite", (*tables, *(t for t, _, _ in extra)))
    stored = [[c.values for c in t.columns] for t in made] + [columns for _, _, columns in extra]
    _write(path, schema, stored)
    concepts = (*(_table_concept(t, maker) for t in made), *(c for _, c, _ in extra))
    return Realized(product.name, seed, path, style, schema, Concepts(concepts, _last_date(product, rows)))


def _last_date(product: Product, rows: dict[str, Rows]) -> str:
    """Of the events that have happened: neither birth dates nor due dates."""
    dates = [
        value
        for table in product.tables
        for column in table.columns
        if column.kind in ("date", "time") and not column.future
        for value in rows[table.name].columns[column.name]
        if value is not None
    ]
    return max(dates).strftime("%Y-%m-%d") if dates else ""


def _without_some(product: Product, style: Style, rng: random.Random) -> Product:
    """Now and then without a table that no other refers to, and without columns on which nothing else rests."""
    if not style.dropped:
        return product
    kept = list(product.tables)
    leaves = [t for t in kept[2:] if not any(c.target == t.name for o in kept for c in o.columns if o is not t)]
    if leaves and len(kept) > 3 and rng.random() < 0.5:
        kept.remove(rng.choice(leaves))
    used = {c.source.rpartition(".")[2] for t in kept for c in t.columns}
    used |= {c.only[0] for t in kept for c in t.columns if c.only}
    tables = []
    for table in kept:
        needed = {*used, *(c for m in table.measures for c in m.columns)}
        needed |= {c for s in table.spans for c in (s.start, s.end)} | {c for e in table.lates for c in (e.due, e.done)}
        columns = tuple(
            c
            for i, c in enumerate(table.columns)
            if i < 2 or c.name in needed or c.kind in ("ref", *_NAMES, "first", "last") or rng.random() >= style.dropped
        )
        tables.append(replace(table, columns=columns))
    return replace(product, tables=tuple(tables))


def _tables(maker: _Maker) -> list[_Table]:
    made: dict[str, _Table] = {}
    for spec in maker.product.tables:
        name = maker.namer.table(spec)
        made[spec.name] = _Table(spec, name, maker.namer.key(spec, name) if spec.keyed else "")
    for table in made.values():
        if table.key:
            table.columns.append(_key(table, maker))
        for column in table.spec.columns:
            _add_column(table, column, maker, made)
        _add_decoys(table, maker)
    return list(made.values())


def _key(table: _Table, maker: _Maker) -> _Column:
    one = table.spec.nouns[0].singular
    words = Words((f"{one} id", f"{one} number", "id"), (f"{table.spec.chinese[0]}编号", f"{table.spec.chinese[0]}ID"))
    concept = ColumnConcept(table.name, table.key, "key", words, numeric=True, nullable=False)
    comment = _comment(words, "", maker)
    return _Column(concept, "INTEGER", list(range(1, maker.rows[table.spec.name].count + 1)), comment)


def _add_column(table: _Table, column: ColumnSpec, maker: _Maker, made: dict[str, _Table]) -> None:
    style = maker.style
    storage = storage_of(column, style, maker.product.currency, maker.rng)
    raw = maker.rows[table.spec.name].columns[column.name]
    looked_up = storage.coded and storage.type == "integer" and style.lookup
    odd_unit = storage.unit in ("cents", "ms", "s", "min", "g", "m") and storage.factor != 1
    shown_unit = storage.unit if odd_unit and style.unit_names else ""
    name = maker.namer.column(table.spec, column, table.name, shown_unit, looked_up)
    if column.kind == "ref":
        values: list[Any] = [None if v is None else v + 1 for v in raw]
    else:
        values = [None if v is None else storage.encode(v) for v in raw]
    blank = style.blank and storage.type == "text" and column.kind in _TEXT_KINDS and None in values
    if blank:
        values = ["" if v is None else v for v in values]
    concept = _column_concept(table.name, name, column, storage, raw, values, maker.style)
    if column.kind == "ref":
        target = made[column.target]
        concept = replace(concept, ref_table=target.name, ref_column=target.key)
    detail = _labels(column, storage, style) if storage.coded and not looked_up else ""
    if odd_unit and not shown_unit:
        detail = detail or storage.unit
    kept = _Column(concept, maker.types[storage.type], values, _comment(column.words, detail, maker))
    if looked_up:
        kept.comment = ""
        kept.concept = _add_lookup(table, column, concept, storage, maker)
    table.columns.append(kept)
    table.logical[column.name] = (kept, storage)


def _column_concept(
    table: str, name: str, column: ColumnSpec, storage: Storage, raw: list[Any], values: list[Any], style: Style
) -> ColumnConcept:
    gaps = raw.count(None)
    missing: Missing = "" if not gaps else "blank" if "" in values else "null"
    flag = None
    if column.kind == "flag":
        stored = dict(storage.spellings)
        flag = FlagConcept(stored[True], stored[False], column.said, column.denied)
    shown = column.kind not in ("ref", "flag") and not column.kind.startswith(("cat", "status"))
    return ColumnConcept(
        table,
        name,
        ROLES[column.kind],
        column.words,
        storage.numeric,
        storage.unit,
        storage.said_unit,
        storage.factor,
        storage.additive,
        storage.date_storage,
        column.said if storage.date_storage else Words(),
        _values(column, storage, raw, values, style),
        flag,
        missing == "null",
        missing,
        gaps / max(1, len(raw)),
        relation=column.relation,
        examples=_examples(values) if shown else (),
    )


def _values(
    column: ColumnSpec, storage: Storage, raw: list[Any], values: list[Any], style: Style
) -> tuple[ValueConcept, ...]:
    """The values that occur, with their words, in the order of the schema or else of the rows."""
    if column.values:
        stored, seen = dict(storage.spellings), set(raw)
        return tuple(ValueConcept(stored[v.name], v.words) for v in column.values if v.name in seen)
    pairs = {v: r for r, v in zip(raw, values, strict=True) if r is not None}
    if column.kind in ("country", "province"):
        return tuple(ValueConcept(v, Words(*region_words(r, style))) for v, r in pairs.items())
    if column.kind == "city":
        return tuple(ValueConcept(v, city_words()[v]) for v in pairs)
    return ()


def _examples(values: list[Any]) -> tuple[str, ...]:
    return tuple(str(v) for v in dict.fromkeys(v for v in values[:60] if v not in (None, "")))[:_EXAMPLES]


def _labels(column: ColumnSpec, storage: Storage, style: Style) -> str:
    """What the codes of a column mean: `1 = open, 2 = paid`, or `1-未付款 2-已付款`."""
    words = {value.name: value.words for value in column.values}
    if style.language == "zh":
        return " ".join(f"{stored}-{words[name].chinese[0]}" for name, stored in storage.spellings)
    return ", ".join(f"{stored} = {words[name].english[0]}" for name, stored in storage.spellings)


def _comment(words: Words, detail: str, maker: _Maker) -> str:
    """`detail` is always said; without one, only the style's share of columns has a comment."""
    if not detail and maker.rng.random() >= maker.style.comment_share:
        return ""
    if maker.style.language == "zh":
        return words.chinese[0] + (f"：{detail}" if detail else "")
    return words.english[0] + (f": {detail}" if detail else "")


def _add_lookup(
    table: _Table, column: ColumnSpec, concept: ColumnConcept, storage: Storage, maker: _Maker
) -> ColumnConcept:
    """Adds a table that explains the codes of `column`, whose concept then refers to it."""
    name = maker.namer.lookup(table.spec, column)
    key, label = maker.namer.plain("id", name), maker.namer.plain("name", name)
    words = {v.name: v.words for v in column.values}
    side = 1 if maker.style.language == "zh" else 0
    spelled = {n: (w.english, w.chinese)[side][0] for n, w in words.items()}
    codes = dict(storage.spellings)
    values: list[list[Any]] = [[int(codes[n]) for n in words], [spelled[n] for n in words]]
    one = f"{table.spec.nouns[0].singular} {column.name.replace('_', ' ')}"
    chinese = column.words.chinese[0]
    columns = (
        ColumnConcept(name, key, "key", Words((f"{one} id",), (f"{chinese}编号",)), True, nullable=False),
        ColumnConcept(
            name,
            label,
            "name",
            column.words,
            values=tuple(ValueConcept(spelled[n], w) for n, w in words.items()),
            nullable=False,
            examples=tuple(spelled.values()),
        ),
    )
    table_concept = TableConcept(
        name, (Noun(one, plural(one)),), (chinese,), columns, key=(key,), name_columns=(label,), rows=len(words)
    )
    schema = Table(
        name,
        (Column(key, "INTEGER", False), Column(label, maker.types["text"], False)),
        (key,) if maker.style.primary_keys else (),
    )
    table.lookups.append((schema, table_concept, values))
    return replace(concept, ref_table=name, ref_column=key)


def _add_decoys(table: _Table, maker: _Maker) -> None:
    known = {c.concept.words.english[0] for c in table.columns if c.concept.words.english}
    for decoy in DECOYS:
        local = maker.style.names in ("chinese", "pinyin", "initials")
        if local or maker.rng.random() >= maker.style.decoys or decoy.words.english[0] in known:
            continue
        name = maker.namer.plain(decoy.name, table.name)
        count = maker.rows[table.spec.name].count
        values = [decoy.draw(maker.rng, i, maker.last) for i in range(count)]
        gaps = values.count(None)
        missing: Missing = "null" if gaps else ""
        concept = ColumnConcept(
            table.name,
            name,
            decoy.role,
            decoy.words,
            decoy.type == "integer",
            nullable=bool(gaps),
            missing=missing,
            missing_share=gaps / max(1, count),
            examples=_examples(values),
            decoy=True,
        )
        table.columns.append(_Column(concept, maker.types[decoy.type], values))


def _schema_table(table: _Table, maker: _Maker, made: dict[str, _Table]) -> Table:
    columns = tuple(Column(c.concept.column, c.type, c.concept.nullable, c.comment) for c in table.columns)
    keys: tuple[ForeignKey, ...] = ()
    if maker.style.foreign_keys:
        keys = tuple(
            ForeignKey((c.concept.column,), c.concept.ref_table, (c.concept.ref_column,))
            for c in table.columns
            if c.concept.ref_table
        )
    words = Words(tuple(n.plural for n in table.spec.nouns), table.spec.chinese)
    primary = (table.key,) if table.key and maker.style.primary_keys else ()
    return Table(table.name, columns, primary, keys, _comment(words, "", maker))


def _table_concept(table: _Table, maker: _Maker) -> TableConcept:
    spec, logical = table.spec, {name: column.concept.column for name, (column, _) in table.logical.items()}
    kinds = {c.name: c.kind for c in spec.columns if c.name in logical}
    names = [n for n, kind in kinds.items() if kind in ("first", "last")]
    named = names or [n for n, kind in kinds.items() if kind in _NAMES][:1]
    coded = named or [n for n, kind in kinds.items() if kind == "code"][:1]
    events = [c.name for c in spec.columns if c.name in logical and c.kind in ("date", "time") and c.said]
    storages = {name: (column.concept, storage) for name, (column, storage) in table.logical.items()}
    return TableConcept(
        table.name,
        spec.nouns,
        spec.chinese,
        tuple(c.concept for c in table.columns),
        spec.classifier,
        (table.key,) if table.key else (),
        tuple(logical[n] for n in coded),
        bool(named) and kinds[named[0]] in ("first", "last", "person"),
        logical[events[0]] if events else "",
        maker.rows[spec.name].count,
        measures(spec, storages, maker.product.currency),
        spans(spec, storages),
        lates(spec, storages),
    )


def _write(path: Path, schema: Schema, stored: Iterable[list[list[Any]]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # A database that could not be written whole is made again, so neither journal nor flush is needed.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for table, columns in zip(schema, stored, strict=True):
            connection.execute(create_table(table))
            marks = ", ".join("?" * len(columns))
            name = quote_identifier(table.name, "sqlite")
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", zip(*columns, strict=True))
        connection.execute("COMMIT")
