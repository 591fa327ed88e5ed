"""What rows are grouped by: columns, tables they refer to, and periods of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ...parser.form import Called, Expression
from ..concepts import TableConcept
from .asker import Asker
from .clauses import Clause
from .conditions import any_clause, period_clause


@dataclass(frozen=True, slots=True)
class Dimension:
    """What rows are grouped by. `shown` are the outputs that name a group, `group` the grouping expressions."""

    shown: tuple[Expression, ...]
    group: tuple[Expression, ...]
    said: str
    is_time: bool = False


def dimension(asker: Asker, table: TableConcept, *, time: bool | None = None) -> Dimension | None:
    """A column, a table referred to, or a period of time."""
    options: list[Callable[[], Dimension | None]] = []
    if time is not True:
        options += [lambda: by_column(asker, table)] * 3 + [lambda: by_parent(asker, table)] * 3
        options += [lambda: _by_column_of_parent(asker, table)]
    if time is not False:
        options += [lambda: by_time(asker, table)] * (3 if time is None else 1)
    for _ in range(4):
        found = asker.any(options)()
        if found:
            return found
    return None


def by_column(asker: Asker, table: TableConcept) -> Dimension | None:
    column = asker.some(c for c in asker.columns(table, "category", "flag") if not c.missing_share > 0.9)
    if column is None:
        return None
    form = asker.column(table, column.column)
    return Dimension((form,), (form,), asker.word(column.words))


def by_parent(asker: Asker, table: TableConcept) -> Dimension | None:
    found = asker.some((c, p) for c, p in asker.joined_parents(table) if p.name_columns)
    if found is None:
        return None
    column, parent = found
    said = asker.noun(parent, one=True)
    if asker.chance(0.35) and (own := asker.word(column.words)):
        said = own
    names, key = asker.names(parent), asker.key(parent)
    return Dimension(names, (key,) if key else names, said)


def _by_column_of_parent(asker: Asker, table: TableConcept) -> Dimension | None:
    found = asker.some(asker.joined_parents(table))
    inner = by_column(asker, found[1]) if found else None
    if inner is None or found is None:
        return None
    noun = asker.noun(found[1], one=True)
    return replace(
        inner, said=f"{noun}{inner.said}" if asker.chinese else asker.any([f"{noun} {inner.said}", inner.said])
    )


_TIMES = (
    ("by_month", "month", "月", 5),
    ("year", "year", "年", 4),
    ("by_quarter", "quarter", "季度", 2),
    ("by_week", "week", "周", 2),
    ("by_day", "day", "天", 3),
    ("weekday", "weekday | day of the week", "星期几", 1.3),
    ("hour", "hour of the day | hour", "小时", 0.8),
)


def by_time(asker: Asker, table: TableConcept, *, sequence: bool = False) -> Dimension | None:
    column = next((c for c in table.columns if c.column == table.event_column), None)
    if column is None or column.role != "date":
        return None
    times = [t for t in _TIMES if column.date_storage != "year" or t[0] == "year"]
    if sequence:
        times = [t for t in times if t[0] not in ("weekday", "hour")]
    if column.date_storage in ("date", "iso_date"):
        times = [t for t in times if t[0] != "hour"]
    function, english, chinese, _ = asker.rng.choices(times, [t[3] for t in times])[0]
    form = Called(function, asker.column(table, column.column))
    return Dimension((form,), (form,), chinese if asker.chinese else asker.any(english.split(" | ")), True)


def per(asker: Asker, said: str, is_time: bool = False) -> str:
    if asker.chinese:
        return (
            f"每{said}"
            if said in ("月", "年", "季度", "周", "天")
            else asker.any([f"按{said}", f"各{said}", f"每个{said}"])
        )
    if is_time and said in ("month", "year", "quarter", "week", "day") and asker.chance(0.15):
        return {"month": "monthly", "year": "yearly", "quarter": "quarterly", "week": "weekly", "day": "daily"}[said]
    return asker.any(
        [
            f"per {said}",
            f"by {said}",
            f"for each {said}",
            f"per {said}",
            f"by {said}",
            f"in each {said}" if is_time else f"for every {said}",
        ]
    )


def grouped(asker: Asker, what: str, dim: Dimension, where: str = "") -> str:
    """An amount with its groups: "revenue per month in 2023", 2023年每月的销售额."""
    by = per(asker, dim.said, dim.is_time)
    if asker.chinese:
        if by.startswith("按"):
            return f"{by}统计{where}{what}" if asker.chance(0.6) else f"{where}{what}{by}分布"
        return asker.any([f"{where}{by}的{what}", f"{by}{where}{what}", f"{where}{by}{what}是多少"])
    if by.endswith("ly"):
        return f"{by} {what}{where}"
    return f"{what} {by}{where}" if asker.chance(0.75) else f"{what}{where} {by}"


def where_words(asker: Asker, table: TableConcept, dim: Dimension) -> tuple[tuple[Clause, ...], str]:
    """Conditions said after the group, and their words with a space before."""
    if asker.chance(0.6):
        return (), ""
    clause = (period_clause if asker.chance(0.6) else any_clause)(asker, table)
    if clause is None or (clause.before and not asker.chinese):
        return (), ""
    if asker.chinese:
        return (clause,), clause.before if clause.before.endswith("的") else clause.before + "的"
    return (clause,), f" {clause.after}"
