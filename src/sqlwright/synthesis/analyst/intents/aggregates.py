"""Questions for counts, sums and averages, whole and per group."""

from __future__ import annotations

from ....parser.form import Aggregated, Computed, Elapsed, Expression, Filtered, Now, Ordering
from ...concepts import TableConcept
from ..asked import Asked
from ..asker import Asker, descending, select
from ..clauses import all_of, phrase
from ..conditions import any_clause, category_clause, flag_clause, period_clause, some_clauses
from ..groups import dimension, grouped, where_words
from ..totals import shown_total, total_of


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
    total = total_of(asker, table, "sum", "sum", "sum", "avg", "avg", "max", "min") if table else None
    dim = dimension(asker, table) if table and total else None
    if table is None or total is None or dim is None:
        return None
    shown, unit = shown_total(asker, total)
    clauses, where = where_words(asker, table, dim)
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


def distribution(asker: Asker) -> Asked | None:
    """A count with the group as the subject: "how many tickets does each agent have"."""
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


def split_counts(asker: Asker) -> Asked | None:
    """An aggregate beside the same over some rows only: "orders and cancelled orders per month"."""
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
    """A ratio: "average number of orders per customer", "how much revenue does a customer have on average"."""
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
    # "average revenue per customer" asks for the mean of each customer's rows: see `count_or_total_by`.
    name = asker.word(measure.words)
    text = asker.one_of(
        f"how much {name} does a {one} have on average | total {name} divided by the number of {asker.noun(parent)}",
        f"平均一{parent.classifier}{one}有多少{name} | 总{name}除以{one}数",
    )
    return Asked(text, select(Computed("ratio", Aggregated("sum", measure.form), distinct)))


def plain_total(asker: Asker) -> Asked | None:
    """A sum with only a period: "revenue in 2023", "sales last month"."""
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


def ages(asker: Asker) -> Asked | None:
    """Average age, by groups or not."""
    people = [(t, c) for t in asker.tables(lambda t: t.is_person) for c in t.columns if c.is_birth]
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
