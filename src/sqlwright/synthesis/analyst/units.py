"""Units that people say: their words, and the steps to them from the unit in which a column is stored."""

from __future__ import annotations

from dataclasses import dataclass

from ...parser.form import Called, Expression
from .asker import Asker, Measure

# Unit -> its words in English and Chinese.
UNIT_WORDS = {
    "min": ("minutes", "分钟"), "h": ("hours", "小时"), "s": ("seconds", "秒"), "ms": ("ms", "毫秒"), "day": ("days", "天"),
    "kg": ("kg", "公斤"), "g": ("g", "克"), "km": ("km", "公里"), "m": ("m", "米"), "percent": ("%", "%"),
    "EUR": ("euro", "欧元"), "USD": ("dollars", "美元"), "CNY": ("yuan", "元"), "GBP": ("pounds", "英镑"), "CHF": ("francs", "法郎"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SaidUnit:
    """A unit that a question names: its words, and the steps from the stored unit to it."""

    english: str
    chinese: str
    scales: tuple[str, ...]

    def applied(self, form: Expression) -> Expression:
        for scale in self.scales:
            form = Called(scale, form)
        return form


_CURRENCIES = {currency: UNIT_WORDS[currency] for currency in ("EUR", "USD", "CNY", "GBP")}
# Stored unit -> the units that people ask for.
_UNITS: dict[str, tuple[SaidUnit, ...]] = {
    "ms": (
        SaidUnit(*UNIT_WORDS["s"], ("per_1000",)),
        SaidUnit(*UNIT_WORDS["min"], ("per_1000", "per_60")),
        SaidUnit(*UNIT_WORDS["h"], ("per_1000", "per_3600")),
    ),
    "s": (SaidUnit(*UNIT_WORDS["min"], ("per_60",)), SaidUnit(*UNIT_WORDS["h"], ("per_3600",))),
    "min": (SaidUnit(*UNIT_WORDS["h"], ("per_60",)),),
    "g": (SaidUnit(*UNIT_WORDS["kg"], ("per_1000",)),),
    "m": (SaidUnit(*UNIT_WORDS["km"], ("per_1000",)),),
}


def said_unit(asker: Asker, measure: Measure) -> SaidUnit | None:
    """A unit that people say for a measure that is stored in another one; None where it is stored as people say it."""
    if measure.unit == "cents":
        words = _CURRENCIES.get(measure.said_unit) or asker.any(list(_CURRENCIES.values()))
        return SaidUnit(*words, ("per_100",))
    return asker.some(_UNITS.get(measure.unit, ()))


def unit_words(asker: Asker, unit: SaidUnit) -> str:
    """The unit at the end of a question."""
    if asker.chinese:
        return asker.any(
            [f"（{unit.chinese}）", f"，单位{unit.chinese}", f"（单位：{unit.chinese}）", f"，按{unit.chinese}"]
        )
    return asker.any([f" in {unit.english}", f" in {unit.english}", f" ({unit.english})", f", in {unit.english}"])
