"""What people ask: one function for each kind of question, which gives its query and its words in two languages.

Each takes an `Asker` and returns None where the database has nothing to ask so. Words are templates with the noun
phrases of the concepts; `surface` then varies case, punctuation and spelling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ...parser.form import (
    Aggregated,
    Called,
    ColumnRef,
    Compare,
    Computed,
    Condition,
    Elapsed,
    Expression,
    Filtered,
    IsNull,
    Literally,
    Negated,
    Nested,
    Now,
    Ordering,
    Query,
    Select,
    Share,
    TableRef,
    Windowed,
)
from ..concepts import ColumnConcept, TableConcept
from .asker import Asker, Measure, ascending, descending, select
from .conditions import (
    Clause,
    all_of,
    any_clause,
    category_clause,
    equals,
    flag_clause,
    late_clause,
    missing_clause,
    period_clause,
    phrase,
    place_clause,
    some_clauses,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its query."""

    question: str
    query: Query


@dataclass(frozen=True, slots=True)
class Dimension:
    """What rows are grouped by. `shown` are the outputs that name a group, `group` the grouping expressions."""

    shown: tuple[Expression, ...]
    group: tuple[Expression, ...]
    said: str
    is_time: bool = False


# Groups


def dimension(asker: Asker, table: TableConcept, *, time: bool | None = None) -> Dimension | None:
    """A column, a table referred to, or a period of time."""
    options: list[Callable[[], Dimension | None]] = []
    if time is not True:
        options += [lambda: _by_column(asker, table)] * 3 + [lambda: _by_parent(asker, table)] * 3
        options += [lambda: _by_column_of_parent(asker, table)]
    if time is not False:
        options += [lambda: _by_time(asker, table)] * (3 if time is None else 1)
    for _ in range(4):
        found = asker.any(options)()
        if found:
            return found
    return None


def _by_column(asker: Asker, table: TableConcept) -> Dimension | None:
    column = asker.some(c for c in asker.columns(table, "category", "flag") if not c.missing_share > 0.9)
    if column is None:
        return None
    form = asker.column(table, column.column)
    return Dimension((form,), (form,), asker.word(column.words))


def _by_parent(asker: Asker, table: TableConcept) -> Dimension | None:
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
    inner = _by_column(asker, found[1]) if found else None
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


def _by_time(asker: Asker, table: TableConcept, *, sequence: bool = False) -> Dimension | None:
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
    """Such as 'revenue per month in 2023', 2023年每月的销售额."""
    by = per(asker, dim.said, dim.is_time)
    if asker.chinese:
        if by.startswith("按"):
            return f"{by}统计{where}{what}" if asker.chance(0.6) else f"{where}{what}{by}分布"
        return asker.any([f"{where}{by}的{what}", f"{by}{where}{what}", f"{where}{by}{what}是多少"])
    if by.endswith("ly"):
        return f"{by} {what}{where}"
    return f"{what} {by}{where}" if asker.chance(0.75) else f"{what}{where} {by}"


# Measures over a table or what refers to it


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
    """The total in the stored unit, or in the unit that people use where the question names it."""
    measure = total.measure
    if measure is None or measure.factor == 1 or total.form.function == "count" or asker.chance(0.55):
        return total.form, ""
    scale = {100.0: "per_100", 1000.0: "per_1000", 60.0: "per_60", 3600.0: "per_3600"}.get(float(measure.factor))
    words = {
        "EUR": ("euro", "欧元"),
        "USD": ("dollars", "美元"),
        "CNY": ("yuan", "元"),
        "GBP": ("pounds", "英镑"),
        "min": ("minutes", "分钟"),
        "h": ("hours", "小时"),
        "s": ("seconds", "秒"),
        "kg": ("kg", "公斤"),
        "km": ("km", "公里"),
    }.get(measure.said_unit)
    if scale is None or words is None:
        return total.form, ""
    return Called(scale, total.form), f"（{words[1]}）" if asker.chinese else f" in {words[0]}"


# The kinds of questions


def count_rows(asker: Asker) -> Asked | None:
    table = asker.some(asker.tables())
    if table is None:
        return None
    clauses = some_clauses(asker, table)
    said = phrase(asker, table, clauses)
    text = asker.one_of(
        f"how many {said} are there | how many {said} | number of {said} | count of {said} | how many {said} do we have | count {said} | total number of {said}",
        f"有多少{table.classifier}{said} | 一共有多少{said} | {said}有多少{table.classifier} | {said}的数量 | 统计{said}的数量 | {said}总数",
    )
    return Asked(text, select(asker.count(table), where=all_of(*clauses)))


def list_rows(asker: Asker) -> Asked | None:
    table = asker.some(asker.tables(lambda t: t.name_columns))
    if table is None:
        return None
    clauses = some_clauses(asker, table)
    if not clauses and asker.chance(0.8):
        clause = any_clause(asker, table)
        clauses = (clause,) if clause else ()
    said, outputs = phrase(asker, table, clauses), asker.names(table)
    columns = [
        c
        for c in asker.columns(table, "email", "phone", "category", "date", "money", "number", "code", "text")
        if not c.decoy
    ]
    if columns and asker.chance(0.3):
        extra = asker.rng.sample(columns, min(len(columns), asker.any([1, 1, 2])))
        names = [asker.word(c.words) for c in extra]
        refs = tuple(asker.column(table, c.column) for c in extra)
        if asker.chance(0.4):
            text = asker.one_of(
                f"{' and '.join(names)} of {said} | show the {' and '.join(names)} of all {said} | {', '.join(names)} of {said}",
                f"{said}的{'和'.join(names)} | 查询{said}的{'、'.join(names)}",
            )
            return Asked(text, select(*refs, where=all_of(*clauses)))
        text = asker.one_of(
            f"name and {' and '.join(names)} of {said} | list {said} with their {' and '.join(names)}",
            f"{said}的名称和{'、'.join(names)} | 列出{said}及其{'、'.join(names)}",
        )
        return Asked(text, select(*outputs, *refs, where=all_of(*clauses)))
    text = asker.one_of(
        f"{said} | show {said} | list all {said} | which {said} | {said} | give me all {said} | show me the {said} | all {said} | what are the {said} | list the {said}",
        f"{said} | 列出{said} | 有哪些{said} | 查询所有{said} | {said}有哪些 | 哪些是{said} | 显示{said}",
    )
    if (
        table.is_person
        and asker.chance(0.2)
        and clauses
        and clauses[0].after.startswith("who ")
        and not asker.chinese
        and len(clauses) == 1
    ):
        text = clauses[0].after
    return Asked(text, select(*outputs, where=all_of(*clauses)))


def aggregate(asker: Asker) -> Asked | None:
    table = asker.some(asker.tables(asker.measures))
    total = total_of(asker, table, "sum", "sum", "avg", "avg", "max", "min", "median", counts=False) if table else None
    if table is None or total is None:
        return None
    clauses = some_clauses(asker, table)
    shown, unit = shown_total(asker, total)
    said = phrase(asker, table, clauses)
    if asker.chinese:
        text = (
            asker.any([f"{said}的{total.said}", f"{said}的{total.said}是多少", f"{said}{total.said}{unit}"])
            if clauses or asker.chance(0.5)
            else total.said
        )
        text = text if unit in text else text + unit
    else:
        text = f"{total.said} of {said}" if clauses or asker.chance(0.5) else total.said
        if clauses and all(c.after and not c.before for c in clauses) and asker.chance(0.4):
            text = " ".join([total.said, *(c.after for c in clauses)])
        text = asker.any([text, f"what is the {text}", f"what's the {text}", f"show me the {text}", text]) + unit
    return Asked(text, select(shown, where=all_of(*clauses)))


def count_or_total_by(asker: Asker) -> Asked | None:
    """One or two aggregates per group, in an order or not."""
    table = asker.some(asker.tables())
    total = total_of(asker, table) if table else None
    dim = dimension(asker, table) if table and total else None
    if table is None or total is None or dim is None:
        return None
    shown, unit = shown_total(asker, total)
    clauses, where = _where(asker, table, dim)
    items: tuple[Expression, ...] = (*dim.shown, shown)
    what = total.said
    if asker.chance(0.1) and (other := total_of(asker, table)) and other.form != total.form:
        items, what = (*items, other.form), f"{what}和{other.said}" if asker.chinese else f"{what} and {other.said}"
    text = grouped(asker, what, dim, where) + unit
    if not asker.chinese and not what.startswith("how many") and asker.chance(0.25):
        text = asker.any([f"show the {text}", f"what is the {text}", f"give me {text}"])
    order: tuple[Ordering, ...] = ()
    if asker.chance(0.12):
        order = descending(total.form)
        text += ", highest first" if not asker.chinese else "，从高到低"
    return Asked(text, select(*items, where=all_of(*clauses), group=dim.group, order=order))


def _where(asker: Asker, table: TableConcept, dim: Dimension) -> tuple[tuple[Clause, ...], str]:
    """Conditions said after the group, and their words with a space before."""
    if asker.chance(0.6):
        return (), ""
    clause = (period_clause if asker.chance(0.6) else any_clause)(asker, table)
    if clause is None or (clause.before and not asker.chinese):
        return (), ""
    if asker.chinese:
        return (clause,), clause.before if clause.before.endswith("的") else clause.before + "的"
    return (clause,), f" {clause.after}"


def distribution(asker: Asker) -> Asked | None:
    """Such as 'how many tickets does each agent have': a count with the group as the subject."""
    found = _child_with_parent(asker)
    if found is None:
        return None
    child, parent = found
    key, names = asker.key(parent), asker.names(parent)
    clause = any_clause(asker, child) if asker.chance(0.3) else None
    clauses = (clause,) if clause else ()
    what, one = phrase(asker, child, clauses), asker.noun(parent, one=True)
    text = asker.one_of(
        f"how many {what} does each {one} have | {what} per {one} | number of {what} for each {one}",
        f"每{parent.classifier}{one}有多少{what} | 各{one}的{what}数量",
    )
    return Asked(text, select(*names, asker.count(child), where=all_of(*clauses), group=(key,) if key else names))


def _child_with_parent(asker: Asker) -> tuple[TableConcept, TableConcept] | None:
    pairs = [(t, p) for t in asker.tables() for _, p in asker.joined_parents(t) if p.name_columns and p.rows > 1]
    return asker.some(pairs)


_NUMBERS = {3: ("three", "三"), 5: ("five", "五"), 10: ("ten", "十"), 2: ("two", "两"), 20: ("20", "20"), 7: ("7", "7")}


def _number(asker: Asker, count: int) -> str:
    return str(count) if asker.chance(0.6) else _NUMBERS[count][asker.chinese]


def top_by_total(asker: Asker) -> Asked | None:
    """Such as 'top 5 customers by revenue in 2023', also grouped by a column."""
    table = asker.some(asker.tables())
    total = total_of(asker, table) if table else None
    dim = dimension(asker, table, time=False) if table and total else None
    if table is None or total is None or dim is None:
        return None
    count = asker.any([1, 1, 3, 5, 5, 10, 10, 20, 2, 7])
    clauses, where = _where(asker, table, dim)
    parent = next((p for _, p in asker.joined_parents(table) if asker.names(p) == dim.shown), None)
    many = dim.said if asker.chinese else asker.noun(parent) if parent else _plural(dim.said)
    if not asker.chinese and total.said.startswith("how many"):
        total = replace(total, said=total.said[len("how many ") :])
    low = asker.chance(0.18)
    if count == 1:
        text = asker.one_of(
            f"which {dim.said} has the {'lowest' if low else 'highest'} {total.said}{where} | {dim.said} with the {'least' if low else 'most'} {total.said}{where} | which {dim.said} has the {'fewest' if low else 'most'} {total.said}{where}",
            f"{where}{total.said}{'最少' if low else '最多'}的{dim.said} | 哪个{dim.said}的{where}{total.said}{'最低' if low else '最高'}",
        )
    else:
        n = _number(asker, count)
        text = asker.one_of(
            f"{'bottom' if low else 'top'} {n} {many} by {total.said}{where} | the {n} {many} with the {'lowest' if low else 'highest'} {total.said}{where} | which {n} {many} have the {'least' if low else 'most'} {total.said}{where}",
            f"{where}{total.said}{'最低' if low else '最高'}的{count if asker.chance(0.6) else n}个{many} | {where}{total.said}{'倒数' if low else '前'}{n}的{many} | {total.said}{'最少' if low else '最多'}的{n}个{many}",
        )
        if asker.chinese and where and where not in text:
            text = where + text
    items = (*dim.shown, total.form) if asker.chance(0.3) else dim.shown
    if items != dim.shown:
        text += (
            asker.one_of(" and the amount", "以及数值")
            if asker.chance(0.5)
            else asker.one_of(" with the number", "和对应数值")
        )
    order = ascending(total.form) if low else descending(total.form)
    return Asked(text, select(*items, where=all_of(*clauses), group=dim.group, order=order, limit=count))


def _plural(said: str) -> str:
    from ..wording.english import plural

    return plural(said)


def top_rows(asker: Asker) -> Asked | None:
    """Such as 'the 5 most expensive products', "newest bookmark", "oldest employee": rows by a column of their own."""
    table = asker.some(asker.tables(lambda t: t.name_columns))
    if table is None:
        return None
    clauses = some_clauses(asker, table, 1)
    count = asker.any([1, 1, 1, 3, 5, 10, 2])
    said = phrase(asker, table, clauses, one=count == 1)
    n = _number(asker, count) if count > 1 else ""
    if asker.chance(0.4) and (asked := _by_date(asker, table, clauses, count, n, said)):
        return asked
    measure = asker.some(asker.measures(table))
    if measure is None:
        return None
    name, low = asker.word(measure.words), asker.chance(0.3)
    skip = 1 if count == 1 and asker.chance(0.12) else 0
    second = asker.one_of("second ", "第二") if skip else ""
    if asker.chinese:
        text = f"{name}{second}{'最低' if low else '最高'}的{f'{n}{table.classifier}' if n else ''}{said}"
        text = asker.any([text, f"{text}是哪个" if count == 1 else f"{text}有哪些"])
    else:
        word = asker.any(["lowest", "smallest"] if low else ["highest", "largest", "biggest"])
        text = asker.any(
            [
                f"{said} with the {second}{word} {name}",
                f"which {said} has the {second}{word} {name}"
                if count == 1
                else f"which {n} {said} have the {word} {name}",
                f"top {n} {said} by {name}"
                if count > 1 and not low
                else f"{n} {said} with the {second}{word} {name}".strip(),
            ]
        )
        if count > 1 and n not in text:
            text = f"the {n} {text}"
    order = ascending(measure.form) if low else descending(measure.form)
    query = select(
        *asker.names(table),
        where=_present(all_of(*clauses), measure.form, low, table),
        order=order,
        limit=count,
        skip=skip,
    )
    return Asked(text, query)


def _present(where: Condition | None, value: Expression, low: bool, table: TableConcept) -> Condition | None:
    """The smallest value is not a missing one: a NULL would come first."""
    from ...parser.form import Joined

    if not low or not isinstance(value, ColumnRef) or not table.column(value.column).missing:
        return where
    present = Negated(IsNull(value))
    return (
        present
        if where is None
        else Joined(
            "and", (*(where.parts if isinstance(where, Joined) and where.operator == "and" else (where,)), present)
        )
    )


def _by_date(
    asker: Asker, table: TableConcept, clauses: tuple[Clause, ...], count: int, n: str, said: str
) -> Asked | None:
    columns = [c for c in table.columns if c.role == "date" and not c.decoy and asker.spoken(c)]
    column = asker.some(columns)
    if column is None:
        return None
    form = asker.column(table, column.column)
    birth = any("birth" in w for w in column.words.english)
    low = asker.chance(0.4)
    if birth:
        english, chinese = ("oldest", "年龄最大") if low else ("youngest", "最年轻")
    elif column.column == table.event_column:
        english, chinese = (
            ("oldest | first | earliest", "最早") if low else ("newest | latest | most recent | last", "最新 | 最近")
        )
    else:
        name = asker.word(column.words)
        english, chinese = (f"earliest {name}", f"{name}最早") if low else (f"latest {name}", f"{name}最晚")
    word = asker.one_of(english, chinese)
    if asker.chinese:
        text = f"{word}的{f'{n}{table.classifier}' if n else ''}{said}"
        if birth and count == 1:
            text = asker.any([text, f"谁是{text}"])
    elif birth or column.column == table.event_column:
        text = asker.any(
            [
                f"{word} {n} {said}",
                f"the {word} {n} {said}",
                f"the {n} {word} {said}",
                f"which are the {n} {word} {said}" if n else f"which is the {word} {said}",
            ]
        )
        if birth and count == 1:
            text = asker.any([text, f"who is the {word} {said}"])
        text = " ".join(text.split())
    else:
        text = f"{n} {said} with the {word}".strip()
    query = select(
        *asker.names(table),
        where=_present(all_of(*clauses), form, low, table),
        order=(Ordering(form, not low),),
        limit=count,
    )
    return Asked(text, query)


def share_of(asker: Asker) -> Asked | None:
    """A share or percentage of rows, whole or per group."""
    table = asker.some(asker.tables())
    if table is None:
        return None
    maker = asker.rng.choices(
        [category_clause, flag_clause, missing_clause, place_clause, late_clause], (4, 3, 1.5, 1, 0.5)
    )[0]
    clause = maker(asker, table)
    if clause is None:
        return None
    rows = asker.noun(table)
    said = phrase(asker, table, (clause,))
    percent = asker.chance(0.5)
    form: Expression = Share(clause.form)
    if percent:
        form = Called("times_100", form)
    outer = period_clause(asker, table) if asker.chance(0.25) else None
    where, after = (outer.form, outer.before if asker.chinese else f" {outer.after}") if outer else (None, "")
    dim = dimension(asker, table) if asker.chance(0.35) else None
    if asker.chinese:
        word = asker.any(["百分比", "占百分之多少"]) if percent else asker.any(["占比", "比例"])
        head = f"{after}的" if after and not after.endswith("的") else after
        text = (
            f"{head}{said}{word}"
            if word.startswith("占百")
            else asker.any([f"{head}{said}的{word}", f"{head}{rows}中{said}的{word}"])
        )
        if dim:
            text = f"{per(asker, dim.said)}的{text}"
    else:
        word = (
            asker.any(["percentage", "percent"]) if percent else asker.any(["share", "proportion", "fraction", "share"])
        )
        if clause.before:
            text = asker.any(
                [
                    f"{word} of {said}",
                    f"{word} of {rows} that are {clause.before}",
                    f"what {word} of {rows} is {clause.before}",
                    f"what {word} of {rows} are {clause.before}",
                ]
            )
        else:
            text = asker.any(
                [
                    f"{word} of {said}",
                    f"what {word} of {rows} {_verb(clause.after)}",
                    f"{word} of {rows} {clause.after}",
                ]
            )
        text += after
        if dim:
            text = grouped(asker, text, dim)
    items = (*dim.shown, form) if dim else (form,)
    group = dim.group if dim else ()
    query = (
        select(*items, where=where, group=group)
        if dim
        else replace(select(*items, where=where), tables=(TableRef(table.table),))
    )
    return Asked(text, _needed(query))


def _needed(query: Select) -> Select:
    """Without tables that the columns in use name anyway."""
    from ...parser.walk import columns_of

    used = {c.table for c in columns_of(query)}
    return replace(query, tables=tuple(t for t in query.tables if t not in used))


def _verb(after: str) -> str:
    for start, verb in (
        ("with no ", "have no "),
        ("without ", "have no "),
        ("with ", "have "),
        ("in ", "are in "),
        ("from ", "are from "),
        ("missing ", "lack "),
        ("that ", ""),
        ("who ", ""),
    ):
        if after.startswith(start):
            return verb + after[len(start) :]
    return f"are {after}"


def rate_by_value(asker: Asker) -> Asked | None:
    """Such as 'cancellation rate', "share of revenue from vip customers": a part of a sum."""
    table = asker.some(asker.tables(lambda t: asker.measures(t, additive=True)))
    measure = asker.some(asker.measures(table, additive=True)) if table else None
    clause = any_clause(asker, table) if table and measure else None
    if table is None or measure is None or clause is None:
        return None
    name, said = asker.word(measure.words), phrase(asker, table, (clause,))
    whole = Aggregated("sum", measure.form)
    form: Expression = Computed("ratio", Filtered(clause.form, whole), whole)
    percent = asker.chance(0.5)
    if percent:
        form = Called("times_100", form)
    text = asker.one_of(
        f"{'percentage' if percent else 'share'} of {name} from {said} | what {'percentage' if percent else 'share'} of the {name} comes from {said}",
        f"{said}的{name}占总{name}的{'百分比' if percent else '比例'} | {said}{name}{'占百分之多少' if percent else '占比'}",
    )
    return Asked(text, select(form))


def without_rows(asker: Asker) -> Asked | None:
    """Anti-join: parents without any child, or without one for which a condition holds."""
    found = asker.some(
        (t, c, p) for t in asker.tables() for c, p in asker.joined_parents(t) if p.name_columns and asker.key(p)
    )
    if found is None:
        return None
    child, column, parent = found
    clause = None
    if asker.chance(0.45):
        clause = (period_clause if asker.chance(0.6) else any_clause)(asker, child)
    inner = select(
        asker.column(child, column.column),
        where=_and_present(clause.form if clause else None, asker.column(child, column.column), column),
    )
    key = asker.column(parent, column.ref_column or parent.key[0])
    missing: Condition = Negated(Compare("in", key, Nested(inner)))
    own = any_clause(asker, parent) if asker.chance(0.15) else None
    parents, what = phrase(asker, parent, (own,) if own else ()), phrase(asker, child, (clause,) if clause else ())
    if asker.chinese:
        text = asker.any([f"没有{what}的{parents}", f"哪些{parents}没有{what}", f"从未有过{what}的{parents}"])
    else:
        plain = [
            f"{parents} without {what}",
            f"{parents} without any {what}",
            f"which {parents} have no {what}",
            f"{parents} that have no {what}",
            f"{parents} with no {what}",
            f"{parents} that have never had any {what}",
        ]
        text = asker.any(plain)
    counting = asker.chance(0.25)
    where = all_of(Clause(missing), *((own,) if own else ()))
    if counting:
        text = asker.one_of(
            f"how many {parents} have no {what} | number of {parents} without {what}",
            f"有多少{parents}没有{what} | 没有{what}的{parents}有多少",
        )
        return Asked(text, select(asker.count(parent), where=where))
    return Asked(text, select(*asker.names(parent), where=where))


def _and_present(where: Condition | None, value: ColumnRef, column: ColumnConcept) -> Condition | None:
    """NOT IN over a list with NULL holds for nothing."""
    from ...parser.form import Joined

    if not column.missing:
        return where
    present = Negated(IsNull(value))
    return (
        present
        if where is None
        else Joined("and", (*(where.parts if isinstance(where, Joined) else (where,)), present))
    )


def with_rows(asker: Asker) -> Asked | None:
    """Semi-join: parents with a child for which a condition holds, or with a number of children."""
    found = asker.some(
        (t, c, p) for t in asker.tables() for c, p in asker.joined_parents(t) if p.name_columns and asker.key(p)
    )
    if found is None:
        return None
    child, column, parent = found
    names, key = asker.names(parent), asker.key(parent)
    assert key is not None
    parents = asker.noun(parent)
    if asker.chance(0.5):
        count = asker.any([1, 2, 2, 3, 3, 5, 5, 10, 20])
        what = asker.noun(child)
        operator, english, chinese = asker.any(
            [
                (">", f"more than {count}", f"超过{count}"),
                (">=", f"at least {count}", f"至少{count}"),
                ("<", f"fewer than {count + 1}", f"少于{count + 1}"),
            ]
        )
        number = count + 1 if operator == "<" else count
        having = Compare(operator, asker.count(child), Literally(str(number), True))  # type: ignore[arg-type]
        text = asker.one_of(
            f"{parents} with {english} {what} | which {parents} have {english} {what} | {parents} that have {english} {what}",
            f"有{chinese}{child.classifier}{what}的{parents} | 哪些{parents}的{what}{chinese}{child.classifier}",
        )
        clause = period_clause(asker, child) if asker.chance(0.25) else None
        if clause:
            text = f"{text}（{clause.before}）" if asker.chinese else f"{text} {clause.after}"
        return Asked(text, select(*names, where=clause.form if clause else None, group=(key,), having=having))
    if asker.chance(0.3) and (measure := asker.some(asker.measures(child, additive=True))):
        threshold = asker.any([100, 500, 1000, 5000, 10000])
        name = asker.word(measure.words)
        having = Compare(
            ">",
            Aggregated("sum", measure.form),
            Literally(str(threshold), True, "money" if measure.unit == "cents" else ""),
        )
        text = asker.one_of(
            f"{parents} with total {name} over {threshold} | which {parents} have more than {threshold} in {name}",
            f"总{name}超过{threshold}的{parents} | 哪些{parents}的{name}合计超过{threshold}",
        )
        return Asked(text, select(*names, group=(key,), having=having))
    clause = any_clause(asker, child)
    if clause is None:
        return None
    what = phrase(asker, child, (clause,))
    if asker.chance(0.3):
        text = asker.one_of(
            f"how many {parents} have {what} | number of {parents} with {what}",
            f"有多少{parents}有{what} | 有{what}的{parents}数量",
        )
        ref = asker.column(child, column.column)
        return Asked(text, select(Aggregated("count", ref, True), where=clause.form))
    text = asker.one_of(
        f"{parents} with {what} | which {parents} have {what} | {parents} that have {what}",
        f"有{what}的{parents} | 哪些{parents}有{what}",
    )
    return Asked(text, select(*names, where=clause.form, distinct=True))


def duration(asker: Asker) -> Asked | None:
    """Time between two dates of a row: its average, by groups, or the rows where it is longest."""
    table = asker.some(asker.tables(lambda t: t.spans))
    span = asker.some(table.spans) if table else None
    if table is None or span is None or not asker.word(span.words):
        return None
    unit = asker.any([span.said_unit, span.said_unit, "day", "h"]) if span.said_unit in ("day", "h", "min") else "day"
    function = {"day": "days_between", "h": "hours_between", "min": "minutes_between"}.get(unit, "days_between")
    form = Elapsed(function, asker.column(table, span.start), asker.column(table, span.end))
    words = {
        "days_between": ("days", "天"),
        "hours_between": ("hours", "小时"),
        "minutes_between": ("minutes", "分钟"),
    }[function]
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


def best_per_group(asker: Asker) -> Asked | None:
    """Such as 'best selling product per category': the first rows of each group."""
    table = asker.some(asker.tables(lambda t: t.name_columns))
    dim = _by_column(asker, table) or _by_parent(asker, table) if table else None
    measure = asker.some(asker.measures(table)) if table and dim else None
    if table is None or dim is None or measure is None:
        return None
    count = asker.any([1, 1, 1, 3, 5])
    name, one = asker.word(measure.words), asker.noun(table, one=count == 1)
    low = asker.chance(0.2)
    head = "" if count == 1 else f"{count} "
    text = asker.one_of(
        f"{one} with the {'lowest' if low else 'highest'} {name} in each {dim.said} | {'bottom' if low else 'top'} {head}{one} by {name} per {dim.said} | for each {dim.said} the {head}{one} with the {'lowest' if low else 'highest'} {name}",
        f"每个{dim.said}中{name}{'最低' if low else '最高'}的{head.strip() + table.classifier if head else ''}{one} | 各{dim.said}{name}{'最低' if low else '最高'}的{head.strip() + table.classifier if head else ''}{one}",
    )
    if count > 1 and str(count) not in text:
        return None
    order = ascending(measure.form) if low else descending(measure.form)
    return Asked(text, select(*dim.shown, *asker.names(table), order=order, limit=count, per=dim.group))


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
    dim = _by_time(asker, table, sequence=True)
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


def split_counts(asker: Asker) -> Asked | None:
    """Such as 'orders and cancelled orders per month': an aggregate beside the same over some rows only."""
    table = asker.some(asker.tables())
    dim = dimension(asker, table) if table else None
    clause = (category_clause if asker.chance(0.6) else flag_clause)(asker, table) if table and dim else None
    if table is None or dim is None or clause is None:
        return None
    rows, said = asker.noun(table), phrase(asker, table, (clause,))
    counted = asker.count(table)
    text = grouped(
        asker,
        f"{rows}数和{said}数"
        if asker.chinese
        else asker.any([f"number of {rows} and of {said}", f"{rows} and {said}"]),
        dim,
    )
    return Asked(text, select(*dim.shown, counted, Filtered(clause.form, counted), group=dim.group))


def average_count(asker: Asker) -> Asked | None:
    """Such as 'average number of orders per customer', "average revenue per customer": a ratio."""
    found = asker.some((t, c, p) for t in asker.tables() for c, p in asker.joined_parents(t))
    if found is None:
        return None
    child, column, parent = found
    distinct = Aggregated("count", asker.column(child, column.column), True)
    one = asker.noun(parent, one=True)
    if asker.chance(0.5) or not (measure := asker.some(asker.measures(child, additive=True))):
        what = asker.noun(child)
        text = asker.one_of(
            f"average number of {what} per {one} | how many {what} does a {one} have on average | {what} per {one} on average",
            f"平均每个{one}有多少{what} | 每个{one}的平均{what}数",
        )
        return Asked(text, select(Computed("ratio", asker.count(child), distinct)))
    name = asker.word(measure.words)
    text = asker.one_of(
        f"average {name} per {one} | {name} per {one} on average", f"平均每个{one}的{name} | 每个{one}的平均{name}"
    )
    return Asked(text, select(Computed("ratio", Aggregated("sum", measure.form), distinct)))


def lookup(asker: Asker) -> Asked | None:
    """A column of one row that is named: "email of Anna Smith", "who is the manager of Tom Fox"."""
    table = asker.some(asker.tables(lambda t: len(t.name_columns) == 1))
    if table is None:
        return None
    name = table.column(table.name_columns[0])
    value = asker.some(name.examples)
    if value is None:
        return None
    where = equals(asker, table, name, value)
    parents = [(c, p) for c, p in asker.parents(table) if p.name_columns]
    itself = [c for c in table.columns if c.role == "reference" and c.ref_table == table.table and asker.spoken(c)]
    if itself and asker.chance(0.5):
        return _boss(asker, table, asker.any(itself), name, value)
    if parents and asker.chance(0.35):
        reference, parent = asker.any(parents)
        if not asker.only_parent(reference, table):
            return None
        said = asker.noun(parent, one=True)
        text = asker.one_of(
            f"{said} of {value} | which {said} does {value} belong to | what is the {said} of {value}",
            f"{value}的{said} | {value}属于哪个{said}",
        )
        return Asked(text, select(*asker.names(parent), where=where))
    column = asker.some(
        asker.columns(table, "email", "phone", "category", "date", "money", "number", "code", "text", "url")
    )
    if column is None or column is name:
        return None
    said = asker.word(column.words)
    text = asker.one_of(
        f"{said} of {value} | what is the {said} of {value} | {value}'s {said} | {value} {said}",
        f"{value}的{said} | {value}的{said}是什么 | 查一下{value}的{said}",
    )
    return Asked(text, select(asker.column(table, column.column), where=where))


def _boss(asker: Asker, table: TableConcept, column: ColumnConcept, name: ColumnConcept, value: str) -> Asked:
    from ...parser.form import On

    one, two = TableRef(table.table), TableRef(table.table, 2)
    said = asker.word(column.words)
    text = asker.one_of(
        f"who is the {said} of {value} | {said} of {value} | what is the {said} of {value}",
        f"{value}的{said}是谁 | {value}的{said}",
    )
    on = On(ColumnRef(one, column.column), ColumnRef(two, column.ref_column or table.key[0]))
    where = Compare("=", ColumnRef(one, name.column), Literally(value))
    return Asked(text, Select((ColumnRef(two, name.column),), on=(on,), where=where))


def distinct_values(asker: Asker) -> Asked | None:
    """Such as 'which cities do customers live in', "how many different countries"."""
    table = asker.some(asker.tables())
    column = asker.some(asker.columns(table, "category", "code")) if table else None
    if table is None or column is None:
        return None
    form, said = asker.column(table, column.column), asker.word(column.words)
    clause = any_clause(asker, table, avoid=column.column) if asker.chance(0.2) else None
    rows = phrase(asker, table, (clause,) if clause else ())
    many = said if asker.chinese else _plural(said)
    where = clause.form if clause else None
    if asker.chance(0.5):
        text = asker.one_of(
            f"how many different {many} are there among {rows} | number of distinct {many} of {rows} | how many different {many} do {rows} have",
            f"{rows}有多少种不同的{said} | {rows}中不同{said}的数量",
        )
        return Asked(text, select(Aggregated("count", form, True), where=where))
    text = asker.one_of(
        f"which {many} do {rows} have | different {many} of {rows} | list the distinct {many} of {rows}",
        f"{rows}有哪些{said} | 列出{rows}的不同{said}",
    )
    return Asked(text, select(form, where=where, distinct=True))


def plain_total(asker: Asker) -> Asked | None:
    """Such as 'revenue in 2023', "sales last month": a sum with only a period."""
    table = asker.some(asker.tables(lambda t: t.event_column and asker.measures(t, additive=True)))
    total = total_of(asker, table, "sum", counts=False) if table else None
    clause = period_clause(asker, table) if table and total else None
    if table is None or total is None or clause is None:
        return None
    shown, unit = shown_total(asker, total)
    text = asker.one_of(
        f"{total.said} {clause.after}{unit} | what was the {total.said} {clause.after}{unit} | how much {total.said} {clause.after}{unit}",
        f"{clause.before}的{total.said}{unit} | {clause.before}{total.said}是多少{unit}",
    )
    return Asked(text, select(shown, where=clause.form))


def peak_period(asker: Asker) -> Asked | None:
    """Such as 'which month had the most orders'."""
    table = asker.some(asker.tables(lambda t: t.event_column))
    total = total_of(asker, table, "sum") if table else None
    dim = _by_time(asker, table) if table and total else None
    if table is None or total is None or dim is None:
        return None
    low = asker.chance(0.2)
    said = total.said.removeprefix("how many ")
    clause = period_clause(asker, table) if asker.chance(0.2) else None
    if asker.chinese:
        text = f"{clause.before if clause else ''}{asker.any([f'哪个{dim.said}', f'哪一{dim.said}'])}的{said}{'最少' if low else '最多'}"
    else:
        text = f"which {dim.said} had the {asker.any(['fewest', 'lowest']) if low else asker.any(['most', 'highest'])} {said}{' ' + clause.after if clause else ''}"
    order = ascending(total.form) if low else descending(total.form)
    return Asked(text, select(*dim.shown, where=clause.form if clause else None, group=dim.group, order=order, limit=1))


def above_average(asker: Asker) -> Asked | None:
    table = asker.some(asker.tables(lambda t: t.name_columns))
    measure = asker.some(asker.measures(table)) if table else None
    if table is None or measure is None:
        return None
    name, rows, under = asker.word(measure.words), asker.noun(table), asker.chance(0.3)
    inner = Nested(select(Aggregated("avg", measure.form)))
    text = asker.one_of(
        f"{rows} with {'below' if under else 'above'} average {name} | which {rows} have {'less' if under else 'more'} than the average {name}",
        f"{name}{'低于' if under else '高于'}平均{asker.any(['值', '水平'])}的{rows}",
    )
    return Asked(text, select(*asker.names(table), where=Compare("<" if under else ">", measure.form, inner)))


def ages(asker: Asker) -> Asked | None:
    """Average age, by groups or not."""
    people = [
        (t, c)
        for t in asker.tables(lambda t: t.is_person)
        for c in t.columns
        if c.role == "date" and any("birth" in w for w in c.words.english)
    ]
    found = asker.some(people)
    if found is None:
        return None
    table, column = found
    age = Elapsed("years_between", asker.column(table, column.column), Now())
    function = asker.any(["avg", "avg", "max", "min"])
    word = asker.one_of(
        {"avg": "average", "max": "highest", "min": "lowest"}[function],
        {"avg": "平均", "max": "最大", "min": "最小"}[function],
    )
    value = Aggregated(function, age)  # type: ignore[arg-type]
    dim = dimension(asker, table, time=False) if asker.chance(0.4) else None
    rows = asker.noun(table)
    text = f"{rows}的{word}年龄" if asker.chinese else f"{word} age of {rows}"
    if dim:
        return Asked(grouped(asker, text, dim), select(*dim.shown, value, group=dim.group))
    clauses = some_clauses(asker, table, 1)
    if clauses:
        text = (
            f"{phrase(asker, table, clauses)}的{word}年龄"
            if asker.chinese
            else f"{word} age of {phrase(asker, table, clauses)}"
        )
    return Asked(text, select(value, where=all_of(*clauses)))


INTENTS: tuple[tuple[Callable[[Asker], Asked | None], float], ...] = (
    (count_rows, 10),
    (list_rows, 11),
    (aggregate, 8),
    (count_or_total_by, 15),
    (distribution, 3),
    (top_by_total, 8),
    (top_rows, 7),
    (share_of, 7),
    (rate_by_value, 1.5),
    (without_rows, 6),
    (with_rows, 5),
    (duration, 3),
    (late_rows, 1.5),
    (best_per_group, 2),
    (over_time, 3),
    (split_counts, 1.2),
    (average_count, 1.5),
    (lookup, 4),
    (distinct_values, 2.5),
    (plain_total, 4),
    (peak_period, 2),
    (above_average, 1),
    (ages, 1),
)
