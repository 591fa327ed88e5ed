"""How the values of a column are stored in a style: type, unit, spelling of categories and flags, date format."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...core.profile import DateStorage, Role
from .pools import regions
from .product import ColumnSpec
from .style import Style

Type = Literal["integer", "real", "decimal", "text", "date", "timestamp", "boolean"]

ROLES: dict[str, Role] = {
    "ref": "reference",
    "person": "name",
    "first": "name",
    "last": "name",
    "company": "name",
    "made": "name",
    "label": "name",
    "code": "code",
    "email": "email",
    "phone": "phone",
    "url": "url",
    "address": "text",
    "postcode": "code",
    "ip": "code",
    "text": "text",
    "city": "category",
    "country": "category",
    "province": "category",
    "cat": "category",
    "status": "category",
    "flag": "flag",
    "money": "money",
    "int": "number",
    "num": "number",
    "rating": "number",
    "percent": "number",
    "ratio": "number",
    "date": "date",
    "time": "date",
    "birth": "date",
    "year": "date",
}
# The unit that people say -> stored units, with how many of them make one that is said.
_SMALLER: dict[str, tuple[tuple[str, int], ...]] = {
    "s": (("ms", 1000),),
    "min": (("s", 60), ("ms", 60_000)),
    "h": (("min", 60), ("s", 3600)),
    "kg": (("g", 1000),),
    "km": (("m", 1000),),
}
_ADDITIVE_UNITS = frozenset("s min h day night kg g t km m l kwh kWh MB GB m2 ha page word kcal point".split())
_EPOCH_SCALE = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_ISO = {"space": "%Y-%m-%d %H:%M:%S", "t": "%Y-%m-%dT%H:%M:%S", "tz": "%Y-%m-%dT%H:%M:%SZ"}


@dataclass(frozen=True, slots=True)
class Storage:
    """How one column is stored. `encode` maps a logical value that is not missing; `spellings` maps the logical values
    of a category or flag. `factor`, `unit` and `said_unit` are those of `ColumnConcept`.
    """

    type: Type
    encode: Callable[[Any], Any] = lambda value: value
    unit: str = ""
    said_unit: str = ""
    factor: float = 1.0
    additive: bool = False
    date_storage: DateStorage = ""
    spellings: tuple[tuple[Any, str], ...] = ()
    coded: bool = False  # the spellings need an explanation

    @property
    def numeric(self) -> bool:
        return self.type in ("integer", "real", "decimal", "boolean")


def storage_of(column: ColumnSpec, style: Style, currency: str, rng: random.Random) -> Storage:
    kind = column.kind
    if kind in ("date", "time", "birth", "year"):
        return _date(column, style)
    if kind == "flag":
        return _flag(column, style)
    if kind in ("cat", "status", "label", "country", "province"):
        return _category(column, style)
    if kind == "money":
        return _money(column, style, currency)
    if kind in ("int", "num", "rating"):
        return _number(column, style, rng)
    if kind in ("percent", "ratio"):
        return _share(kind, style)
    return Storage("integer" if kind == "ref" else "text")


def _date(column: ColumnSpec, style: Style) -> Storage:
    if column.kind == "year":
        return Storage("integer", date_storage="year")
    whole = column.kind in ("date", "birth")
    if style.dates in _EPOCH_SCALE and not (column.kind == "birth" or (whole and not style.epoch_days)):
        scale = _EPOCH_SCALE[style.dates]
        return Storage("integer", lambda t: _seconds(t, whole) * scale, date_storage=style.dates)  # type: ignore[arg-type]
    if whole:
        return Storage(
            "date" if style.date_types else "text", lambda t: t.strftime("%Y-%m-%d"), date_storage="iso_date"
        )
    form = _ISO.get(style.dates, _ISO["space"])
    return Storage(
        "timestamp" if style.date_types else "text", lambda t: t.strftime(form), date_storage="iso_timestamp"
    )


def _seconds(moment: dt.datetime, whole_days: bool) -> int:
    seconds = int(moment.replace(tzinfo=dt.timezone.utc).timestamp())
    return seconds - seconds % 86400 if whole_days else seconds


def _flag(column: ColumnSpec, style: Style) -> Storage:
    yes, no = style.flags
    said, denied = column.said.english[:1], column.denied.english[:1]
    if style.status_words and said and denied and all(w[0].isalpha() and " " not in w for w in (*said, *denied)):
        yes, no = said[0], denied[0]
    stored = {True: int(yes), False: int(no)} if yes == "1" else {True: yes, False: no}
    kind: Type = "boolean" if yes == "1" else "text"
    return Storage(kind, stored.__getitem__, spellings=((True, yes), (False, no)))


def _category(column: ColumnSpec, style: Style) -> Storage:
    if column.kind in ("country", "province"):
        return Storage("text", lambda code: _region(code, style))
    names = [value.name for value in column.values]
    if column.kind == "status" and style.status in ("codes", "numbers"):
        if style.status == "numbers":
            table: dict[str, Any] = {name: number for number, name in enumerate(names, 0 if len(names) % 2 else 1)}
        else:
            table = dict(zip(names, short_codes(names), strict=True))
    elif style.language == "zh":
        table = {value.name: value.words.chinese[0] for value in column.values}
    else:
        case = style.status if column.kind == "status" else "lower" if style.status == "underscored" else "title"
        table = {name: _spelled(name, case) for name in names}
    numbers = all(isinstance(v, int) for v in table.values())
    coded = column.kind == "status" and style.status in ("codes", "numbers")
    spellings = tuple((name, str(stored)) for name, stored in table.items())
    return Storage("integer" if numbers else "text", table.__getitem__, spellings=spellings, coded=coded)


def _region(code: str, style: Style) -> str:
    if style.language == "zh":
        return region_words(code, style)[1][0].removesuffix("省")
    return code if style.country_codes else region_words(code, style)[0][0]


def region_words(code: str, style: Style) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The English and the Chinese names of a country, or in a Chinese product of a province."""
    words = regions(style.language)[code]
    return words.english, words.chinese


def _spelled(name: str, case: str) -> str:
    if not name.isascii():
        return name
    if case == "underscored":
        return name
    spaced = name.replace("_", " ")
    if case == "upper":
        return name.upper()
    if case == "title":
        return " ".join(w if w[0].isupper() else w.capitalize() for w in spaced.split())
    return spaced


def short_codes(names: Sequence[str]) -> list[str]:
    """The shortest beginnings of one length that differ, in capitals, else the initials and a number."""
    for length in (1, 2, 3, 4):
        codes = [name.replace("_", "")[:length].upper() for name in names]
        if len(set(codes)) == len(names):
            return codes
    return [f"{name[:1].upper()}{number}" for number, name in enumerate(names, 1)]


def _money(column: ColumnSpec, style: Style, currency: str) -> Storage:
    additive = not {"price", "rate", "cost"} & set(column.name.split("_"))
    if style.cents:
        return Storage("integer", lambda v: round(v * 100), "cents", currency, 100.0, additive)
    return Storage("decimal", unit=currency, said_unit=currency, additive=additive)


def _number(column: ColumnSpec, style: Style, rng: random.Random) -> Storage:
    whole = column.kind == "int" or (column.kind == "rating" and column.unit != "decimal")
    unit = "" if column.kind == "rating" else column.unit
    additive = column.kind != "rating" and (unit in _ADDITIVE_UNITS or (not unit and column.kind == "int"))
    if unit in _SMALLER and rng.random() < style.small_units:
        stored, factor = rng.choice(_SMALLER[unit])
        return Storage("integer", lambda v: round(v * factor), stored, unit, float(factor), additive)
    return Storage("integer" if whole else "real", unit=unit, said_unit=unit, additive=additive)


def _share(kind: str, style: Style) -> Storage:
    """Percentages are 0 to 100 in a schema, ratios 0 to 1; the style decides for all."""
    if style.shares:
        scale = 0.01 if kind == "percent" else 1.0
        return Storage("real", lambda v: round(v * scale, 4), "share", "percent", 0.01)
    scale = 1.0 if kind == "percent" else 100.0
    return Storage("real", lambda v: round(v * scale, 2), "percent", "percent")
