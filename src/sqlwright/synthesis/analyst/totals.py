"""Counts, sums and averages, with their words and units."""

from __future__ import annotations

from dataclasses import dataclass

from ...parser.form import Aggregated, Expression
from ..concepts import TableConcept
from .asker import Asker, Measure
from .units import said_unit, unit_words


@dataclass(frozen=True, slots=True)
class Total:
    """An aggregate and its words. `table` is the one whose rows it sums or counts."""

    form: Aggregated
    said: str
    table: TableConcept
    measure: Measure | None = None


_AGGREGATES = {
    "sum": ("total | sum of | total | overall", "总 | 合计 | 总计"),
    "avg": ("average | mean | avg | average", "平均"),
    "max": ("highest | maximum | largest | max", "最高 | 最大"),
    "min": ("lowest | minimum | smallest | min", "最低 | 最小"),
    "median": ("median", "中位 | 中位数"),
}


def total_of(asker: Asker, table: TableConcept, *functions: str, counts: bool = True) -> Total | None:
    """A count of the table's rows, or a sum, an average ... of one of its measures."""
    if counts and asker.chance(0.4):
        noun = asker.noun(table)
        said = (
            asker.any([f"{noun}数量", f"{noun}数", f"{noun}的数量"])
            if asker.chinese
            else asker.any([f"number of {noun}", noun, f"how many {noun}", f"count of {noun}"])
        )
        return Total(asker.count(table), said, table)
    function = asker.any(functions or ("sum", "sum", "sum", "avg", "avg"))
    measure = asker.some(asker.measures(table, additive=function == "sum"))
    if measure is None:
        return None
    name = asker.word(measure.words)
    english, chinese = _AGGREGATES[function]
    if asker.chinese:
        word = asker.any(chinese.split(" | "))
        said = (
            f"{name}的中位数"
            if function == "median"
            else f"{word}{name}"
            if asker.chance(0.7)
            else f"{name}{'合计' if function == 'sum' else word + '值'}"
        )
        if function == "sum" and asker.chance(0.35):
            said = name
    else:
        word = asker.any(english.split(" | "))
        said = name if function == "sum" and asker.chance(0.45) else f"{word} {name}"
    return Total(Aggregated(function, measure.form), said, table, measure)  # type: ignore[arg-type]


def shown_total(asker: Asker, total: Total) -> tuple[Expression, str]:
    """The total in the stored unit, or in a unit that the question names, with the words for that unit."""
    measure = total.measure
    if measure is None or total.form.function == "count" or asker.chance(0.45):
        return total.form, ""
    unit = said_unit(asker, measure)
    return (unit.applied(total.form), unit_words(asker, unit)) if unit else (total.form, "")
