"""Dates, periods and durations in the SQL of each engine, by how the column stores them.

Every function takes the SQL of an expression with its `DateStorage`. Epochs count in UTC. Engines differ in what a
truncated date looks like: SQLite and MySQL give text such as 2023-04, the others the first day of the period.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ..core import Column, ColumnProfile, DateStorage, Dialect
from ..core.meaning import FiscalYear
from .period import bounds, month_of_any_year

EPOCH_UNITS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}  # a second
SECONDS = {"days_between": 86_400, "hours_between": 3_600, "minutes_between": 60, "seconds_between": 1}
_STRFTIME = {"year": "%Y", "month": "%m", "week": "%W", "day": "%d", "weekday": "%w", "hour": "%H"}
_SQLITE_PERIODS = {"by_month": "%Y-%m", "by_day": "%Y-%m-%d", "by_hour": "%Y-%m-%d %H:00"}
_MYSQL_PERIODS = {"by_month": "%Y-%m", "by_week": "%x-W%v", "by_day": "%Y-%m-%d", "by_hour": "%Y-%m-%d %H:00"}


@dataclass(frozen=True, slots=True)
class DateSql:
    """An expression and how what it gives is stored."""

    sql: str
    storage: DateStorage


def storage_of(column: Column, profile: ColumnProfile | None, dialect: Dialect) -> DateStorage:
    """As the profile says, else by the declared type."""
    if profile and profile.date_storage:
        return profile.date_storage
    declared = column.type.casefold()
    if dialect == "sqlite" or not any(w in declared for w in ("date", "time")):
        return "iso_timestamp"
    return "timestamp" if "time" in declared else "date"


def day_literal(day: dt.date, storage: DateStorage) -> str:
    """The start of `day` as a constant that compares with values of `storage`."""
    if storage == "year":
        return str(day.year)
    if storage == "yyyymmdd":
        return f"'{day:%Y%m%d}'"  # compares with numbers and with texts on every engine
    if storage == "yyyymmddhhmmss":
        return f"'{day:%Y%m%d}000000'"
    if unit := EPOCH_UNITS.get(storage):
        return str(int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.timezone.utc).timestamp()) * unit)
    return f"'{day.isoformat()}'"


def span(operator: str, date: DateSql, period: str, dialect: Dialect, today: dt.date) -> str:
    """The condition that a date lies within, before, after, since or until a period."""
    month = month_of_any_year(period)
    if month and operator == "within" and date.storage != "year":
        return f"{part('month', date, dialect)} = {month}"
    start, end = bounds(period, today)
    last = end - dt.timedelta(1)
    sql, days = date.sql, date.storage in ("date", "iso_date", "year", "yyyymmdd")
    low, high, final = (day_literal(day, date.storage) for day in (start, end, last))
    if operator == "within":
        if days and low == final:
            return f"{sql} = {low}"
        return (
            f"{sql} >= {low} AND {sql} <= {final}" if date.storage == "year" else f"{sql} >= {low} AND {sql} < {high}"
        )
    if operator in ("before", "since"):
        return f"{sql} {'<' if operator == 'before' else '>='} {low}"
    if date.storage == "year":
        return f"{sql} {'>' if operator == 'after' else '<='} {final}"
    return f"{sql} {'>=' if operator == 'after' else '<'} {high}"


def part(name: str, date: DateSql, dialect: Dialect) -> str:
    """A part of a date as a whole number; the weekday is 0 for Sunday."""
    if date.storage == "year":
        return date.sql if name == "year" else "NULL"
    moment = _moment(date, dialect)
    if dialect == "sqlite":
        if name == "quarter":
            return f"(CAST(strftime('%m', {moment}) AS INTEGER) + 2) / 3"
        return f"CAST(strftime('{_STRFTIME[name]}', {moment}) AS INTEGER)"
    if name == "weekday":
        return f"DAYOFWEEK({moment}) - 1" if dialect == "mysql" else f"EXTRACT(DOW FROM {moment})"
    return f"EXTRACT({name.upper()} FROM {moment})"


def truncated(name: str, date: DateSql, dialect: Dialect) -> str:
    """The quarter, month, week, day or hour that a date lies in."""
    if date.storage == "year":
        return date.sql
    moment = _moment(date, dialect)
    if dialect == "sqlite":
        if name == "by_quarter":
            return f"strftime('%Y', {moment}) || '-Q' || ({part('quarter', date, dialect)})"
        if name == "by_week":
            return f"date({moment}, 'weekday 0', '-6 days')"
        return f"strftime('{_SQLITE_PERIODS[name]}', {moment})"
    if dialect == "mysql":
        if name == "by_quarter":
            return f"CONCAT(EXTRACT(YEAR FROM {moment}), '-Q', EXTRACT(QUARTER FROM {moment}))"
        return f"DATE_FORMAT({moment}, '{_MYSQL_PERIODS[name]}')"
    return f"DATE_TRUNC('{name.removeprefix('by_')}', {moment})"


def comparable(left: DateSql, right: DateSql, dialect: Dialect) -> tuple[str, str] | None:
    """Two dates that are stored in different ways as SQL that compares: as days where one of them is without a time.

    None where they compare as they are stored.
    """
    if left.storage == right.storage or "year" in (left.storage, right.storage):
        return None
    days = any(date.storage in ("date", "iso_date", "yyyymmdd") for date in (left, right))
    return _point(left, dialect, days=days), _point(right, dialect, days=days)


def _point(date: DateSql, dialect: Dialect, *, days: bool) -> str:
    if days and (date.storage == "date" or (date.storage == "iso_date" and dialect == "sqlite")):
        return date.sql
    moment = _moment(date, dialect)
    if dialect == "sqlite":
        return f"{'date' if days else 'datetime'}({moment})"
    return f"CAST({moment} AS DATE)" if days else moment


def fiscal(function: str, date: DateSql, dialect: Dialect, year: FiscalYear) -> str:
    """The `year` or `quarter` of a fiscal calendar as a number, or for `by_quarter` a text such as FY2024-Q1.

    It is that of the calendar for the date moved by the months between the two calendars.
    """
    if date.storage == "year":
        return date.sql
    months = (13 - year.month) % 12 if year.named_after == "end" else 1 - year.month
    moment = _moment(date, dialect)
    if dialect == "sqlite":  # from the first day, since the 31st plus a month is in the month after the next one
        moved = DateSql(f"{moment}, 'start of month', '{months:+d} months'", "iso_date")
    elif dialect == "mysql":
        moved = DateSql(f"DATE_ADD({moment}, INTERVAL {months} MONTH)", "timestamp")
    else:
        moved = DateSql(f"({moment} + INTERVAL '{months} months')", "timestamp")
    if function != "by_quarter":
        return part(function, moved, dialect)
    number, quarter = part("year", moved, dialect), part("quarter", moved, dialect)
    if dialect == "sqlite":
        return f"'FY' || {number} || '-Q' || ({quarter})"
    return f"CONCAT('FY', {number}, '-Q', {quarter})"


def elapsed(function: str, start: DateSql, end: DateSql, dialect: Dialect) -> str:
    """From `start` to `end`: whole years, or days, hours, minutes or seconds with fractions."""
    if "year" in (start.storage, end.storage):
        return f"({_year_of(end, dialect)} - {_year_of(start, dialect)})"
    if function == "years_between":
        return _years(start, end, dialect)
    seconds = SECONDS[function]
    unit = EPOCH_UNITS.get(start.storage)
    if unit and start.storage == end.storage:
        return f"({end.sql} - {start.sql}) / {float(seconds * unit)}"
    a, b = _moment(start, dialect), _moment(end, dialect)
    if dialect == "sqlite":
        days = f"(julianday({b}) - julianday({a}))"
        return days if seconds == 86_400 else f"{days} * {86_400 // seconds}"
    if dialect == "mysql":
        return f"TIMESTAMPDIFF(SECOND, {a}, {b}) / {seconds}.0"
    a, b = f"CAST({a} AS TIMESTAMP)", f"CAST({b} AS TIMESTAMP)"
    if dialect == "duckdb":
        return f"(EPOCH({b}) - EPOCH({a})) / {seconds}.0"
    return f"EXTRACT(EPOCH FROM ({b} - {a})) / {seconds}.0"


def _years(start: DateSql, end: DateSql, dialect: Dialect) -> str:
    a, b = _moment(start, dialect), _moment(end, dialect)
    if dialect == "sqlite":
        return f"CAST(strftime('%Y.%m%d', {b}) - strftime('%Y.%m%d', {a}) AS INTEGER)"
    if dialect == "mysql":
        return f"TIMESTAMPDIFF(YEAR, {a}, {b})"
    if dialect == "duckdb":
        return f"DATE_SUB('year', CAST({a} AS DATE), CAST({b} AS DATE))"
    return f"EXTRACT(YEAR FROM AGE(CAST({b} AS TIMESTAMP), CAST({a} AS TIMESTAMP)))"


def _year_of(date: DateSql, dialect: Dialect) -> str:
    return part("year", date, dialect)


def _moment(date: DateSql, dialect: Dialect) -> str:
    """What the engine's date functions take; in SQLite with a modifier for epochs."""
    sql, unit = date.sql, EPOCH_UNITS.get(date.storage)
    if date.storage in ("yyyymmdd", "yyyymmddhhmmss"):
        return _from_digits(sql, dialect, with_time=date.storage != "yyyymmdd")
    if dialect == "sqlite":
        return f"{sql}{f' / {unit}' if unit and unit > 1 else ''}, 'unixepoch'" if unit else sql
    if unit:
        if dialect == "duckdb":
            return f"MAKE_TIMESTAMP({sql}{f' * {1_000_000 // unit}' if unit < 1_000_000 else ''})"
        divided = f"{sql} / {float(unit)}" if unit > 1 else sql
        return f"TO_TIMESTAMP({divided})" if dialect == "postgres" else f"FROM_UNIXTIME({divided})"
    if date.storage in ("iso_date", "iso_timestamp"):
        kind = "DATETIME" if dialect == "mysql" else "TIMESTAMP"
        return f"CAST({sql} AS {kind})"
    return sql


def _from_digits(sql: str, dialect: Dialect, *, with_time: bool) -> str:
    """The date of a number or text such as 20230401, or the time of one such as 20230401123000."""
    if dialect == "sqlite":
        date, time = (
            f" || '{mark}' || ".join(f"substr({sql}, {at}, {size})" for at, size in places)
            for mark, places in (("-", ((1, 4), (5, 2), (7, 2))), (":", ((9, 2), (11, 2), (13, 2))))
        )
        return f"{date} || ' ' || {time}" if with_time else date
    if dialect == "postgres":
        function, form = ("TO_TIMESTAMP", "YYYYMMDDHH24MISS") if with_time else ("TO_DATE", "YYYYMMDD")
        return f"{function}(CAST({sql} AS TEXT), '{form}')"
    if dialect == "mysql":
        return f"STR_TO_DATE({sql}, '{'%Y%m%d%H%i%s' if with_time else '%Y%m%d'}')"
    digits = f"CAST(TRY_CAST({sql} AS BIGINT) AS VARCHAR)"  # a DOUBLE loses its .0; 0, which means "never", gives NULL
    return f"TRY_STRPTIME({digits}, '{'%Y%m%d%H%M%S' if with_time else '%Y%m%d'}')"
