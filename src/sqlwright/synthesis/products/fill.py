"""Fills a product's tables with plausible rows: skewed references, growing and seasonal dates, gaps, related amounts.

The rows are logical: a category holds the name of its `ValueSpec`, a flag a bool, a date a `datetime`, money an amount
with two decimals in the product's currency, a reference the number of the row that it names, from 0.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from ...core.fold import fold
from . import pools
from .product import ColumnSpec, Product, TableSpec

_MONTHS = (0.8, 0.75, 0.9, 0.9, 1.0, 0.95, 0.8, 0.75, 1.0, 1.1, 1.3, 1.35)  # how busy each month is
_HOURS = (8, 9, 9, 10, 10, 11, 11, 12, 13, 14, 14, 15, 15, 16, 17, 18, 19, 20, 21, 22, 7, 2)
_CHILDLESS = 0.07  # share of rows that no reference names


@dataclass(slots=True)
class Rows:
    """The columns of one table by logical name, each a list of `count` values; None is missing."""

    count: int
    columns: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(slots=True)
class _Filling:
    """What the columns of one table are drawn from. Rows of one table share person and place."""

    rng: random.Random
    product: Product
    table: TableSpec
    own: Rows
    done: dict[str, Rows]
    first: dt.datetime
    last: dt.datetime
    drawn: dict[str, list[Any]] = field(default_factory=dict)

    def shared(self, name: str, draw: Callable[[random.Random, Any, int], list[Any]]) -> list[Any]:
        if name not in self.drawn:
            self.drawn[name] = draw(self.rng, self.product.language, self.own.count)
        return self.drawn[name]

    def source(self, path: str) -> list[Any]:
        """The values of a column of this table, or, for "reference.column", of the rows that it names."""
        near, _, far = path.partition(".")
        if not far:
            return self.own.columns[near]
        target = self.table.column(near).target
        values = (self.own if target == self.table.name else self.done[target]).columns[far]
        return [None if row is None else values[row] for row in self.own.columns[near]]


def fill(product: Product, rng: random.Random, scale: float = 1.0) -> tuple[dict[str, Rows], dt.datetime]:
    """The rows of every table, and the last moment that an event may have.

    `scale` multiplies the numbers of rows of the tables with over 100.
    """
    first = dt.datetime(rng.randint(2019, 2022), 1, 1) + dt.timedelta(days=rng.randint(0, 200))
    last = dt.datetime(2025, 8, 1) + dt.timedelta(days=rng.randint(0, 360))
    done: dict[str, Rows] = {}
    for table in product.tables:
        labels = next((c.values for c in table.columns if c.kind == "label"), ())
        count = len(labels) or (round(table.rows * scale) if table.rows > 100 else table.rows)
        filling = _Filling(rng, product, table, Rows(count), done, first, last)
        for column in table.columns:
            filling.own.columns[column.name] = _column(filling, column)
        done[table.name] = filling.own
    return done, last


def _column(filling: _Filling, column: ColumnSpec) -> list[Any]:
    values = _DRAW[column.kind](filling, column)
    if column.only:
        name, allowed = column.only
        values = [v if state in allowed else None for v, state in zip(values, filling.own.columns[name], strict=True)]
    if column.share:
        roll = filling.rng.random
        values = [None if roll() < column.share else v for v in values]
    return values


def _references(filling: _Filling, column: ColumnSpec) -> list[int | None]:
    rng, count = filling.rng, filling.own.count
    if column.target == filling.table.name:  # a row names one before it; the first rows are at the top
        return [None if i < max(1, count // 12) else int(i * rng.random() ** 1.7) for i in range(count)]
    parents = filling.done[column.target].count
    order = rng.sample(range(parents), max(1, math.ceil(parents * (1 - _CHILDLESS))) if parents > 12 else parents)
    weights = list(accumulate(1 / (rank + parents / 6 + 2) for rank in range(len(order))))
    return list(rng.choices(order, cum_weights=weights, k=count))


def _person(part: str) -> Callable[[_Filling, ColumnSpec], list[str]]:
    return lambda filling, _: [getattr(p, part) for p in filling.shared("people", pools.people)]


def _companies(filling: _Filling, _: ColumnSpec) -> list[str]:
    names: list[str] = filling.shared("firms", pools.firms)
    return names


def _made(filling: _Filling, column: ColumnSpec) -> list[str]:
    han = not column.parts[0][0].isascii()
    return pools.distinct(filling.rng, column.parts, filling.own.count, "" if han else " ")


def _labels(_: _Filling, column: ColumnSpec) -> list[str]:
    return [value.name for value in column.values]


def _codes(filling: _Filling, column: ColumnSpec) -> list[str]:
    """`INV-####`: digits counted up from a random start; `@` is a random letter, `?` a random digit."""
    rng = filling.rng
    digits = column.pattern.count("#")
    start = rng.randint(1, max(1, 10**digits // 8)) if digits else 0
    made = []
    for i in range(filling.own.count):
        number = iter(str(start + i).zfill(digits)[-digits:] if digits else "")
        made.append("".join(_letter(c, number, rng) for c in column.pattern))
    return made


def _letter(c: str, number: Any, rng: random.Random) -> str:
    if c == "#":
        return str(next(number))
    if c == "@":
        return rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ")
    return str(rng.randint(0, 9)) if c == "?" else c


def _emails(filling: _Filling, _: ColumnSpec) -> list[str]:
    rng, made = filling.rng, []
    people = filling.drawn.get("people") or pools.people(rng, "en", filling.own.count)
    for number, person in enumerate(people):
        first, last = (fold(p).replace("'", "").replace(" ", "") for p in (person.first, person.last))
        name = f"{first}.{last}" if (first + last).isascii() else f"user{number + 1000}"
        made.append(f"{name}{rng.choice(('', '', rng.randint(1, 99)))}@{rng.choice(('mail', 'post', 'inbox'))}.example")
    return made


def _phones(filling: _Filling, _: ColumnSpec) -> list[str]:
    rng = filling.rng
    if filling.product.language == "zh":
        return [f"1{rng.choice('35789')}{rng.randint(0, 999999999):09}" for _ in range(filling.own.count)]
    return [f"+{rng.choice((1, 44, 49, 33))} 555 {rng.randint(0, 9999999):07}" for _ in range(filling.own.count)]


def _place(part: str) -> Callable[[_Filling, ColumnSpec], list[str]]:
    def draw(filling: _Filling, _: ColumnSpec) -> list[str]:
        side = 1 if filling.product.language == "zh" else 0
        found = filling.shared("places", pools.places)
        if part == "city":
            return [(p.city.english, p.city.chinese)[side][0] for p in found]
        return [p.code for p in found]

    return draw


def _each(draw: Callable[[random.Random, Any], str]) -> Callable[[_Filling, ColumnSpec], list[str]]:
    return lambda filling, _: [draw(filling.rng, filling.product.language) for _ in range(filling.own.count)]


def _categories(filling: _Filling, column: ColumnSpec) -> list[str]:
    names = [v.name for v in column.values]
    if {"male", "female"} <= set(names) and "people" in filling.drawn:
        return ["female" if p.female else "male" for p in filling.drawn["people"]]
    return filling.rng.choices(names, [v.weight for v in column.values], k=filling.own.count)


def _flags(filling: _Filling, column: ColumnSpec) -> list[bool]:
    return [filling.rng.random() < column.true_share for _ in range(filling.own.count)]


def _amounts(filling: _Filling, column: ColumnSpec) -> list[float | int | None]:
    if column.source:
        return [
            None if base is None else _rounded(base * filling.rng.uniform(column.low, column.high), column)
            for base in filling.source(column.source)
        ]
    return [_rounded(_amount(filling.rng, column), column) for _ in range(filling.own.count)]


def _amount(rng: random.Random, column: ColumnSpec) -> float:
    low, high = column.low, column.high
    if column.kind == "ratio" and low == 0:  # a discount: most rows have none
        return rng.choice((0, 0, 0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3))
    if column.kind == "rating":
        return low + (high - low) * math.pow(rng.random(), 0.6)
    if column.kind in ("percent", "ratio") or low < 0:
        return rng.triangular(low, high)
    if low > 0 and high / low > 15:  # amounts over several sizes: the logarithm is spread, not the amount
        return low * math.pow(high / low, 0.65 * rng.random() + 0.35 * rng.random() ** 2)
    return low + (high - low) * math.pow(rng.random(), 1.5)


def _rounded(value: float, column: ColumnSpec) -> float | int:
    if column.kind == "int":
        return round(value)
    if column.kind == "rating":
        return round(value, 1) if column.unit == "decimal" else round(value)
    return round(value, 2)


def _times(filling: _Filling, column: ColumnSpec) -> list[dt.datetime | None]:
    if column.source and not column.since:
        return [_later(filling, column, start) for start in filling.source(column.source)]
    if column.source:
        return [None if s is None else _moment(filling, s, 0.2) for s in filling.source(column.source)]
    found: list[dt.datetime] = [_moment(filling, filling.first, 1.0) for _ in range(filling.own.count)]
    # Rows are numbered in the order in which they happened, but for a few that were entered late.
    found.sort(key=lambda t: t.timestamp() + (filling.rng.random() < 0.05) * 5e6)
    return [*found]


def _moment(filling: _Filling, start: dt.datetime, growth: float) -> dt.datetime:
    """Between `start` and the last moment; some months, days and hours are busier.

    `growth` is the share of rows that get the later of two moments, so that there is more from year to year.
    """
    rng = filling.rng
    span = max((filling.last - start).total_seconds(), 3600.0)
    for _ in range(6):
        place = max(rng.random(), rng.random()) if rng.random() < growth else rng.random()
        day = start + dt.timedelta(seconds=span * place)
        if rng.random() * 1.4 < _MONTHS[day.month - 1] * (1.0 if day.weekday() < 5 else 0.6):
            break
    found = day.replace(hour=rng.choice(_HOURS), minute=rng.randrange(60), second=rng.randrange(60), microsecond=0)
    return min(max(found, start + dt.timedelta(minutes=rng.randint(5, 300))), filling.last)


def _later(filling: _Filling, column: ColumnSpec, start: dt.datetime | None) -> dt.datetime | None:
    """A delay after `start`; None where that has not come yet, but for dates that may lie ahead."""
    if start is None:
        return None
    days = column.low + (column.high - column.low) * filling.rng.random() ** 2
    found = start + dt.timedelta(seconds=round(days * 86400))
    return found if found <= filling.last or column.future else None


def _births(filling: _Filling, column: ColumnSpec) -> list[dt.datetime]:
    ages = [filling.rng.triangular(column.low, column.high) for _ in range(filling.own.count)]
    midnight = filling.last.replace(hour=0, minute=0, second=0, microsecond=0)
    return [midnight - dt.timedelta(days=int(age * 365.25)) for age in ages]


def _years(filling: _Filling, column: ColumnSpec) -> list[int]:
    low, high = int(column.low), int(column.high)
    return [high - int((high - low + 1) * filling.rng.random() ** 2) for _ in range(filling.own.count)]


_DRAW: dict[str, Callable[[_Filling, ColumnSpec], list[Any]]] = {
    "ref": _references,
    "person": _person("full"),
    "first": _person("first"),
    "last": _person("last"),
    "company": _companies,
    "made": _made,
    "label": _labels,
    "code": _codes,
    "email": _emails,
    "phone": _phones,
    "url": lambda filling, _: [f"https://site{i + 1}.example/" for i in range(filling.own.count)],
    "address": _each(pools.address),
    "postcode": lambda filling, _: [f"{filling.rng.randint(1000, 99999):05}" for _ in range(filling.own.count)],
    "ip": lambda filling, _: [f"203.0.113.{filling.rng.randint(1, 254)}" for _ in range(filling.own.count)],
    "text": _each(pools.sentence),
    "city": _place("city"),
    "country": _place("region"),
    "province": _place("region"),
    "cat": _categories,
    "status": _categories,
    "flag": _flags,
    "money": _amounts,
    "int": _amounts,
    "num": _amounts,
    "rating": _amounts,
    "percent": _amounts,
    "ratio": _amounts,
    "date": _times,
    "time": _times,
    "birth": _births,
    "year": _years,
}
