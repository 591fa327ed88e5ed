"""Questions for durations, overdue rows and developments over time."""

from __future__ import annotations

from ....parser.form import Aggregated, Called, Compare, Elapsed, Expression, Literally, Windowed
from ..asked import Asked
from ..asker import Asker, select
from ..clauses import all_of, phrase
from ..conditions import late_clause, period_clause, some_clauses
from ..groups import by_time, dimension, grouped, per
from ..totals import total_of
from ..units import UNIT_WORDS


def duration(asker: Asker) -> Asked | None:
    """Time between two dates of a row: its average, by groups, or the rows where it is longest."""
    table = asker.some(asker.tables(lambda t: t.spans))
    span = asker.some(table.spans) if table else None
    if table is None or span is None or not asker.word(span.words):
        return None
    unit = asker.any([span.said_unit, span.said_unit, "day", "h"]) if span.said_unit in ("day", "h", "min") else "day"
    function = {"day": "days_between", "h": "hours_between", "min": "minutes_between"}[unit]
    form = Elapsed(function, asker.column(table, span.start), asker.column(table, span.end))
    words = UNIT_WORDS[unit]
    name = asker.word(span.words)
    named = unit != span.said_unit or asker.chance(0.5)
    suffix = (f"（{words[1]}）" if asker.chinese else f" in {words[0]}") if named else ""
    if asker.chance(0.25) and table.name_columns:
        number = asker.any([1, 2, 3, 5, 7, 10, 14, 30])
        rows = asker.noun(table)
        text = asker.one_of(
            f"{rows} with {name} over {number} {words[0]} | {rows} where the {name} was more than {number} {words[0]}",
            f"{name}超过{number}{words[1]}的{rows}",
        )
        return Asked(
            text,
            select(
                *asker.names(table),
                where=Compare(">", form, Literally(str(number), True, unit)),
            ),
        )
    aggregate_ = asker.any(["avg", "avg", "avg", "max", "min"])
    word = asker.one_of(
        {"avg": "average | mean", "max": "longest | maximum", "min": "shortest | minimum"}[aggregate_],
        {"avg": "平均", "max": "最长", "min": "最短"}[aggregate_],
    )
    value = Aggregated(aggregate_, form)  # type: ignore[arg-type]
    dim = dimension(asker, table) if asker.chance(0.4) else None
    clauses = some_clauses(asker, table, 1) if dim is None else ()
    text = f"{word}{name}" if asker.chinese else f"{word} {name}"
    if dim:
        return Asked(grouped(asker, text, dim) + suffix, select(*dim.shown, value, group=dim.group))
    if clauses:
        said = phrase(asker, table, clauses)
        text = f"{said}的{text}" if asker.chinese else f"{text} of {said}"
    return Asked(text + suffix, select(value, where=all_of(*clauses)))


def late_rows(asker: Asker) -> Asked | None:
    table = asker.some(asker.tables(lambda t: t.lates))
    clause = late_clause(asker, table) if table else None
    if table is None or clause is None:
        return None
    said = phrase(asker, table, (clause,))
    if asker.chance(0.5) or not (table.name_columns or table.key):
        text = asker.one_of(
            f"how many {said} are there | number of {said} | how many {asker.noun(table)} are {clause.before}",
            f"有多少{said} | {said}的数量",
        )
        return Asked(text, select(asker.count(table), where=clause.form))
    text = asker.one_of(
        f"{said} | which {asker.noun(table)} are {clause.before} | list {said}",
        f"{said} | 哪些{asker.noun(table)}{clause.before}",
    )
    return Asked(text, select(*asker.names(table), where=clause.form))


def over_time(asker: Asker) -> Asked | None:
    """Running totals, change and growth from one period to the next, and shares of a total."""
    table = asker.some(asker.tables())
    total = total_of(asker, table, "sum") if table else None
    if table is None or total is None:
        return None
    said = total.said.removeprefix("how many ").removeprefix("total ")
    if asker.chance(0.4):
        dim = dimension(asker, table, time=False)
        if dim is None:
            return None
        form: Expression = Windowed("portion", total.form)
        percent = asker.chance(0.5)
        form = Called("times_100", form) if percent else form
        text = asker.one_of(
            f"{'percentage' if percent else 'share'} of {said} {per(asker, dim.said)} | {'percentage' if percent else 'share'} of total {said} by {dim.said} | each {dim.said}'s {'percentage' if percent else 'share'} of {said}",
            f"各{dim.said}{said}{'占百分比' if percent else '占比'} | 每个{dim.said}占总{said}的{'百分比' if percent else '比例'}",
        )
        return Asked(text, select(*dim.shown, form, group=dim.group))
    dim = by_time(asker, table, sequence=True)
    if dim is None:
        return None
    kind = asker.any(["running", "change", "growth"])
    by = per(asker, dim.said, True)
    english = {
        "running": f"running total of {said} {by} | cumulative {said} {by}",
        "change": f"change in {said} from {dim.said} to {dim.said} | {said} compared with the previous {dim.said} | {dim.said} over {dim.said} change in {said}",
        "growth": f"{dim.said} over {dim.said} growth of {said} | growth rate of {said} {by}",
    }[kind]
    chinese = {
        "running": f"{by}累计{said} | {said}的{by}累计值",
        "change": f"{by}{said}环比变化 | {said}与上一{dim.said}相比的变化",
        "growth": f"{by}{said}环比增长率 | {said}{by}的增长率",
    }[kind]
    items = (*dim.shown, Windowed(kind, total.form))  # type: ignore[arg-type]
    clause = period_clause(asker, table) if asker.chance(0.2) else None
    text = asker.one_of(english, chinese)
    if clause:
        text = f"{clause.before}{text}" if asker.chinese else f"{text} {clause.after}"
    return Asked(text, select(*items, where=clause.form if clause else None, group=dim.group))
