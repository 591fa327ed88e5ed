"""Concepts of a database that nobody described: from names, comments and the profile of its values.

English words come from names and English comments, Chinese words from names and comments in Chinese characters only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..core import Column, ForeignKey, Schema, Table
from ..core.fold import identifier_words
from ..core.profile import ColumnProfile, Profile
from .concepts import (
    PREDICATES,
    ColumnConcept,
    Concepts,
    FlagConcept,
    MeasureConcept,
    Missing,
    Noun,
    SpanConcept,
    TableConcept,
    ValueConcept,
    Words,
)
from .wording.english import PARTICIPLES, plural
from .wording.vocabulary import Vocabulary, build_vocabulary, coded

_HAN = re.compile(r"[\u3400-\u9fff]+")
# Stored unit -> unit that people say, and how many stored ones make one.
_SAID: dict[str, tuple[str, float]] = {
    "ms": ("min", 60_000.0),
    "s": ("min", 60.0),
    "min": ("min", 1.0),
    "cents": ("", 100.0),
    "thousands": ("", 0.001),
    "g": ("kg", 1000.0),
    "m": ("m", 1.0),
}
_EVENTS = {
    "birth": "born",
    "hire": "hired",
    "join": "joined",
    "order": "ordered",
    "payment": "paid",
    "publication": "published",
    "purchase": "purchased",
    "registration": "registered",
    "release": "released",
    "sale": "sold",
    "ship": "shipped",
    "shipping": "shipped",
    "signup": "signed up",
    "start": "started",
    "end": "ended",
    "visit": "visited",
}
_NOT_THE_EVENT = frozenset("updated modified deleted birth born due expires expiry until valid".split())
_PERSONS = frozenset(
    "customer client employee person people user member student teacher patient doctor author driver player contact "
    "agent staff passenger guest donor volunteer candidate applicant owner tenant citizen singer actor director".split()
)
_SPANS = (
    ("ordered", "shipped", "shipping time", "发货时长"),
    ("ordered", "delivered", "delivery time", "配送时长"),
    ("created", "closed", "time to close", "关闭用时"),
    ("created", "resolved", "resolution time", "解决时长"),
    ("opened", "closed", "time to close", "关闭用时"),
    ("started", "ended", "duration", "持续时间"),
    ("hired", "left", "time with the company", "在职时长"),
)
_SUMMED = frozenset("quantity amount total revenue sales hours minutes duration units cost fee tax count".split())


def concepts_of(schema: Schema, profile: Profile) -> Concepts:
    """What people call the tables, columns and values of `schema`; columns without a profile have the role "other"."""
    vocabulary = build_vocabulary(schema)
    return Concepts(tuple(_table(t, schema, profile, vocabulary) for t in schema), profile.last_date[:10])


def _table(table: Table, schema: Schema, profile: Profile, vocabulary: Vocabulary) -> TableConcept:
    name = table.full_name
    nouns = tuple(Noun(n.one, n.many) for n in vocabulary.tables[name] if n.one.isascii())
    columns = tuple(_column(table, c, schema, profile, vocabulary) for c in table.columns)
    names = _name_columns(columns)
    heads = {noun.singular.split()[-1] for noun in nouns if noun.singular}
    seen = [p.rows for c in table.columns if (p := profile.of(name, c.name))]
    return TableConcept(
        name,
        nouns or (Noun(table.name, plural(table.name)),),
        _chinese(table.name, table.comment),
        columns,
        key=table.primary_key or tuple(c.column for c in columns if c.role == "key")[:1],
        name_columns=names,
        is_person=len(names) > 1 or bool(heads & _PERSONS),
        event_column=_event_column(columns),
        rows=table.row_count or max(seen, default=0),
        measures=_measures(name, columns),
        spans=_spans(name, columns),
    )


def _column(table: Table, column: Column, schema: Schema, profile: Profile, vocabulary: Vocabulary) -> ColumnConcept:
    name = table.full_name
    found = profile.of(name, column.name) or ColumnProfile(name, column.name, "other")
    key = _reference(table, column.name, profile)
    english = tuple(n.one for n in vocabulary.columns[(name, column.name)] if n.one.isascii())
    said, factor = _SAID.get(found.unit, (found.unit, 1.0))
    role = "reference" if key and found.role not in ("key", "reference") else found.role
    words = Words(english, _chinese(column.name, column.comment))
    missing: Missing = "null" if found.null_share else "blank" if found.blank_share else ""
    labels = dict(found.labels) or coded(column.comment)
    return ColumnConcept(
        name,
        column.name,
        role,
        words,
        found.numeric,
        found.unit,
        said,
        factor,
        role in ("money", "number") and bool(set(identifier_words(column.name)) & _SUMMED),
        found.date_storage,
        _event(column.name, words) if role == "date" else Words(),
        tuple(_value(v, labels.get(v, "")) for v in found.values) if role == "category" else (),
        _flag(column.name, words, found) if role == "flag" else None,
        bool(found.null_share),
        missing,
        found.null_share or found.blank_share,
        _full_name(schema, key.ref_table) if key else "",
        key.ref_columns[0] if key else "",
        examples=found.values[:8] if role in ("name", "code", "text", "email", "url", "phone") else (),
    )


def _reference(table: Table, column: str, profile: Profile) -> ForeignKey | None:
    """The key of one column that is declared, else inferred."""
    inferred = (i.key for i in profile.inferred_keys if i.table == table.full_name)
    return next((k for k in (*table.foreign_keys, *inferred) if k.columns == (column,) and k.ref_columns), None)


def _full_name(schema: Schema, name: str) -> str:
    wanted = name.casefold()
    return next((t.full_name for t in schema if wanted in (t.full_name.casefold(), t.name.casefold())), name)


def _chinese(name: str, comment: str) -> tuple[str, ...]:
    """The Chinese part of a name, and what a Chinese comment says before its codes and remarks."""
    said = (re.split(r"[：:（(，,；;\s]", text.strip(), maxsplit=1)[0] for text in (comment, name))
    return tuple(dict.fromkeys(text for text in said if _HAN.search(text)))


def _value(stored: str, label: str) -> ValueConcept:
    says = label or stored.replace("_", " ")
    if _HAN.search(says):
        return ValueConcept(stored, Words((), (says,)))
    return ValueConcept(stored, Words((says.lower() if says.isupper() and len(says) > 3 else says,)))


def _flag(name: str, words: Words, found: ColumnProfile) -> FlagConcept:
    """`is_active`: active, not active; `has_children`: has children, does not have children."""
    parts = [w for w in identifier_words(name) if w.isascii() and w not in ("flag", "yn", "ind")]
    rest = " ".join(parts[1:]) if parts and parts[0] == "is" else " ".join(parts)
    if rest.startswith("has "):
        true, false = [rest], [f"does not have {rest[4:]}"]
    elif rest.startswith(PREDICATES):
        true, false = [rest], [rest.replace(" ", " not ", 1)]
    else:
        true, false = ([rest], [f"not {rest}"]) if rest else ([], [])
    chinese = tuple(w.removeprefix("是否") for w in words.chinese)
    return FlagConcept(
        found.true_value,
        found.false_value,
        Words(tuple(true), chinese),
        Words(tuple(false), tuple(f"未{w}" for w in chinese)),
    )


def _event(name: str, words: Words) -> Words:
    """`ordered_at` and `order_date`: ordered; 下单时间: 下单."""
    parts = [w for w in identifier_words(name) if w.isascii()]
    kept = [w for w in parts if w not in ("at", "on", "date", "time", "dt", "ts", "timestamp", "datetime")]
    english: tuple[str, ...] = ()
    if kept and kept[0].endswith(PARTICIPLES):
        english = (" ".join(kept),)
    elif kept and kept[-1] in _EVENTS:
        english = (_EVENTS[kept[-1]],)
    ends = (re.sub(r"(时间|日期|日|时刻)\Z", "", w) for w in words.chinese)
    return Words(english, tuple(w for w in ends if w and w not in words.chinese))


def _event_column(columns: Iterable[ColumnConcept]) -> str:
    """The first date with words for what happened that is no birth, due date or change of the row, else the first."""
    dates = [c for c in columns if c.role == "date" and not set(identifier_words(c.column)) & _NOT_THE_EVENT]
    spoken = [c for c in dates if c.event]
    return next((c.column for c in (*spoken, *dates)), "")


def _name_columns(columns: Iterable[ColumnConcept]) -> tuple[str, ...]:
    names = [c for c in columns if c.role == "name"]
    both = [c.column for c in names if set(identifier_words(c.column)) & {"first", "last", "fname", "lname", "surname"}]
    return tuple(both) if len(both) == 2 else tuple(c.column for c in names[:1])


def _with_words(columns: Iterable[ColumnConcept], role: str, *wanted: str) -> ColumnConcept | None:
    """The first column of the role whose words hold one of `wanted`."""
    spoken = ((c, {w for phrase in c.words.english for w in phrase.split()}) for c in columns if c.role == role)
    return next((c for c, words in spoken if words & set(wanted)), None)


def _measures(table: str, columns: tuple[ColumnConcept, ...]) -> tuple[MeasureConcept, ...]:
    """Quantity times price, less the discount where there is one."""
    quantity = _with_words(columns, "number", "quantity", "qty")
    price = _with_words(columns, "money", "price")
    if not quantity or not price:
        return ()
    discount = _with_words(columns, "number", "discount")
    used = [quantity.column, price.column, *([discount.column] if discount else [])]
    share = "{2} / 100.0" if discount and discount.unit == "percent" else "{2}"
    expression = "{0} * {1}" + (f" * (1 - {share})" if discount else "")
    words = Words(("revenue", "sales", "turnover"), ("销售额", "营业额"))
    measure = MeasureConcept(
        table, "revenue", expression, tuple(used), words, price.unit, price.said_unit, price.factor
    )
    return (measure,)


def _spans(table: str, columns: tuple[ColumnConcept, ...]) -> tuple[SpanConcept, ...]:
    by_event = {c.event.english[0]: c.column for c in columns if c.event.english}
    return tuple(
        SpanConcept(table, by_event[start], by_event[end], Words((english,), (chinese,)))
        for start, end, english, chinese in _SPANS
        if start in by_event and end in by_event
    )
