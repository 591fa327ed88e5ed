"""Comparisons of dates to the form: SQL's bounds become the period that they enclose.

A single bound is one of a period only where the column is known to hold dates; otherwise it stays a comparison with a
constant, which gives the same rows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from .date_sql import EPOCH_UNITS
from .form import Called, ColumnRef, Compare, CompareOperator, Condition, Expression, Literally, Negated, Now, Span
from .form_error import FormError
from .period import bounds, ending, month_of_any_year, spelled, starting
from .read_dates import Moment, is_now, moment, part, text_part, truncation
from .sql_scope import bare, is_type

if TYPE_CHECKING:
    from .sql_scope import Scope

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?Z?\Z")
_LAST_MOMENT = re.compile(r"(\d{4})-(\d{2})-(\d{2})[ T]23:59:59(?:\.9+)?\Z")
_YYYYMMDD = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_MONTH = re.compile(r"(\d{4})-(\d{2})\Z")
_BACK = re.compile(r"-(\d+) (day|month|year)s?\Z")
_START_OF = re.compile(r"start of (day|month|year)\Z")
_ONE_DAY = dt.timedelta(1)


@dataclass(frozen=True, slots=True)
class Point:
    """A constant that a date is compared with: the start of `day`, or its last moment. `period` is one it starts."""

    day: dt.date
    last_moment: bool = False
    period: str = ""


def compare_date(operator: CompareOperator, left: exp.Expr, right: exp.Expr, scope: Scope) -> Condition | None:
    """None for what is not a date beside a constant, and for comparisons that no period says."""
    left = bare(left)
    if isinstance(left, exp.Column) and not scope.is_date(scope.expression(left)):
        return None
    if found := text_part(left, scope):
        _check_text(found, bare(right), scope)
        return _compare_part(operator, found, right, scope)
    if found := part(left, scope):
        return _compare_part(operator, found, right, scope)
    truncated = truncation(left, scope)
    if truncated and truncated.function != "by_day":
        return _compare_truncated(operator, truncated, bare(right), scope)
    if not truncated and not _is_moment(left):
        return None
    if isinstance(left, exp.Column):
        value = scope.expression(left)
        return _compare_moment(operator, Moment(value, scope.storage(value)), right, scope)
    date = moment(left, scope)
    if isinstance(date.value, (Now, Literally)) or not scope.is_date(date.value):
        return None
    date = Moment(date.value, date.storage, date.truncated or truncated is not None)
    return _compare_moment(operator, date, right, scope, converted=True)


def _is_moment(node: exp.Expr) -> bool:
    return isinstance(node, (exp.Column, exp.UnixToTime, exp.TsOrDsToTimestamp, exp.Cast)) or (
        isinstance(node, exp.Anonymous) and node.name.casefold() == "datetime"
    )


def _check_text(left: Called, right: exp.Expr, scope: Scope) -> None:
    """A text beside a number is never equal to it in SQLite, and texts are in the order of numbers of one width."""
    if not isinstance(right, exp.Literal) or scope.dialect == "mysql":
        return
    width = {"year": 4, "weekday": 1}.get(left.function, 2)
    if not right.is_string or len(right.name) != width:
        raise FormError("text_against_number", right.name)


def _compare_moment(
    operator: CompareOperator, date: Moment, right: exp.Expr, scope: Scope, converted: bool = False
) -> Condition | None:
    """`converted`: SQL has made a date of what is stored."""
    if is_now(right) and operator in ("<", "<=", ">", ">="):
        return Compare(operator, date.value, Now())
    point = point_of(right, "iso_date" if converted else date.storage, scope)
    if point is None:
        return None
    today = scope.context.knows_today and point.day == scope.context.today and not point.period
    if today and not point.last_moment and operator in ("<", "<=", ">", ">=") and not date.truncated:
        return Compare(operator, date.value, Now())
    return _span(operator, date, point)


def _span(operator: CompareOperator, date: Moment, point: Point) -> Span | None:
    after = point.day + _ONE_DAY
    whole = date.whole_days and not point.last_moment
    if operator == "<" and not point.last_moment:
        return Span("before", date.value, point.period or starting(point.day))
    if operator == ">=" and not point.last_moment:
        return Span("since", date.value, point.period or starting(point.day))
    if point.period:
        return None
    if date.storage == "year":
        after = dt.date(point.day.year + 1, 1, 1)
    if operator == "=" and whole:
        return Span("within", date.value, spelled(point.day, after))
    if operator == "<=" and (whole or point.last_moment):
        return Span("until", date.value, ending(after))
    if operator == ">" and (whole or point.last_moment):
        return Span("after", date.value, ending(after))
    return None


def point_of(node: exp.Expr, storage: str, scope: Scope) -> Point | None:
    """None for what is not a constant date as `storage` spells it."""
    node = bare(node)
    if found := _from_now(node, scope):
        return found
    while is_type(node, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.DATETIME, exp.DType.TIMESTAMPTZ) or (
        isinstance(node, (exp.Date, exp.TsOrDsToDate)) and not node.expressions
    ):
        node = bare(node.this)
    if not isinstance(node, exp.Literal):
        return None
    text = node.name
    if unit := EPOCH_UNITS.get(storage):
        return _epoch_point(text, unit) if not node.is_string else None
    if storage == "year":
        return Point(dt.date(int(text), 1, 1)) if re.fullmatch(r"[12]\d{3}", text) else None
    if storage == "yyyymmdd":
        return _point(_YYYYMMDD.match(text))
    if storage == "yyyymmddhhmmss":
        return _point(_YYYYMMDD.match(text[:8])) if text[8:] == "000000" else None
    if not node.is_string:
        return None
    return _point(_DAY.match(text)) or _point(_LAST_MOMENT.match(text), True)


def _point(found: re.Match[str] | None, last_moment: bool = False) -> Point | None:
    try:
        return Point(dt.date(*map(int, found.groups()[:3])), last_moment) if found else None
    except ValueError:
        return None


def _epoch_point(text: str, unit: int) -> Point | None:
    """The day that starts, or whose last second begins, at this epoch."""
    if not text.lstrip("-").isdigit():
        return None
    days, rest = divmod(int(text), 86_400 * unit)
    if not -700_000 < days < 2_900_000 or rest not in (0, 86_399 * unit, 86_400 * unit - 1):
        return None
    return Point(dt.date(1970, 1, 1) + dt.timedelta(days), rest != 0)


def _from_now(node: exp.Expr, scope: Scope) -> Point | None:
    """A day counted from today, as the start of a relative period: date('now', '-30 days')."""
    period = ""
    if isinstance(node, exp.Anonymous) and node.name.casefold() == "date" and len(node.expressions) > 1:
        if is_now(node.expressions[0]):
            period = _by_modifiers([e.name for e in node.expressions[1:]])
    elif isinstance(node, (exp.TimestampTrunc, exp.DateTrunc)) and is_now(node.this):
        period = f"this {node.args['unit'].name.casefold()}"
    elif isinstance(node, (exp.Sub, exp.DateSub)):
        period = _by_interval(node)
    try:
        return Point(bounds(period, scope.context.today)[0], period=period) if period else None
    except ValueError:
        return None


def _by_modifiers(modifiers: list[str]) -> str:
    first = _START_OF.match(modifiers[0])
    back = _BACK.match(modifiers[-1])
    if len(modifiers) == 1 and first:
        return f"this {first[1]}"
    if len(modifiers) == 1 and back:
        return f"last {back[1]} {back[2]}"
    if len(modifiers) == 2 and first and back and back[1] == "1" and first[1] == back[2]:
        return f"last {first[1]}"
    return ""


def _by_interval(node: exp.Sub | exp.DateSub) -> str:
    interval = node.expression if isinstance(node, exp.Sub) else node
    if isinstance(node, exp.Sub) and not isinstance(interval, exp.Interval):
        return ""
    count = bare(interval.this if isinstance(node, exp.Sub) else interval.expression)
    unit = interval.args["unit"].name.casefold().rstrip("s") if interval.args.get("unit") else ""
    if not isinstance(count, exp.Literal) or not count.name.isdigit() or unit not in ("day", "week", "month", "year"):
        return ""
    base = bare(node.this)
    if isinstance(base, exp.CurrentDate) or (isinstance(base, exp.Cast) and is_now(base)):
        return f"last {count.name} {unit}"
    if isinstance(base, exp.TimestampTrunc) and is_now(base.this) and count.name == "1":
        return f"last {unit}" if base.args["unit"].name.casefold() == unit else ""
    return ""


# Parts and truncated dates


def _compare_part(operator: CompareOperator, left: Called, right: exp.Expr, scope: Scope) -> Condition | None:
    """`year(x) = 2023` is a period where x is known to hold dates, else a comparison of the number."""
    right = bare(right)
    if isinstance(right, exp.Literal) and right.name.isdigit():
        number = int(right.name)
        known = scope.is_date(left.argument) and scope.storage(left.argument) != "year"
        if left.function == "year" and known and 1000 <= number <= 2999 and operator != "!=":
            return _span(operator, Moment(left.argument, "year"), Point(dt.date(number, 1, 1)))
        if left.function == "month" and known and operator == "=" and 1 <= number <= 12:
            return Span("within", left.argument, f"--{number:02d}")
        return Compare(operator, left, Literally(str(number), True))
    return None


def _compare_truncated(operator: CompareOperator, left: Called, right: exp.Expr, scope: Scope) -> Condition:
    """`strftime('%Y-%m', x) = '2023-03'`, `date_trunc('month', x) = '2023-03-01'`."""
    day = _start_of_period(left.function, right, scope)
    if day is not None and scope.is_date(left.argument):
        until = _end_of_period(left.function, day)
        if operator == "=":
            return Span("within", left.argument, spelled(day, until))
        if operator == "<":
            return Span("before", left.argument, starting(day))
        if operator == ">=":
            return Span("since", left.argument, starting(day))
        if operator in ("<=", ">"):
            return Span("until" if operator == "<=" else "after", left.argument, ending(until))
        return Negated(Span("within", left.argument, spelled(day, until)))
    if scope.dialect in ("sqlite", "mysql") and isinstance(right, exp.Literal) and right.is_string:
        return Compare(operator, left, Literally(right.name))
    raise FormError("period", left.function)


def _start_of_period(function: str, right: exp.Expr, scope: Scope) -> dt.date | None:
    text = right.name if isinstance(right, exp.Literal) else ""
    if function == "by_month" and (found := _MONTH.match(text)):
        return dt.date(int(found[1]), int(found[2]), 1) if 1 <= int(found[2]) <= 12 else None
    if function == "by_quarter" and re.fullmatch(r"\d{4}-Q[1-4]", text):
        return bounds(text, scope.context.today)[0]
    point = point_of(right, "iso_date", scope)
    if point is None or point.last_moment or point.period:
        return None
    starts = {
        "by_month": point.day.day == 1,
        "by_quarter": point.day.day == 1 and point.day.month % 3 == 1,
        "by_week": point.day.weekday() == 0,
    }
    return point.day if starts.get(function) and scope.dialect in ("postgres", "duckdb") else None


def _end_of_period(function: str, day: dt.date) -> dt.date:
    if function == "by_week":
        return day + dt.timedelta(7)
    months = day.month + (3 if function == "by_quarter" else 1)
    return dt.date(day.year + (months > 12), months - 12 if months > 12 else months, 1)


def between_dates(node: exp.Between, scope: Scope) -> Condition | None:
    """BETWEEN as the two bounds it stands for; None where they are not those of a period."""
    low, high = node.args["low"], node.args["high"]
    since = compare_date(">=", node.this, low, scope)
    until = compare_date("<=", node.this, high, scope)
    if not isinstance(since, Span) or not isinstance(until, Span):
        return None
    merged = merge_spans([since, until], scope)
    return merged[0] if len(merged) == 1 else None


def like_date(value: Expression, pattern: str, scope: Scope) -> Span | None:
    """`x LIKE '2023-03-%'` on ISO dates."""
    found = re.fullmatch(r"(\d{4})(-\d{2})?(-\d{2})?-?%", pattern)
    if not found or not scope.is_date(value) or scope.storage(value) not in ("iso_date", "iso_timestamp"):
        return None
    return Span("within", value, "".join(g or "" for g in found.groups()))


# Bounds that belong together


def merge_spans(parts: Sequence[Condition], scope: Scope) -> list[Condition]:
    """`parts` of a conjunction, with the two bounds of a date as one period."""
    merged: list[Condition] = []
    for condition in parts:
        for i, before in enumerate(merged):
            if joined := _merged(before, condition, scope):
                merged[i] = joined
                break
        else:
            merged.append(condition)
    return merged


def _merged(first: Condition, second: Condition, scope: Scope) -> Condition | None:
    first, second = _as_span(first, scope), _as_span(second, scope)
    if isinstance(first, Span) and isinstance(second, Compare):
        return _year_and_quarter(first, second)
    if not isinstance(first, Span) or not isinstance(second, Span) or first.value != second.value:
        return None
    if first.operator == second.operator == "within":
        return _year_and_month(first, second)
    if first.operator in ("before", "until"):
        first, second = second, first
    if first.operator not in ("since", "after") or second.operator not in ("before", "until"):
        return None
    today = scope.context.today
    low = bounds(first.period, today)[0 if first.operator == "since" else 1]
    high = bounds(second.period, today)[0 if second.operator == "before" else 1]
    if low >= high:
        return None
    for period in (first.period, second.period):
        if bounds(period, today) == (low, high):
            return Span("within", first.value, period)
    return Span("within", first.value, spelled(low, high))


def _as_span(node: Condition, scope: Scope) -> Condition:
    """A single bound of a column that is not known to hold dates: as one of two, it is a date all the same."""
    if not isinstance(node, Compare) or not isinstance(node.right, Literally) or node.right.numeric:
        return node
    point = _point(_DAY.fullmatch(node.right.text)) if len(node.right.text) == 10 else None
    if point is None or node.operator not in ("<", ">=") or scope.storage(node.left) != "iso_timestamp":
        return node
    if not isinstance(node.left, ColumnRef):
        return node
    return Span("before" if node.operator == "<" else "since", node.left, starting(point.day))


def _year_and_month(first: Span, second: Span) -> Span | None:
    """Within 2023, and within March of any year."""
    year, month = (first, second) if month_of_any_year(second.period) else (second, first)
    if not re.fullmatch(r"\d{4}", year.period) or not month_of_any_year(month.period):
        return None
    return Span("within", year.value, f"{year.period}-{month.period[2:]}")


def _year_and_quarter(year: Span, quarter: Compare) -> Span | None:
    if quarter.operator != "=" or quarter.left != Called("quarter", year.value) or year.operator != "within":
        return None
    number = quarter.right.text if isinstance(quarter.right, Literally) else ""
    if not re.fullmatch(r"\d{4}", year.period) or number not in ("1", "2", "3", "4"):
        return None
    return Span("within", year.value, f"{year.period}-Q{number}")
