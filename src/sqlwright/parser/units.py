"""Numbers of a question in the unit of the column they are compared with: 5 minutes against milliseconds."""

from __future__ import annotations

from ..core import ColumnProfile, Profile
from .form import Aggregated, Called, ColumnRef, Computed, Expression, Literally
from .tokens import SCALES
from .walk import expressions_in

# How many of the smallest unit of its dimension each unit has.
SIZES = {
    "time": {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "day": 86_400_000, "week": 604_800_000},
    "mass": {"g": 1, "kg": 1_000},
    "length": {"mm": 1, "cm": 10, "m": 1_000, "km": 1_000_000},
    "money": {"cents": 1, "money": 100, "thousands": 100_000},
}
DIMENSION = {unit: name for name, units in SIZES.items() for unit in units}


def in_dimension(unit: str, other: str) -> bool:
    """Whether amounts in `unit` can be converted to `other`."""
    return unit in DIMENSION and DIMENSION[unit] == DIMENSION.get(other)


def in_unit_of(constant: Literally, beside: Expression, profile: Profile) -> str:
    """The number as the columns of `beside` store it. A bare number beside cents counts whole units of the currency."""
    target = _unit_of(beside, profile)
    given = constant.unit or ("money" if target in ("cents", "thousands") else "")
    if not target or not given or DIMENSION.get(given) != DIMENSION.get(target) or target == given:
        return constant.text
    sizes = SIZES[DIMENSION[target]]
    number = float(constant.text) * sizes[given] / sizes[target]
    return str(int(number)) if number.is_integer() else repr(round(number, 9))


def as_asked(text: str, beside: Expression, profile: Profile) -> Literally:
    """The number of the question that SQL writes as `text`: the inverse of `in_unit_of`."""
    target = _unit_of(beside, profile)
    if target not in ("cents", "thousands"):
        return Literally(text, True)
    sizes = SIZES["money"]
    number = float(text) * sizes[target] / sizes["money"]
    whole = Literally(str(int(number)) if number.is_integer() else repr(number), True)
    return whole if in_unit_of(whole, beside, profile) == text else Literally(text, True, target)


def _unit_of(node: Expression, profile: Profile) -> str:
    """The unit of what an expression gives; "" where it is none, unknown, or scaled by the query itself."""
    if isinstance(node, Called) and node.function in SCALES:
        return ""
    if isinstance(node, Computed) and node.operator in ("/", "ratio"):
        return ""
    if isinstance(node, Aggregated) and node.function == "count":
        return ""
    for part in expressions_in(node):
        found = profile.of(part.table.table, part.column) if isinstance(part, ColumnRef) else None
        if isinstance(found, ColumnProfile) and found.unit in DIMENSION:
            return found.unit
    return ""
