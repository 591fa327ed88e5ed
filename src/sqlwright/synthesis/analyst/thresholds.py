"""Conditions on amounts and ages, in the units that people use."""

from __future__ import annotations

from ...parser.form import ColumnRef, Compare, Condition, Elapsed, Expression, Joined, Literally, Now
from ..concepts import TableConcept
from .asker import Asker, Measure
from .clauses import Clause
from .units import UNIT_WORDS

_OVER = ((">", "over"), (">", "over"), ("<", "under"), ("<", "under"), (">=", "least"), ("<=", "most"))


def threshold_clause(asker: Asker, table: TableConcept) -> Clause | None:
    """More or less than an amount, in the unit that people use."""
    measure = asker.some(asker.measures(table))
    if measure is None:
        return None
    number = amount(asker, measure)
    if number is None:
        return None
    operator, said = asker.any(_OVER)
    name = asker.word(measure.words)
    spoken = with_unit(asker, number, measure)
    form: Condition = Compare(operator, measure.form, _constant(number, measure))  # type: ignore[arg-type]
    if asker.chinese:
        text = {
            "over": f"{name}超过{spoken}",
            "under": f"{name}低于{spoken}",
            "least": f"{name}至少{spoken}",
            "most": f"{name}不超过{spoken}",
        }[said]
        text = asker.any([text, text.replace("超过", "大于").replace("低于", "小于")])
        if said in ("least", "most") and asker.chance(0.5):
            text = f"{name}{spoken}{'以上' if said == 'least' else '以下'}"
        return Clause(form, text)
    templates = {
        "over": [
            f"with {name} over {spoken}",
            f"with {name} above {spoken}",
            f"with more than {spoken} {name}",
            f"whose {name} is greater than {spoken}",
            f"with a {name} of more than {spoken}",
        ],
        "under": [
            f"with {name} under {spoken}",
            f"with {name} below {spoken}",
            f"whose {name} is less than {spoken}",
            f"with less than {spoken} {name}",
        ],
        "least": [
            f"with {name} of at least {spoken}",
            f"with at least {spoken} {name}",
            f"with {spoken} or more {name}",
        ],
        "most": [f"with {name} of at most {spoken}", f"with {name} up to {spoken}"],
    }[said]
    if measure.role == "money" and not table.is_person:
        templates += {
            "over": [f"over {spoken}", f"above {spoken}"],
            "under": [f"under {spoken}", f"below {spoken}"],
            "least": [f"of at least {spoken}"],
            "most": [f"up to {spoken}"],
        }[said]
    if asker.chance(0.15) and said == "over":
        upper = amount(asker, measure)
        if upper and float(upper) > float(number):
            both = Joined("and", (form, Compare("<", measure.form, _constant(upper, measure))))
            high = with_unit(asker, upper, measure)
            return Clause(
                both,
                "",
                asker.any(
                    [
                        f"with {name} over {spoken} but less than {high}",
                        f"with {name} more than {spoken} and below {high}",
                    ]
                ),
            )
    return Clause(form, "", asker.any(templates))


def _constant(number: str, measure: Measure) -> Literally:
    unit = {"cents": "money"}.get(
        measure.unit, measure.said_unit if measure.said_unit in ("min", "h", "s", "day", "kg", "km", "ms") else ""
    )
    return Literally(number, True, unit)


def amount(asker: Asker, measure: Measure) -> str | None:
    """A round number in the said unit, about where the values lie: filled in from `ranges`."""
    if not isinstance(measure.form, ColumnRef):
        return str(asker.any([10, 20, 50, 100, 200, 500, 1000, 2000]))
    low, high = asker.ranges.get((measure.table.table, measure.form.column), (None, None))
    if low is None or high is None or high <= low:
        return None
    value = (low + (high - low) * asker.rng.uniform(0.15, 0.85)) / (measure.factor or 1)
    digits = 2 if value >= 100 else 1
    step = 10 ** max(0, len(str(int(abs(value)))) - digits)
    rounded = round(value / step) * step if value >= 1 else round(value, 2)
    return str(int(rounded)) if float(rounded).is_integer() else f"{rounded:g}"


def with_unit(asker: Asker, number: str, measure: Measure) -> str:
    unit = measure.said_unit or measure.unit
    words = UNIT_WORDS.get(unit)
    if not words or (measure.role == "money" and asker.chance(0.35)):
        return number
    if asker.chinese:
        return number + words[1]
    return f"{number}%" if unit == "percent" else f"{number} {words[0]}"


def age_clause(asker: Asker, table: TableConcept) -> Clause | None:
    """Older or younger than some years, by a date of birth."""
    birth = next((c for c in table.columns if c.is_birth), None)
    if birth is None or not table.is_person:
        return None
    years = asker.any([18, 20, 25, 30, 35, 40, 45, 50, 60, 65])
    age: Expression = Elapsed("years_between", asker.column(table, birth.column), Now())
    operator, english, chinese = asker.any(
        [
            (">", f"older than {years}", f"年龄超过{years}岁"),
            (">", f"over {years}", f"{years}岁以上"),
            ("<", f"younger than {years}", f"年龄小于{years}岁"),
            ("<", f"under {years}", f"{years}岁以下"),
            (">=", f"at least {years} years old", f"年满{years}岁"),
        ]
    )
    form = Compare(operator, age, Literally(str(years), True))  # type: ignore[arg-type]
    return Clause(form, chinese) if asker.chinese else Clause(form, "", english)
