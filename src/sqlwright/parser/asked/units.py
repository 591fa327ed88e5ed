"""Amounts in the unit that the question asks for: milliseconds as minutes, cents as euros, a duration in hours.

The network chooses which amount is shown. The factor to the wanted unit follows from the unit of the column, which the
profile knows, and from the unit that the question names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...core import Profile
from ..form import (
    Aggregated,
    Called,
    ColumnRef,
    Computed,
    Elapsed,
    Expression,
    Filtered,
    Literally,
    Query,
    Select,
    Windowed,
)
from ..tokens import SCALES
from ..units import DIMENSION, SIZES, in_dimension

_WORDS = {
    "ms": "milliseconds? msecs? ms",
    "s": "seconds? secs?",
    "min": "minutes? mins?",
    "h": "hours? hrs?",
    "day": "days?",
    "week": "weeks?",
    "cents": "cents? pence",
    "money": "euros? eur dollars? usd pounds? gbp € $ £",
    "kg": "kg kilos? kilograms?",
    "cm": "cm centimet(?:er|re)s?",
    "m": "met(?:er|re)s?",
    "km": "km kilomet(?:er|re)s?",
}
_CHINESE = {
    "ms": "毫秒",
    "s": "秒",
    "min": "分钟",
    "h": "个?小时",
    "day": "天",
    "week": "周",
    "cents": "分(?!钟)",
    "money": "元 欧元 美元 块钱",
    "kg": "公斤 千克",
    "cm": "厘米",
    "m": "米",
    "km": "公里 千米",
}
_ENGLISH_CUES = (
    r"\bin {}(?!\w)",
    r"[(\[]\s*(?:in )?{}\s*[)\]]",
    r"\bhow many {}(?!\w)",
    r"\b(?:total|average|avg|mean|number of|amount of) {}(?!\w)",
)
_CHINESE_CUES = (r"[（(]\s*{}\s*[)）]", r"(?:多少|几){}", r"(?:按|以|单位)[是为：:]?{}")
_HAS_UNIT = {"seconds_between": "s", "minutes_between": "min", "hours_between": "h", "days_between": "day"}
_ELAPSED = {unit: function for function, unit in _HAS_UNIT.items()}
_DIVISORS = frozenset(("per_100", "per_1000", "per_60", "per_3600"))
# The unit meant, by stored unit and scale, where the network took milliseconds, or minutes, for seconds.
_SKIPPED = {("ms", "per_60"): "min", ("ms", "per_3600"): "h", ("min", "per_3600"): "h"}


def asked_units(question: str) -> frozenset[str]:
    """The units that the question wants amounts in: "in minutes", "how many hours", （元）."""
    return frozenset(_asked(question))


def _asked(question: str) -> Iterator[str]:
    for words, cues, flags in ((_WORDS, _ENGLISH_CUES, re.IGNORECASE), (_CHINESE, _CHINESE_CUES, re.UNICODE)):
        for unit, spelled in words.items():
            options = "|".join(w.replace("$", r"\$") for w in spelled.split())
            if any(re.search(cue.format(f"(?:{options})"), question, flags) for cue in cues):
                yield unit


def in_asked_units(query: Query, question: str, profile: Profile) -> Query:
    """`query` with every amount that it shows in the unit that `question` names, if it names one of its dimension.

    Cents are shown in the whole unit of the currency, unless the question speaks of cents. A scale that does not lead
    from the column's unit to any other is replaced by the one that was meant: an average of milliseconds divided by 60
    is one in minutes.
    """
    if not isinstance(query, Select):
        return query
    units = asked_units(question)
    items = tuple(_converted(item, units, profile) for item in query.items)
    changed = dict(zip(query.items, items, strict=True))
    order = tuple(replace(o, value=changed.get(o.value, o.value)) for o in query.order)
    return replace(query, items=items, order=order)


def _converted(item: Expression, units: frozenset[str], profile: Profile) -> Expression:
    if isinstance(item, Windowed) and item.function in ("running", "change"):  # in the unit of the amount beside it
        return replace(item, argument=_converted(item.argument, units, profile))
    scales, amount = _scales(item)
    if isinstance(amount, Aggregated) and amount.function != "count" and isinstance(amount.argument, (Called, Elapsed)):
        inner_scales, inner = _scales(amount.argument)
        if elapsed := _elapsed(inner, units):
            return replace(amount, argument=elapsed)
        scales, amount = (*scales, *inner_scales), replace(amount, argument=inner)
    elif elapsed := _elapsed(amount, units):
        return elapsed
    stored = _stored_unit(amount, profile)
    if not stored:
        money = (
            isinstance(amount, Aggregated)
            and isinstance(amount.argument, ColumnRef)
            and _is_money(amount.argument, profile)
        )
        scalable = _DIVISORS - {"per_100", "per_1000"} if money else _DIVISORS
        dropped = scales and not units and set(scales) <= scalable and _is_plain(amount, profile)
        return amount if dropped else item
    wanted = _wanted(stored, units, scales)
    if not wanted:
        return item
    return _scaled(amount, stored, wanted, scales, item)


def _is_money(column: ColumnRef, profile: Profile) -> bool:
    found = profile.of(column.table.table, column.column)
    return found is not None and found.role == "money"


def _is_plain(amount: Expression, profile: Profile) -> bool:
    """Whether it is a count, or an aggregate of a column that is no money: with no unit there is nothing to convert."""
    if not isinstance(amount, Aggregated) or not isinstance(amount.argument, ColumnRef):
        return False
    found = profile.of(amount.argument.table.table, amount.argument.column)
    return amount.function == "count" or found is not None


def _scales(item: Expression) -> tuple[tuple[str, ...], Expression]:
    """The scales around an amount, outermost first, and the amount."""
    found: list[str] = []
    while isinstance(item, Called) and item.function in SCALES:
        found.append(item.function)
        item = item.argument
    return tuple(found), item


def _elapsed(node: Expression, units: frozenset[str]) -> Elapsed | None:
    """The time between two dates in the one unit asked for; None where it is no such time, or no unit is named."""
    wanted = units & _ELAPSED.keys()
    if isinstance(node, Elapsed) and node.function in _HAS_UNIT and len(wanted) == 1:
        return replace(node, function=_ELAPSED[min(wanted)])
    return None


def _stored_unit(amount: Expression, profile: Profile) -> str:
    """The unit of a column, of an aggregate of it, or of a sum or difference of columns of one unit."""
    if isinstance(amount, Filtered):
        amount = amount.aggregate
    if isinstance(amount, Aggregated):
        return "" if amount.function == "count" else _stored_unit(amount.argument, profile)
    if isinstance(amount, Computed) and amount.operator in "+-":
        left, right = _stored_unit(amount.left, profile), _stored_unit(amount.right, profile)
        return left if left == right else ""
    found = profile.of(amount.table.table, amount.column) if isinstance(amount, ColumnRef) else None
    return found.unit if found and found.unit in DIMENSION and found.role in ("number", "money") else ""


def _wanted(stored: str, units: frozenset[str], scales: tuple[str, ...]) -> str:
    """The unit to show, "" to leave it as the query has it."""
    named = [unit for unit in units if in_dimension(unit, stored)]
    if named:
        return named[0] if len(named) == 1 else ""
    if stored == "cents" and not scales:
        return "money"
    return _SKIPPED.get((stored, scales[0]), "") if len(scales) == 1 else ""


def _scaled(amount: Expression, stored: str, wanted: str, scales: tuple[str, ...], item: Expression) -> Expression:
    sizes = SIZES[DIMENSION[stored]]
    factor = sizes[wanted] / sizes[stored]
    if factor == 1:
        return amount if scales else item
    if factor > 1:
        return Computed("/", amount, Literally(f"{factor:.1f}", True))
    return Computed("*", amount, Literally(f"{1 / factor:.1f}", True))
