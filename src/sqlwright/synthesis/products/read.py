"""Reads a product's schema from its text file.

    product webshop EUR : online shop / 网上商店        (zh at the end of the head: a Chinese product)

    table customer 700 : customer; client|clients / 客户#位; 顾客
      name person
      email email null 12
      country country
      vip flag 8 : VIP status / VIP身份 ! VIP; is a VIP / VIP ^ not VIP / 非VIP
      signed_up_at time : sign-up date / 注册时间 ! signed up; joined / 注册
    table orders 2500 : order / 订单#笔
      customer ref customer ~ placed by / 下单客户
      status status [open*2 open,unpaid/未付款; paid*6; cancelled] : order status / 订单状态
      ordered_at time since customer.signed_up_at : order date / 下单时间 ! ordered; placed / 下单
      shipped_at time after ordered_at 0.5..9d only status=paid ! shipped / 发货
      total money 5..900
      span shipping_time = ordered_at -> shipped_at : shipping time / 发货时长
      late overdue = due_on unless paid_on : overdue / 逾期
      measure margin money = total - cost : margin / 毛利

A line is `name kind arguments : words ! event or true words ^ false words ~ relation`. Words are English phrases,
` / `, Chinese phrases; `;` separates synonyms. Words that are left out come from `lexicon.txt`, by the column's name,
and from the table that a reference names. `#位` after a Chinese noun is its measure word.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import NamedTuple, get_args

from ...core import DataError
from ...core.language import Language
from ..concepts import Noun, Words
from ..wording.english import plural
from .product import ColumnSpec, Kind, LateSpec, MeasureSpec, Product, SpanSpec, TableSpec, ValueSpec

_MARKS = re.compile(r"(?:^|\s)([:!^~])\s")
_RANGE = re.compile(r"(?:([a-z_.]+)\*)?(-?[\d.]+?)\.\.(-?[\d.]+)([dhm]?)\Z")
_IN_DAYS = {"d": 1.0, "h": 1 / 24, "m": 1 / 1440, "": 1.0}
_DEFAULT_RANGE = {"rating": (1.0, 5.0), "percent": (0.0, 100.0), "ratio": (0.0, 0.3), "birth": (18.0, 80.0)}
_SCHEMAS = "schemas"


def product_names() -> tuple[str, ...]:
    """The names of all products, sorted."""
    folder = files(__package__).joinpath(_SCHEMAS)
    return tuple(sorted(f.name.removesuffix(".txt") for f in folder.iterdir() if f.name.endswith(".txt")))


@cache
def load_product(name: str) -> Product:
    """The product of `schemas/<name>.txt`. Raises DataError for a line that cannot be read."""
    return parse_product(files(__package__).joinpath(f"{_SCHEMAS}/{name}.txt").read_text(encoding="utf-8"))


class _Line(NamedTuple):
    """A line of a schema: the words before the first mark, and the text behind each mark."""

    head: str
    marks: dict[str, str]


def parse_product(text: str) -> Product:
    """Raises DataError naming the line that cannot be read."""
    head: _Line | None = None
    tables: list[TableSpec] = []
    block: list[_Line] = []
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.lstrip().startswith("#"):
            continue
        line = _split(raw.strip())
        try:
            if head is None:
                head = line
            elif line.head.startswith("table "):
                _finish(block, tables)
                block = [line]
            else:
                _check_line(line, block)
                block.append(line)
        except (KeyError, ValueError, IndexError) as error:
            raise DataError(f"Line {number} of the schema cannot be read: {raw.strip()!r}: {error}.") from None
    _finish(block, tables)
    if head is None:
        raise DataError("The schema is empty. Its first line is 'product NAME CURRENCY : words'.")
    return _product(head, tables)


def _product(head: _Line, tables: list[TableSpec]) -> Product:
    first, *rest = head.head.split()
    if first != "product" or len(rest) < 2 or ":" not in head.marks:
        raise DataError(f"The first line of a schema is 'product NAME CURRENCY : words', got {head.head!r}.")
    language: Language = "zh" if "zh" in rest[2:] else "en"
    return Product(rest[0], _words(head.marks[":"]), language, rest[1], tuple(tables))


def _split(line: str) -> _Line:
    parts = _MARKS.split(line)
    return _Line(parts[0].strip(), dict(zip(parts[1::2], (p.strip() for p in parts[2::2]), strict=True)))


def _check_line(line: _Line, block: list[_Line]) -> None:
    """Raises ValueError for a line outside a table or of an unknown kind, so that the error names its line."""
    if not block:
        raise ValueError("expected a line that begins with 'table'")
    first = line.head.split()[0]
    if first not in ("measure", "span", "late"):
        _column(line, {})


def _finish(block: list[_Line], tables: list[TableSpec]) -> None:
    if block:
        tables.append(_table(block, {t.name: t for t in tables}))


def _table(block: list[_Line], known: dict[str, TableSpec]) -> TableSpec:
    head, *lines = block
    _, name, rows, *options = head.head.split()
    english, chinese = _sides(head.marks[":"])
    nouns = tuple(Noun(one, many or plural(one)) for one, _, many in (n.partition("|") for n in english))
    names = tuple(noun.partition("#")[0] for noun in chinese)
    classifier = next((noun.partition("#")[2] for noun in chinese if "#" in noun), "个")
    own = TableSpec(name, int(rows), nouns, names, classifier, "nokey" not in options, ())
    columns, measures, spans, lates = [], [], [], []
    for line in lines:
        first = line.head.split()[0]
        if first == "measure":
            measures.append(_measure(line))
        elif first == "span":
            spans.append(_span(line))
        elif first == "late":
            lates.append(_late(line))
        else:
            columns.append(_complete(name, _column(line, {**known, name: own})))
    return replace(own, columns=tuple(columns), measures=tuple(measures), spans=tuple(spans), lates=tuple(lates))


def _complete(table: str, column: ColumnSpec) -> ColumnSpec:
    """`column`. Raises DataError where it lacks Chinese words, or as a flag words for true and false."""
    needed = [column.words, *((column.said, column.denied) if column.kind == "flag" else ())]
    if not all(words.english and words.chinese for words in needed):
        raise DataError(f"The column {table}.{column.name} has no words in one of the languages.")
    return column


def _column(line: _Line, tables: dict[str, TableSpec]) -> ColumnSpec:
    brackets = tuple(re.findall(r"\[([^\]]*)\]", line.head))
    name, kind, *options = re.sub(r"\[[^\]]*\]", " ", line.head).split()
    if kind not in get_args(Kind):
        raise ValueError(f"unknown kind {kind!r}")
    fields: dict[str, object] = dict(zip(("low", "high"), _DEFAULT_RANGE.get(kind, (0.0, 0.0)), strict=True))
    if kind == "ref":
        fields["target"] = options.pop(0)
    if kind == "flag":
        fields["true_share"] = int(options.pop(0)) / 100
    if kind == "code":
        fields["pattern"] = options.pop(0)
    if kind == "made":
        fields["parts"] = tuple(tuple(_listed(b)) for b in brackets)
    elif brackets:
        fields["values"] = tuple(_value(entry) for entry in _listed(brackets[0]))
    fields |= _arguments(options)
    marks = {mark: _words(text) for mark, text in line.marks.items()}
    words = _column_words(name, str(fields.get("target", "")), marks.get(":"), tables)
    said = marks.get("!") or (_lexicon().get("!" + name, Words()) if kind in ("date", "time", "flag") else Words())
    denied = marks.get("^") or (_lexicon().get("^" + name, Words()) if kind == "flag" else Words())
    fields |= {"said": said, "denied": denied, "relation": marks.get("~", Words())}
    return ColumnSpec(name, kind, words, **fields)  # type: ignore[arg-type]  # the fields are those of ColumnSpec


def _arguments(options: list[str]) -> dict[str, object]:
    """The options of a column: null N, only C=A,B, since C, after C, future, a range, and what is left is the unit."""
    found: dict[str, object] = {}
    rest = iter(options)
    for option in rest:
        if option == "null":
            found["share"] = int(next(rest)) / 100
        elif option == "only":
            column, _, values = next(rest).partition("=")
            found["only"] = (column, frozenset(values.split(",")))
        elif option in ("since", "after"):
            found |= {"source": next(rest), "since": option == "since"}
        elif option == "future":
            found["future"] = True
        elif match := _RANGE.match(option):
            source, low, high, unit = match.groups()
            scale = _IN_DAYS[unit]
            found |= {"low": float(low) * scale, "high": float(high) * scale}
            if source:
                found["source"] = source
        else:
            found["unit"] = option
    return found


def _column_words(name: str, target: str, given: Words | None, tables: dict[str, TableSpec]) -> Words:
    """What the line says, else the lexicon by name, else the nouns of the table that is referred to, else the name."""
    usual = _lexicon().get(name, Words())
    table = tables.get(target)
    if table and not usual.chinese and not given:
        spoken = (name.replace("_", " "),) if name != target else ()
        return Words((*spoken, *(n.singular for n in table.nouns)), table.chinese)
    english = (given.english if given else ()) or usual.english or (name.replace("_", " "),)
    return Words(english, (given.chinese if given else ()) or usual.chinese)


def _value(entry: str) -> ValueSpec:
    """`open*2 open,unpaid/未付款`: name, weight, English and Chinese words; the last three may be left out."""
    match = re.match(r"([^\s*/]+)(?:\*([\d.]+))?\s*(.*)\Z", entry, re.DOTALL)
    if not match:
        raise ValueError(f"expected a value, got {entry!r}")
    name, weight, rest = match.groups()
    english, _, chinese = rest.partition("/")
    usual = _lexicon().get("=" + name, Words())
    words = Words(
        tuple(_listed(english, ",")) or usual.english or (name.replace("_", " "),),
        tuple(_listed(chinese, ",")) or usual.chinese or ((name,) if not name.isascii() else ()),
    )
    if not words.chinese:
        raise ValueError(f"the value {name!r} has no Chinese words")
    return ValueSpec(name, words, float(weight or 1))


def _measure(line: _Line) -> MeasureSpec:
    head, _, formula = line.head.partition("=")
    _, name, *options = head.split()
    columns = tuple(dict.fromkeys(re.findall(r"[a-z_]+[a-z_0-9]*", formula)))
    places = re.sub(r"[a-z_]+[a-z_0-9]*", lambda m: f"{{{columns.index(m.group())}}}", formula.strip())
    unit = next((o for o in options if o != "ratio"), "")
    return MeasureSpec(name, places, columns, _words(line.marks[":"]), unit, "ratio" not in options)


def _span(line: _Line) -> SpanSpec:
    head, _, ends = line.head.partition("=")
    _, name, *unit = head.split()
    start, _, end = ends.partition("->")
    return SpanSpec(name, start.strip(), end.strip(), _words(line.marks[":"]), *unit)


def _late(line: _Line) -> LateSpec:
    head, _, rule = line.head.partition("=")
    due, _, done = rule.strip().partition(" unless ")
    column, _, values = done.strip().partition("=")
    done_values = tuple(values.split(",")) if values else ()
    return LateSpec(head.split()[1], due.strip(), column, _words(line.marks[":"]), done_values)


def _listed(text: str, separator: str = ";") -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def _sides(text: str) -> tuple[list[str], list[str]]:
    english, _, chinese = f" {text} ".partition(" / ")
    return _listed(english), _listed(chinese)


def _words(text: str) -> Words:
    english, chinese = _sides(text)
    return Words(tuple(english), tuple(chinese))


@cache
def _lexicon() -> dict[str, Words]:
    """Words of columns by name, of values by `=name`, of a date's or flag's event by `!name`, and `^name` not so."""
    lines = files(__package__).joinpath("lexicon.txt").read_text(encoding="utf-8").splitlines()
    entries = (line.partition(" : ") for line in lines if " : " in line)
    return {name.strip(): _words(words) for name, _, words in entries}
