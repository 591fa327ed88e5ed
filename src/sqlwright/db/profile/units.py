"""The unit of a number, from its name, its comment and its range."""

from __future__ import annotations

import re
from itertools import pairwise

from ...core import Column
from ...core.fold import identifier_words
from .seen import Seen
from .words import CENTS, DISTANCE, MINOR, MONEY, MONEY_TOTAL, TIME_SPAN, WEIGHT, name_words, says

# Words that mean the unit wherever they end a name.
_PLAIN = {
    unit: frozenset(words.split())
    for unit, words in {
        "us": "us usec micros microsecond microseconds 微秒",
        "ms": "ms msec msecs millis milli millisecond milliseconds millisekunden 毫秒",
        "s": "sec secs second seconds seconde secondes sekunde sekunden segundos 秒",
        "min": "mins minute minutes minuten minutos 分钟",
        "h": "hr hrs hour hours heure heures stunde stunden horas 小时",
        "day": "days jours tage dias 天数",
        "week": "weeks semaines wochen",
        "month": "months mois monate 月数 个月",
        "kg": "kg kgs kilo kilos kilogram kilograms 公斤 千克",
        "g": "gram grams gramme grammes gramm 克",
        "lb": "lb lbs pounds",
        "km": "km kms kilometer kilometers kilometre kilometres 公里 千米",
        "m": "meter meters metre metres 米",
        "cm": "cm centimeter centimeters centimetre 厘米",
        "mm": "mm millimeter millimeters 毫米",
        "mile": "mile miles",
        "ft": "ft feet foot",
        "bytes": "byte bytes octets 字节",
        "kb": "kb kib kilobytes",
        "mb": "mb mib megabytes",
        "gb": "gb gib gigabytes",
        "percent": "percent percentage pct prozent pourcentage 百分比 百分率",
        "thousands": "thousand thousands",
        "millions": "million millions",
        "billions": "billion billions",
    }.items()
}
# Short words that mean the unit only behind a quantity: salary_min is not minutes.
_BEHIND = {
    "min": ("min", TIME_SPAN),
    "s": ("s", TIME_SPAN),
    "h": ("h", TIME_SPAN),
    "d": ("day", TIME_SPAN),
    "day": ("day", TIME_SPAN),
    "week": ("week", TIME_SPAN),
    "month": ("month", TIME_SPAN),
    "g": ("g", WEIGHT),
    "t": ("t", WEIGHT),
    "m": ("m", DISTANCE),
    "k": ("thousands", MONEY | MONEY_TOTAL),
}
_SHARE = frozenset(
    """
    percent percentage pct rate ratio share discount remise rabatt taux quote anteil 率 折扣 比例 占比 百分比
    """.split()
)
_PERCENT = frozenset(
    """
    discount tax vat interest conversion growth success churn remise rabatt taux 税率 折扣 比例 占比
    """.split()
)
_MINOR = re.compile(
    r"单位\s*[:：]?\s*分(?!钟)|[(（]\s*分\s*[)）]|\bin (?:euro ?)?cents?\b|[(（]cents?[)）]|\A\s*cents?\b",
    re.IGNORECASE,
)
_IN_COMMENT = re.compile(
    r"(?:\b(?:in|unit:?|en|einheit:?)\s+|[(（\[]\s*|单位\s*[:：]?\s*)([A-Za-z]+|[\u3400-\u9fff]+)", re.IGNORECASE
)


def unit_of(column: Column, seen: Seen) -> str:
    """One of the units of `ColumnProfile.unit`, "" where nothing tells."""
    words = name_words(column.name)
    return _of_name(words) or _of_comment(column.comment) or _of_range(words, seen)


def _of_name(words: tuple[str, ...]) -> str:
    if len(words) > 1 and (says(words, CENTS) or (says(words, MINOR) and says(words, MONEY))):
        return "cents"
    for before, word in zip(("", *words), words, strict=False):
        if word in _BEHIND and before and says(words[: words.index(word)], _BEHIND[word][1]):
            return _BEHIND[word][0]
    last = words[-1] if words else ""
    squared = words[-2] + last if len(words) > 1 and last in ("2", "3") else ""
    if squared in ("km2", "m2", "m3"):
        return squared
    for unit, names in _PLAIN.items():
        if last in names or any(len(n) > 1 and not n.isascii() and last.endswith(n) for n in names):
            return unit if len(words) > 1 or unit not in ("day", "week", "month", "ft", "mb", "us") else ""
    for word, following in pairwise(words):
        # Weight (kg) max, Population in millions 2010
        if following.isdigit() or word in ("in", "per"):
            unit = next((u for u, names in _PLAIN.items() if (word if following.isdigit() else following) in names), "")
            if unit and word != "per":
                return unit
    return ""


def _of_comment(comment: str) -> str:
    if _MINOR.search(comment):
        return "cents"
    for match in _IN_COMMENT.finditer(comment):
        word = "".join(identifier_words(match[1])) or match[1]
        if match[1] in ("g", "m", "s", "h", "t", "min"):
            return match[1]
        if unit := next((u for u, names in _PLAIN.items() if word in names), ""):
            return unit
    return ""


def _of_range(words: tuple[str, ...], seen: Seen) -> str:
    """The unit `share` for a rate in [0, 1], `percent` for one in [0, 100]."""
    if not seen.is_number or not says(words, _SHARE):
        return ""
    numbers = seen.numbers()
    if not numbers or min(numbers) < 0:
        return ""
    if max(numbers) <= 1 and any(not n.is_integer() for n in numbers):
        return "share"
    return "percent" if says(words, _PERCENT) and 1 < max(numbers) <= 100 else ""
