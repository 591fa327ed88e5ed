"""Stretches of time in a short notation, and the days they begin and end.

Absolute ones follow ISO 8601 where it has a form: `2023`, `2023-Q4`, `2023-H1`, `2023-03`, `2023-W07`, `2023-03-05`,
`1990s`, and `A/B` from the start of A to the end of B. Without a year: `--03` is March of any year, `--03-05` a day of
the current year. Relative ones are English: `today`, `yesterday`, `this month`, `last quarter` (the calendar one
before), `next year`, `last 30 day` (up to today), `next 7 day`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

Bounds = tuple[dt.date, dt.date]
UNITS = ("day", "week", "month", "quarter", "year")

_YEAR = re.compile(r"(\d{4})\Z")
_DECADE = re.compile(r"(\d{3}0)s\Z")
_PART = re.compile(r"(\d{4})-([QHW])(\d{1,2})\Z")
_MONTH = re.compile(r"(\d{4})-(\d{2})\Z")
_DAY = re.compile(r"(\d{4}|-)-(\d{2})-(\d{2})\Z")
_MONTH_OF_ANY_YEAR = re.compile(r"--(\d{2})\Z")
_RELATIVE = re.compile(rf"(this|last|next) (?:(\d+) )?({'|'.join(UNITS)})\Z")
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}


def month_of_any_year(text: str) -> int | None:
    """3 for `--03`, None for every other period."""
    found = _MONTH_OF_ANY_YEAR.match(text)
    return int(found[1]) if found else None


def is_relative(text: str) -> bool:
    """Whether the period depends on today."""
    first = text.split("/", maxsplit=1)[0]
    return first in _DAYS or bool(_RELATIVE.match(first)) or first.startswith("--")


def bounds(text: str, today: dt.date) -> Bounds:
    """The first day, and the day after the last. Raises ValueError for what is not a period.

    March of any year is that of the current year here: see `month_of_any_year`.
    """
    if "/" in text:
        first, _, last = text.partition("/")
        return bounds(first, today)[0], bounds(last, today)[1]
    if text in _DAYS:
        day = today + dt.timedelta(_DAYS[text])
        return day, day + dt.timedelta(1)
    if found := _RELATIVE.match(text):
        return _relative(found[1], int(found[2]) if found[2] else 0, found[3], today)
    return _absolute(text, today)


def _absolute(text: str, today: dt.date) -> Bounds:
    if found := _YEAR.match(text):
        return _months(int(found[1]), 1, 12)
    if found := _DECADE.match(text):
        return _months(int(found[1]), 1, 120)
    if found := _PART.match(text):
        year, kind, number = int(found[1]), found[2], int(found[3])
        if kind == "W":
            start = dt.date.fromisocalendar(year, number, 1)
            return start, start + dt.timedelta(7)
        length, most = (3, 4) if kind == "Q" else (6, 2)
        if not 1 <= number <= most:
            raise ValueError(f"{text!r} is not a period: {kind} is 1 to {most}.")
        return _months(year, 1 + length * (number - 1), length)
    if found := _MONTH.match(text):
        return _months(int(found[1]), int(found[2]), 1)
    if found := _DAY.match(text):
        day = dt.date(today.year if found[1] == "-" else int(found[1]), int(found[2]), int(found[3]))
        return day, day + dt.timedelta(1)
    if month := month_of_any_year(text):
        return _months(today.year, month, 1)
    raise ValueError(f"{text!r} is not a period such as 2023, 2023-Q4, 2023-03, 2023-03-05 or 'last 30 day'.")


def _relative(direction: str, count: int, unit: str, today: dt.date) -> Bounds:
    if count:
        tomorrow = today + dt.timedelta(1)
        if direction == "next":
            return tomorrow, _moved(today, count, unit) + dt.timedelta(1)
        return _moved(today, -count, unit), tomorrow
    start = _start_of(unit, today)
    move = {"this": 0, "last": -1, "next": 1}[direction]
    return _moved(start, move, unit), _moved(start, move + 1, unit)


def _start_of(unit: str, day: dt.date) -> dt.date:
    if unit == "week":
        return day - dt.timedelta(day.weekday())
    if unit == "day":
        return day
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    return day.replace(month=1 + (day.month - 1) // months * months, day=1)


def _moved(day: dt.date, count: int, unit: str) -> dt.date:
    """`count` units later; the last day of the month where it has no such day."""
    if unit in ("day", "week"):
        return day + dt.timedelta(count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = divmod(months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _months(year: int, month: int, count: int) -> Bounds:
    start = dt.date(year, month, 1)
    return start, _moved(start, count, "month")


def spelled(start: dt.date, end: dt.date) -> str:
    """The shortest notation of the days from `start` to the one before `end`: the inverse of `bounds`."""
    if start.month == start.day == end.month == end.day == 1 and end.year - start.year in (1, 10):
        decade = end.year - start.year == 10
        if not decade or start.year % 10 == 0:
            return f"{start.year:04d}s" if decade else f"{start.year:04d}"
    if start.day == end.day == 1:
        months = (end.year - start.year) * 12 + end.month - start.month
        for length, letter in ((6, "H"), (3, "Q")):
            if months == length and (start.month - 1) % length == 0:
                return f"{start.year:04d}-{letter}{(start.month - 1) // length + 1}"
    days = (end - start).days
    if days == 7 and start.weekday() == 0:
        year, week, _ = start.isocalendar()
        return f"{year:04d}-W{week:02d}"
    first, last = starting(start), ending(end)
    if len(first) != len(last):
        first, last = _finer(first, last, start, end - dt.timedelta(1))
    return first if first == last else f"{first}/{last}"


def starting(day: dt.date) -> str:
    """The longest of year, month and day that starts on `day`."""
    if day.day == 1:
        return f"{day.year:04d}" if day.month == 1 else f"{day.year:04d}-{day.month:02d}"
    return day.isoformat()


def ending(end: dt.date) -> str:
    """The longest of year, month and day that ends on the day before `end`."""
    last = end - dt.timedelta(1)
    if end.day == 1:
        return f"{last.year:04d}" if end.month == 1 else f"{last.year:04d}-{last.month:02d}"
    return last.isoformat()


def _finer(first: str, last: str, start: dt.date, final: dt.date) -> tuple[str, str]:
    """Both ends in the finer of their two units."""
    length = max(len(first), len(last))
    return start.isoformat()[:length], final.isoformat()[:length]
