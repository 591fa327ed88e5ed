"""How a column stores points in time: engine types, ISO text, epochs, years."""

from __future__ import annotations

import re
import time
from itertools import islice

from ...core import DateStorage, Dialect
from ..engines import ENGINES
from .seen import Seen
from .types import NUMBERS, kind_of
from .words import CODE, COUNTED, DATE, DATE_SURE, ID, MEASURE, MONEY, NOT_DATE, PHONE, YEAR, ends, says

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_ISO_TIMESTAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?))?\Z"
)
_COMPACT = re.compile(r"(?:1[89]|20|21)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\Z")
_COMPACT_TIME = re.compile(_COMPACT.pattern.removesuffix(r"\Z") + r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d\Z")
# 1971 to 2100; in seconds a number below 31,536,000 is more likely anything else.
_EPOCHS: tuple[tuple[DateStorage, float], ...] = (("epoch_s", 1.0), ("epoch_ms", 1e3), ("epoch_us", 1e6))
_FIRST_S, _LAST_S = 31_536_000, 4_102_444_800
# Without a name that says so, this many whole numbers are times if all of them lie between 2000 and a year from now.
_SURE_FIRST_S, _SURE_VALUES, _YEAR_S = 946_684_800, 20, 31_557_600
_NO_TIME = NOT_DATE | ID | MONEY | MEASURE | PHONE | CODE | COUNTED | {"version"}
NEVER = ("0", "-1")  # among numbers that are dates: a value that is missing
_VALUES = 300  # distinct values looked at
_YEAR_ALONE = frozenset({"year", "annee", "jahr", "年", "年份", "年度"})
_MOST = 0.95  # of them must agree


def date_storage(words: tuple[str, ...], declared: str, seen: Seen, dialect: Dialect) -> DateStorage:
    """How dates are stored; empty for a column of no dates, or of dates in a form that is not known here."""
    values = [v for v in islice(seen.counts, _VALUES) if not v.startswith("0000-00-00")]
    if not values:
        return _declared(words, declared, dialect)
    if ENGINES[dialect].has_year_type and declared.casefold().startswith("year"):
        return "year"
    if seen.kind in ("date", "timestamp") and (ENGINES[dialect].has_date_types or not _is_text(values)):
        return "date" if seen.kind == "date" else "timestamp"
    if seen.kind in ("integer", "real"):
        return _of_numbers(words, seen, values)
    if seen.kind not in ("text", "date", "timestamp"):
        return ""
    dates = sum(bool(_ISO_DATE.match(v)) for v in values)
    stamps = sum(bool(_ISO_TIMESTAMP.match(v)) for v in values)
    if dates + stamps >= _MOST * len(values):
        return "iso_timestamp" if stamps else "iso_date"
    if all(_COMPACT.match(v) for v in values) and says(words, DATE):
        return "yyyymmdd"
    if all(_COMPACT_TIME.match(v) for v in values) and _may_be_time(words, values):
        return "yyyymmddhhmmss"
    if ends(words, YEAR) and all(v.isdigit() and len(v) == 4 for v in values):
        return "year"
    return ""


def _is_text(values: list[str]) -> bool:
    return any("-" in v[1:] for v in values)


def _declared(words: tuple[str, ...], declared: str, dialect: Dialect) -> DateStorage:
    """Without values: what the type says, in SQLite as the text that such columns usually hold."""
    kind = kind_of(declared)
    if declared.casefold().startswith("year") or ends(words, _YEAR_ALONE):
        return "year"
    if kind == "date":
        return "date" if ENGINES[dialect].has_date_types else "iso_date"
    if kind == "timestamp":
        return "timestamp" if ENGINES[dialect].has_date_types else "iso_timestamp"
    if kind in NUMBERS and ends(words, YEAR) and not says(words, NOT_DATE):
        return "year"
    if kind in ("text", "") and ends(words, DATE_SURE):
        return "iso_timestamp" if words[-1] in ("at", "timestamp", "datetime") else "iso_date"
    return "epoch_s" if kind == "integer" and ends(words, DATE_SURE) else ""


def _of_numbers(words: tuple[str, ...], seen: Seen, values: list[str]) -> DateStorage:
    named, year = says(words, DATE) and not says(words, NOT_DATE), says(words, YEAR)
    numbers = [n for n in seen.numbers() if n > 0]  # NEVER is left out
    values = [v for v in values if v not in NEVER]
    if not numbers:
        return ""
    low, high = min(numbers), max(numbers)
    if year and low >= 1000 and high <= 2200 and all(n.is_integer() for n in numbers):
        return "year"
    if named and all(_COMPACT.match(v) for v in values):
        return "yyyymmdd"
    if all(_COMPACT_TIME.match(v) for v in values) and _may_be_time(words, values):
        return "yyyymmddhhmmss"
    if named:
        return _epoch(low, high, _FIRST_S, _LAST_S)
    if not _may_be_time(words, values) or not all(n.is_integer() for n in numbers):
        return ""
    return _epoch(low, high, _SURE_FIRST_S, time.time() + _YEAR_S)


def _may_be_time(words: tuple[str, ...], values: list[str]) -> bool:
    """Whether the name says so, or says nothing against it and there are many values."""
    if says(words, DATE) and not says(words, NOT_DATE):
        return True
    return len(values) >= _SURE_VALUES and not says(words, _NO_TIME)


def _epoch(low: float, high: float, first_s: float, last_s: float) -> DateStorage:
    for storage, per_second in _EPOCHS:
        if first_s * per_second <= low and high <= last_s * per_second:
            return storage
    return ""
