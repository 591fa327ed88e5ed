"""Dates in SQL to the form: parts of a date, the period it lies in, the time between two, and today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from ..core import DateStorage
from .date_sql import EPOCH_UNITS, SECONDS
from .form import Called, Elapsed, Expression, Literally, Now
from .form_error import FormError
from .sql_scope import INTEGERS, REALS, bare, is_type, number_in

if TYPE_CHECKING:
    from .sql_scope import Scope

WHOLE_DAYS = ("date", "iso_date", "year", "yyyymmdd")
_TIMESTAMPS = (exp.DType.TIMESTAMP, exp.DType.DATETIME, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPNTZ)
_PARTS: dict[type[exp.Expr], str] = {
    exp.Year: "year",
    exp.Quarter: "quarter",
    exp.Month: "month",
    exp.Week: "week",
    exp.WeekOfYear: "week",
    exp.Day: "day",
    exp.DayOfMonth: "day",
    exp.Hour: "hour",
}
_UNITS = {
    **{n: n for n in ("year", "quarter", "month", "week", "day", "hour")},
    "dow": "weekday",
    "dayofweek": "weekday",
}
_PART_FORMATS = {"%Y": "year", "%m": "month", "%d": "day", "%H": "hour", "%w": "weekday", "%W": "week"}
_PERIOD_FORMATS = {"%Y-%m": "by_month", "%Y-%m-%d": "by_day", "%Y-%m-%d %H:00": "by_hour", "%G-W%v": "by_week"}
_PREFIXES = {4: "year", 7: "by_month", 10: "by_day"}
_DIFFERENCES = {60: "minutes_between", 3_600: "hours_between", 86_400: "days_between", 1: "seconds_between"}
_NOW = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as the form writes it. `truncated`: SQL takes off its time of day."""

    value: Expression
    storage: DateStorage
    truncated: bool = False

    @property
    def whole_days(self) -> bool:
        return self.truncated or self.storage in WHOLE_DAYS


def is_now(node: exp.Expr) -> bool:
    """Today or this moment, by any name."""
    node = bare(node)
    if isinstance(node, (exp.Date, exp.TsOrDsToDate, exp.TsOrDsToTimestamp)):
        return is_now(node.this)
    if isinstance(node, exp.Cast):
        return is_now(node.this)
    if isinstance(node, exp.Anonymous):
        alone = len(node.expressions) == 1 and node.name.casefold() in ("date", "datetime", "julianday")
        return node.name.casefold() == "now" or (alone and is_now(node.expressions[0]))
    return isinstance(node, _NOW) or (isinstance(node, exp.Literal) and node.is_string and node.name == "now")


def moment(node: exp.Expr, scope: Scope) -> Moment:
    """Raises FormError where SQL reads the stored value otherwise than the column's storage asks for."""
    truncated, unit = False, 0.0
    while True:
        node = bare(node)
        if is_now(node):
            return Moment(Now(), "date")
        inner, cuts, scale = _unwrapped(node)
        if inner is None:
            break
        node, truncated = inner, truncated or cuts
        if scale:
            node, unit = _divided(node, scale)
    value = scope.expression(node)
    if isinstance(value, Literally) and scope.context.knows_today and value.text == scope.context.today.isoformat():
        return Moment(Now(), "date")
    storage = scope.storage(value)
    if unit != EPOCH_UNITS.get(storage, 0):
        raise FormError("epoch", node.sql()[:60])
    return Moment(value, storage, truncated)


def _unwrapped(node: exp.Expr) -> tuple[exp.Expr | None, bool, float]:
    """What a conversion converts, whether it cuts the time of day, and its epoch's units a second (0: no epoch)."""
    if isinstance(node, exp.TsOrDsToTimestamp):
        return node.this, False, 0
    if isinstance(node, (exp.TsOrDsToDate, exp.Date)) and not node.expressions:
        return node.this, True, 0
    if is_type(node, exp.DType.DATE):
        return node.this, True, 0
    if is_type(node, *_TIMESTAMPS):
        return node.this, False, 0
    if isinstance(node, exp.UnixToTime):
        scale = number_in(node.args.get("scale")) or 0
        return node.this, False, 10.0**scale
    if isinstance(node, exp.Anonymous) and node.name.casefold() in ("date", "datetime"):
        modifiers = [e.name for e in node.expressions[1:]]
        if node.expressions and modifiers in ([], ["unixepoch"]):
            return node.expressions[0], node.name.casefold() == "date", float(bool(modifiers))
    return None, False, 0


def _divided(node: exp.Expr, scale: float) -> tuple[exp.Expr, float]:
    """What an epoch is divided by before it is read: x / 1000 counts milliseconds."""
    inner = bare(node)
    if isinstance(inner, (exp.Div, exp.IntDiv, exp.Mul)) and (factor := number_in(bare(inner.expression))):
        return inner.this, scale / factor if isinstance(inner, exp.Mul) else scale * factor
    return node, scale


def date_expression(node: exp.Expr, scope: Scope) -> Expression | None:
    """None for what is not about dates."""
    if is_now(node) and not isinstance(node, exp.Literal):
        return Now()
    return elapsed(node, scope) or part(node, scope) or truncation(node, scope)


def part(node: exp.Expr, scope: Scope) -> Called | None:
    """A part of a date as a number; one that SQL gives as text as well."""
    if is_type(node, *INTEGERS, *REALS):
        inner = bare(node.this)
        return text_part(inner, scope) or (part(inner, scope) if type(inner) in (*_PARTS, exp.Extract) else None)
    if found := text_part(node, scope):
        return found
    name, argument = _named_part(node, scope)
    if not name or argument is None:
        return _quarter(node, scope)
    date = moment(argument, scope)
    if name == "hour" and date.truncated:
        raise FormError("hour_of_day", node.sql()[:60])
    return Called(name, date.value)


def _named_part(node: exp.Expr, scope: Scope) -> tuple[str, exp.Expr | None]:
    if isinstance(node, exp.WeekOfYear) and scope.dialect == "mysql":
        raise FormError("week", node.sql())
    if type(node) in _PARTS:
        if node.args.get("mode"):
            raise FormError("week", node.sql())
        return _PARTS[type(node)], node.this
    if isinstance(node, exp.Extract):
        return _UNITS.get(node.name.casefold(), ""), node.expression
    if isinstance(node, exp.Anonymous) and node.name.casefold() == "date_part" and len(node.expressions) == 2:
        return _UNITS.get(node.expressions[0].name.casefold(), ""), node.expressions[1]
    if isinstance(node, exp.DayOfWeek) and scope.dialect == "duckdb":
        return "weekday", node.this
    first_is_sunday = isinstance(node, exp.Sub) and isinstance(node.this, exp.DayOfWeek) and scope.dialect == "mysql"
    if first_is_sunday and number_in(node.expression) == 1:
        return "weekday", node.this.this
    return "", None


def _quarter(node: exp.Expr, scope: Scope) -> Called | None:
    """SQLite has no quarters: (month + 2) / 3."""
    node = bare(node)
    if not isinstance(node, exp.Div) or number_in(node.expression) != 3 or scope.dialect != "sqlite":
        return None
    months = bare(node.this)
    if not isinstance(months, exp.Add) or number_in(months.expression) != 2:
        return None
    found = part(bare(months.this), scope)
    return Called("quarter", found.argument) if found and found.function == "month" else None


def _formatted(node: exp.Expr) -> tuple[str, exp.Expr] | None:
    """The format of strftime, to_char or date_format, and the date."""
    if isinstance(node, exp.TimeToStr):
        return (node.args["format"].name, node.this) if isinstance(node.args.get("format"), exp.Literal) else None
    if isinstance(node, exp.Anonymous) and node.name.casefold() == "strftime" and len(node.expressions) > 1:
        date = exp.Anonymous(this="datetime", expressions=[e.copy() for e in node.expressions[1:]])
        return node.expressions[0].name, date
    return None


def text_part(node: exp.Expr, scope: Scope) -> Called | None:
    """A part that SQL gives as text: strftime('%Y', x), or the first four characters of an ISO date."""
    node = bare(node)
    if isinstance(node, exp.Substring):
        found = _prefix(node, scope)
        return found if found and found.function == "year" else None
    formatted = _formatted(node)
    name = _PART_FORMATS.get(formatted[0], "") if formatted else ""
    if not formatted or not name or (name == "week" and scope.dialect != "sqlite"):
        return None
    date = moment(formatted[1], scope)
    if name == "hour" and date.truncated:
        raise FormError("hour_of_day", node.sql()[:60])
    return Called(name, date.value)


def _prefix(node: exp.Substring, scope: Scope) -> Called | None:
    length, start = number_in(node.args.get("length")), number_in(node.args.get("start"))
    if start != 1 or length not in _PREFIXES or not isinstance(bare(node.this), exp.Column):
        return None
    value = scope.expression(node.this)
    if not scope.is_date(value) or scope.storage(value) not in ("iso_date", "iso_timestamp"):
        return None
    return Called(_PREFIXES[int(length)], value)


def truncation(node: exp.Expr, scope: Scope) -> Called | None:
    """The period that a date lies in. Engines spell it differently; the form leaves that to the engine."""
    if isinstance(node, (exp.TimestampTrunc, exp.DateTrunc)):
        name = f"by_{node.args['unit'].name.casefold()}"
        if name not in ("by_quarter", "by_month", "by_week", "by_day", "by_hour"):
            raise FormError("date_trunc", node.sql()[:60])
        return _called(name, node.this, scope)
    if isinstance(node, exp.Substring):
        found = _prefix(node, scope)
        return found if found and found.function != "year" else None
    if formatted := _formatted(node):
        name = _PERIOD_FORMATS.get(formatted[0], "")
        if not name:
            raise FormError("date_format", node.sql()[:60])
        return _called(name, formatted[1], scope)
    return _week(node, scope) or _named_quarter(node, scope) or _day(node, scope)


def _called(name: str, node: exp.Expr, scope: Scope) -> Called:
    date = moment(node, scope)
    if name == "by_hour" and date.truncated:
        raise FormError("hour_of_day", node.sql()[:60])
    return Called(name, date.value)


def _day(node: exp.Expr, scope: Scope) -> Called | None:
    cut = isinstance(node, (exp.TsOrDsToDate, exp.Date)) or is_type(node, exp.DType.DATE)
    cut = cut or (isinstance(node, exp.Anonymous) and node.name.casefold() == "date")
    if not cut or _unwrapped(node)[0] is None:
        return None
    date = moment(node, scope)
    return None if isinstance(date.value, (Literally, Now)) else Called("by_day", date.value)


def _week(node: exp.Expr, scope: Scope) -> Called | None:
    """SQLite: date(x, 'weekday 0', '-6 days') is the Monday."""
    if not isinstance(node, exp.Anonymous) or node.name.casefold() != "date" or len(node.expressions) < 3:
        return None
    *before, sunday, back = node.expressions
    if (sunday.name, back.name) != ("weekday 0", "-6 days"):
        return None
    date = exp.Anonymous(this="datetime", expressions=[e.copy() for e in before])
    return Called("by_week", moment(date, scope).value)


def _named_quarter(node: exp.Expr, scope: Scope) -> Called | None:
    """2023-Q4, put together from the year and the quarter."""
    pieces = list(_joined_texts(node)) if isinstance(node, (exp.DPipe, exp.Concat)) else []
    if len(pieces) != 3 or not isinstance(pieces[1], exp.Literal) or pieces[1].name != "-Q":
        return None
    year, quarter = part(pieces[0], scope), part(pieces[2], scope)
    if (
        year
        and quarter
        and (year.function, quarter.function) == ("year", "quarter")
        and year.argument == quarter.argument
    ):
        return Called("by_quarter", year.argument)
    return None


def _joined_texts(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.DPipe):
        yield from _joined_texts(node.left)
        yield bare(node.right)
    elif isinstance(node, exp.Concat):
        yield from (bare(e) for e in node.expressions)
    else:
        yield bare(node)


# Durations


def elapsed(node: exp.Expr, scope: Scope) -> Elapsed | None:
    """Raises FormError for a duration in whole days, hours ... of times of day: the form's have fractions."""
    if isinstance(node, (exp.DateDiff, exp.TimestampDiff)):
        return _difference(node, scope)
    if found := _years(node, scope):
        return found
    if isinstance(node, exp.Mul) and (factor := number_in(node.expression)):
        days = _days(node.this, scope)
        unit = 86_400 / factor if days else 0
        return Elapsed(_DIFFERENCES[int(unit)], *days) if days and unit in _DIFFERENCES else None
    if isinstance(node, exp.Div) and (divisor := number_in(bare(node.expression))):
        return _seconds(node, divisor, scope)
    if days := _days(node, scope):
        return Elapsed("days_between", *days)
    if isinstance(node, exp.Extract) and (ends := _epochs(node, scope)):
        return Elapsed("seconds_between", *ends)
    return _plain_days(node, scope)


def _difference(node: exp.DateDiff | exp.TimestampDiff, scope: Scope) -> Elapsed | None:
    start, end = moment(node.expression, scope), moment(node.this, scope)
    unit = node.args["unit"].name.casefold() if node.args.get("unit") else "day"
    if unit == "year" and isinstance(node, exp.TimestampDiff):
        return Elapsed("years_between", start.value, end.value)
    if unit == "second" and isinstance(node, exp.TimestampDiff):
        return Elapsed("seconds_between", start.value, end.value)
    if unit == "day" and start.storage in WHOLE_DAYS and end.storage in WHOLE_DAYS:
        return Elapsed("days_between", start.value, end.value)
    raise FormError("whole_units", node.sql()[:60])


def _years(node: exp.Expr, scope: Scope) -> Elapsed | None:
    """Whole years: SQLite's difference of %Y.%m%d, DuckDB's date_sub, PostgreSQL's age."""
    difference = bare(node.this) if is_type(node, exp.DType.INT) else None
    if isinstance(difference, exp.Sub):
        sides = [_formatted(bare(s)) for s in (difference.left, difference.right)]
        if all(s and s[0] == "%Y.%m%d" for s in sides):
            end, start = (moment(s[1], scope) for s in sides if s)
            return Elapsed("years_between", start.value, end.value)
    if isinstance(node, exp.Anonymous) and node.name.casefold() == "date_sub" and scope.dialect == "duckdb":
        if len(node.expressions) != 3 or node.expressions[0].name != "year":
            raise FormError("whole_units", node.sql()[:60])
        start, end = (moment(e, scope) for e in node.expressions[1:])
        return Elapsed("years_between", start.value, end.value)
    if isinstance(node, exp.Extract) and node.name.casefold() == "year":
        age = bare(node.expression)
        if isinstance(age, exp.Anonymous) and age.name.casefold() == "age":
            end = moment(age.expressions[0], scope) if len(age.expressions) == 2 else Moment(Now(), "date")
            return Elapsed("years_between", moment(age.expressions[-1], scope).value, end.value)
    return None


def _days(node: exp.Expr, scope: Scope) -> tuple[Expression, Expression] | None:
    """SQLite: julianday(end) - julianday(start)."""
    node = bare(node)
    if not isinstance(node, exp.Sub):
        return None
    found = []
    for side in (bare(node.right), bare(node.left)):
        if not isinstance(side, exp.Anonymous) or side.name.casefold() != "julianday" or not side.expressions:
            return None
        date = exp.Anonymous(this="datetime", expressions=[e.copy() for e in side.expressions])
        found.append(_with_time(moment(date, scope), node))
    return found[0], found[1]


def _with_time(date: Moment, node: exp.Expr) -> Expression:
    if date.truncated and date.storage not in WHOLE_DAYS:
        raise FormError("whole_units", node.sql()[:60])
    return date.value


def _seconds(node: exp.Div, divisor: float, scope: Scope) -> Elapsed | None:
    """A difference of epochs, stored ones or those of an engine's function, divided into days, hours or minutes."""
    if not _divides_exactly(node, scope):
        return None
    seconds = bare(node.this)
    if isinstance(seconds, exp.TimestampDiff):
        found = _difference(seconds, scope)
        ends = (found.start, found.end) if found and found.function == "seconds_between" else None
    else:
        ends = _epochs(node.this, scope)
    if ends:
        return Elapsed(_DIFFERENCES[int(divisor)], *ends) if divisor in _DIFFERENCES else None
    return _stored_epochs(bare(node.this), divisor, scope)


def _divides_exactly(node: exp.Div, scope: Scope) -> bool:
    real = "." in bare(node.expression).name or scope.dialect in ("duckdb", "mysql")
    return real or isinstance(bare(node.this), exp.Extract)


def _epochs(node: exp.Expr, scope: Scope) -> tuple[Expression, Expression] | None:
    """EXTRACT(EPOCH FROM end - start), or EPOCH(end) - EPOCH(start)."""
    node = bare(node)
    if isinstance(node, exp.Extract) and node.name.casefold() == "epoch":
        between = bare(node.expression)
        if isinstance(between, exp.Sub) and not isinstance(between.expression, exp.Interval):
            start, end = moment(between.right, scope), moment(between.left, scope)
            return _with_time(start, node), _with_time(end, node)
    if isinstance(node, exp.Sub) and all(isinstance(bare(s), exp.TimeToUnix) for s in (node.left, node.right)):
        start, end = (moment(bare(s).this, scope) for s in (node.right, node.left))
        return _with_time(start, node), _with_time(end, node)
    return None


def _stored_epochs(node: exp.Expr, divisor: float, scope: Scope) -> Elapsed | None:
    if not isinstance(node, exp.Sub) or not all(isinstance(bare(s), exp.Column) for s in (node.left, node.right)):
        return None
    start, end = scope.expression(node.right), scope.expression(node.left)
    unit = EPOCH_UNITS.get(scope.storage(start))
    if not unit or scope.storage(end) != scope.storage(start):
        return None
    function = next((name for name, seconds in SECONDS.items() if seconds * unit == divisor), "")
    return Elapsed(function, start, end) if function else None


def _plain_days(node: exp.Expr, scope: Scope) -> Elapsed | None:
    """The difference of two columns: of DATEs in days where the engine says so, of years in years."""
    node = bare(node)
    if not isinstance(node, exp.Sub):
        return None
    sides = [bare(s) for s in (node.right, node.left)]
    if not all(isinstance(s, exp.Column) or is_now(s) or is_type(s, exp.DType.DATE) for s in sides):
        return None
    if all(isinstance(s, exp.Column) for s in sides) and not all(
        scope.find(s) for s in sides if isinstance(s, exp.Column)
    ):
        return None
    dates = [moment(s, scope) if is_now(s) or is_type(s, exp.DType.DATE) else _column(s, scope) for s in sides]
    if all(d.storage == "year" for d in dates):
        return Elapsed("years_between", dates[0].value, dates[1].value)
    days = all(d.storage == "date" or is_type(s, exp.DType.DATE) for d, s in zip(dates, sides, strict=True))
    if not days or scope.dialect not in ("postgres", "duckdb") or not all(scope.is_date(d.value) for d in dates):
        return None
    return Elapsed("days_between", *(_with_time(d, node) for d in dates))


def _column(node: exp.Expr, scope: Scope) -> Moment:
    value = scope.expression(node)
    return Moment(value, scope.storage(value))
