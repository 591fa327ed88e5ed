"""Questions for the first rows: top n, superlatives, the best of each group."""

from __future__ import annotations

from dataclasses import replace

from ....parser.form import ColumnRef, Condition, Expression, IsNull, Negated, Ordering
from ...concepts import TableConcept
from ...wording.english import plural
from ..asked import Asked
from ..asker import Asker, ascending, descending, select
from ..clauses import Clause, all_of, conjunction, phrase
from ..conditions import period_clause, some_clauses
from ..groups import by_column, by_parent, by_time, dimension, where_words
from ..totals import Total, total_of

_NUMBERS = {3: ("three", "三"), 5: ("five", "五"), 10: ("ten", "十"), 2: ("two", "两"), 20: ("20", "20"), 7: ("7", "7")}


def _number(asker: Asker, count: int) -> str:
    return str(count) if asker.chance(0.6) else _NUMBERS[count][asker.chinese]


def top_by_total(asker: Asker) -> Asked | None:
    """The groups with the largest or smallest amounts: "top 5 customers by revenue in 2023"."""
    table = asker.some(asker.tables())
    total = total_of(asker, table) if table else None
    dim = dimension(asker, table, time=False) if table and total else None
    if table is None or total is None or dim is None:
        return None
    count = asker.any([1, 1, 3, 5, 5, 10, 10, 20, 2, 7])
    clauses, where = where_words(asker, table, dim)
    parent = next((p for _, p in asker.joined_parents(table) if asker.names(p) == dim.shown), None)
    many = dim.said if asker.chinese else asker.noun(parent) if parent else plural(dim.said)
    if not asker.chinese and total.said.startswith("how many"):
        total = replace(total, said=total.said[len("how many ") :])
    low = asker.chance(0.18)
    if count == 1 and not low and parent and parent.is_person and asker.chance(0.4):
        text = _who(asker, total, where)
    elif count == 1:
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


def _who(asker: Asker, total: Total, where: str) -> str:
    """The person with the largest amount: "who placed the most orders"."""
    if total.form.function == "count":
        return asker.one_of(
            f"who has the most {asker.noun(total.table)}{where} | who had the most {asker.noun(total.table)}{where}",
            f"{where}谁的{asker.noun(total.table)}最多 | 谁有最多的{where}{asker.noun(total.table)}",
        )
    money = total.measure is not None and total.measure.role == "money" and total.form.function == "sum"
    if money and asker.chance(0.5):
        return asker.one_of(
            f"who spent the most money{where} | who paid the most{where}", f"{where}谁花的钱最多 | {where}谁付的钱最多"
        )
    return asker.one_of(
        f"who has the highest {total.said}{where} | who had the highest {total.said}{where}",
        f"{where}谁的{total.said}最高",
    )


def top_rows(asker: Asker) -> Asked | None:
    """Rows by a column of their own: "the 5 most expensive products", "newest bookmark", "oldest employee"."""
    table = asker.some(asker.tables(asker.names))
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
        where=_with_value(all_of(*clauses), measure.form, low, table),
        order=order,
        limit=count,
        skip=skip,
    )
    return Asked(text, query)


def _with_value(where: Condition | None, value: Expression, low: bool, table: TableConcept) -> Condition | None:
    """The smallest value is not a missing one: a NULL would come first."""
    if not low or not isinstance(value, ColumnRef) or not table.column(value.column).missing:
        return where
    return conjunction(where, Negated(IsNull(value)))


def _by_date(
    asker: Asker, table: TableConcept, clauses: tuple[Clause, ...], count: int, n: str, said: str
) -> Asked | None:
    columns = [c for c in table.columns if c.role == "date" and not c.decoy and asker.spoken(c)]
    births = [c for c in columns if c.is_birth]
    column = asker.any(births) if births and asker.chance(0.6) else asker.some(columns)
    if column is None:
        return None
    form = asker.column(table, column.column)
    birth = column.is_birth
    low = asker.chance(0.4)
    if birth:
        english, chinese = ("oldest", "年龄最大") if low else ("youngest", "最年轻")
    elif column.column == table.event_column:
        english, chinese = (
            ("oldest | first | earliest", "最早") if low else ("newest | latest | most recent | last", "最新 | 最近")
        )
        event = asker.word(column.event)
        if event and count == 1 and asker.chance(0.35):
            where = _with_value(all_of(*clauses), form, low, table)
            ordered = select(*asker.names(table), where=where, order=(Ordering(form, not low),), limit=1)
            return Asked(_event_extreme(asker, table, event, said, low), ordered)
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
        where=_with_value(all_of(*clauses), form, low, table),
        order=(Ordering(form, not low),),
        limit=count,
    )
    return Asked(text, query)


def _event_extreme(asker: Asker, table: TableConcept, event: str, said: str, low: bool) -> str:
    """The row for which something happened first or last: "who was hired last"."""
    when = asker.any(["first", "earliest"]) if low else asker.any(["last", "most recently"])
    if asker.chinese:
        return (
            f"{'最早' if low else '最近'}{event}的{said}"
            if asker.chance(0.6)
            else f"哪{table.classifier}{said}{event}最{'早' if low else '晚'}"
        )
    who = "who" if table.is_person and asker.chance(0.6) else f"which {said}"
    verb = asker.any(["was ", ""]) if table.is_person else "was "
    return f"{who} {verb}{event} {when}"


def best_per_group(asker: Asker) -> Asked | None:
    """The first rows of each group: "best selling product per category"."""
    table = asker.some(asker.tables(lambda t: t.name_columns))
    dim = by_column(asker, table) or by_parent(asker, table) if table else None
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


def peak_period(asker: Asker) -> Asked | None:
    """The period with the largest or smallest amount: "which month had the most orders"."""
    table = asker.some(asker.tables(lambda t: t.event_column))
    total = total_of(asker, table, "sum") if table else None
    dim = by_time(asker, table) if table and total else None
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
