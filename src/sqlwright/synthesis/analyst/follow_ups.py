"""Follow-up questions: what people type after an answer, as a change to the query before.

Each change takes the `Asker` and the query before, and returns None where it does not apply. CHANGES is the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...parser.form import (
    Aggregated,
    ColumnRef,
    Compare,
    Condition,
    Joined,
    Literally,
    Ordering,
    Query,
    Select,
    Share,
    Span,
    Windowed,
)
from ...parser.walk import columns_of
from ..concepts import TableConcept
from .asked import Asked
from .asker import Asker, select
from .clauses import columns_in, conjunction, parts_of
from .conditions import any_clause
from .groups import dimension
from .periods import random_period
from .totals import total_of

Change = Callable[[Asker, Select, TableConcept], Asked | None]
TRIES = 6


def follow_up(asker: Asker, before: Query) -> Asked | None:
    """A short question that changes the query `before`, with the query that it means."""
    if not isinstance(before, Select) or before.source or before.per or before.on or before.having:
        return None
    table = _main_table(asker, before)
    if table is None:
        return None
    for _ in range(TRIES):
        change = asker.rng.choices([c for c, _ in CHANGES], [w for _, w in CHANGES])[0]
        asked = change(asker, before, table)
        if asked and asked.query != before:
            return asked
    return None


def _main_table(asker: Asker, query: Select) -> TableConcept | None:
    """The table whose rows are counted, summed or listed."""
    arguments = [item.argument for item in query.items if isinstance(item, Aggregated)]
    columns = [a for a in arguments if isinstance(a, ColumnRef)] + list(columns_of(query))
    names = [c.table.table for c in columns] + [t.table for t in query.tables]
    return next((t for name in names for t in asker.concepts if t.table == name), None)


def _is_list(query: Select) -> bool:
    """Rows, not groups or amounts."""
    return not query.group and all(isinstance(item, ColumnRef) for item in query.items)


def _total(query: Select) -> Aggregated | None:
    """The one aggregate of a query that only shows groups beside it."""
    found = [item for item in query.items if isinstance(item, Aggregated)]
    odd = [item for item in query.items if isinstance(item, (Share, Windowed))]
    return found[0] if len(found) == 1 and not odd else None


def _narrowed(asker: Asker, before: Select, table: TableConcept) -> Asked | None:
    clause = any_clause(asker, table)
    used = set(columns_in(before.where)) if before.where else set()
    if (
        clause is None
        or used & set(columns_in(clause.form))
        or (isinstance(before.where, Joined) and before.where.operator == "or")
    ):
        return None
    if asker.chinese:
        said = clause.before.removesuffix("的")
        text = asker.any(
            [
                f"只看{said}的",
                f"其中{said}的呢",
                f"只要{said}的",
                f"{said}的有哪些" if _is_list(before) else f"{said}的呢",
            ]
        )
    elif clause.before:
        text = asker.any(
            [
                f"only {clause.before} ones",
                f"just the {clause.before} ones",
                f"only the {clause.before}",
                f"{clause.before} only",
                f"and of those the {clause.before} ones",
            ]
        )
    else:
        verb = clause.after.removeprefix("that ").removeprefix("who ")
        text = asker.any(
            [
                f"only those {clause.after}",
                f"just those {clause.after}",
                clause.after,
                f"only {clause.after}",
                f"which of them {verb}" if verb != clause.after else f"of these, only {clause.after}",
            ]
        )
    return Asked(text, replace(before, where=conjunction(before.where, clause.form)))


def _swapped(asker: Asker, before: Select, table: TableConcept) -> Asked | None:
    """Another value or another period in place of the one before."""
    parts = parts_of(before.where) if before.where else ()
    options: list[tuple[int, Condition, str]] = []
    for i, part in enumerate(parts):
        if isinstance(part, Span):
            period = random_period(asker)
            if period.operator == "within" and part.operator == "within" and period.text != part.period:
                options.append((i, Span("within", part.value, period.text), period.said))
        elif (
            isinstance(part, Compare)
            and part.operator == "="
            and isinstance(part.left, ColumnRef)
            and isinstance(part.right, Literally)
        ):
            said = _other_value(asker, part.left, part.right)
            if said:
                options.append((i, replace(part, right=Literally(said[0], part.right.numeric)), said[1]))
    found = asker.some(options)
    if found is None:
        return None
    i, condition, said_now = found
    text = asker.one_of(
        f"what about {said_now} | and {said_now} | how about {said_now} | same for {said_now} | now {said_now} | {said_now}",
        f"{said_now}呢 | 那{said_now}呢 | 换成{said_now} | {said_now}的呢",
    )
    where = conjunction(*(condition if n == i else part for n, part in enumerate(parts)))
    return Asked(text, replace(before, where=where))


def _other_value(asker: Asker, column: ColumnRef, now: Literally) -> tuple[str, str] | None:
    """Another stored value of a column and the words for it."""
    concept = next(
        (c for t in asker.concepts if t.table == column.table.table for c in t.columns if c.column == column.column),
        None,
    )
    if concept is None:
        return None
    values = [(v.stored, asker.word(v.words) or v.stored) for v in concept.values] or [(e, e) for e in concept.examples]
    return asker.some(v for v in values if v[0] != now.text)


def _regrouped(asker: Asker, before: Select, table: TableConcept) -> Asked | None:
    total = _total(before)
    dim = dimension(asker, table) if total else None
    if total is None or dim is None or dim.group == before.group:
        return None
    text = asker.one_of(
        f"by {dim.said} | and by {dim.said} | now by {dim.said} | per {dim.said} instead | broken down by {dim.said} | split by {dim.said}",
        f"按{dim.said}呢 | 改成按{dim.said}统计 | 每个{dim.said}呢 | 按{dim.said}分组",
    )
    return Asked(text, Select((*dim.shown, total), where=before.where, group=dim.group, tables=before.tables))


def _remeasured(asker: Asker, before: Select, table: TableConcept) -> Asked | None:
    """Another amount over the same rows and groups."""
    total = _total(before)
    other = total_of(asker, table) if total else None
    if total is None or other is None or other.form == total:
        return None
    said = other.said.removeprefix("how many ")
    text = asker.one_of(
        f"and the {said} | what about the {said} | now the {said} | {said} instead",
        f"{said}呢 | 那{said}呢 | 换成{said}",
    )
    items = tuple(other.form if item == total else item for item in before.items)
    order = tuple(Ordering(other.form, o.descending) if o.value == total else o for o in before.order)
    return Asked(text, replace(before, items=items, order=order, tables=()))


def _first(asker: Asker, before: Select, table: TableConcept) -> Asked | None:
    """Only the largest groups."""
    total = _total(before)
    if total is None or not before.group or before.limit:
        return None
    count = asker.any([1, 3, 5, 10])
    text = asker.one_of(
        f"only the top {count} | just the {count} highest | show only the top {count} | which {count} are the highest"
        if count > 1
        else "which is the highest | only the top one | which one has the most",
        f"只看前{count}名 | 最高的{count}个 | 前{count}个" if count > 1 else "最高的是哪个 | 哪个最多",
    )
    return Asked(text, replace(before, order=(Ordering(total, True),), limit=count))


def _counted(asker: Asker, before: Select, table: TableConcept) -> Asked | None:
    if not _is_list(before) or before.limit or before.distinct:
        return None
    text = asker.one_of(
        "how many are there | how many of them are there | how many is that | how many | count them",
        f"一共有多少{table.classifier} | 有多少{table.classifier} | 总共多少 | 数量是多少",
    )
    return Asked(text, select(asker.count(table), where=before.where))


def _listed(asker: Asker, before: Select, table: TableConcept) -> Asked | None:
    counts = [asker.count(table)]
    if before.group or list(before.items) != counts or not asker.names(table):
        return None
    text = asker.one_of(
        "which ones | list them | show them | what are their names | who are they"
        if table.is_person
        else "which ones | list them | show them | which are they | show me those",
        "有哪些 | 列出来 | 分别是哪些 | 是哪些",
    )
    return Asked(text, select(*asker.names(table), where=before.where))


def _widened(asker: Asker, before: Select, table: TableConcept) -> Asked | None:
    """One more column of the rows."""
    if not _is_list(before) or before.distinct or len(before.items) > 3:
        return None
    roles = ("email", "phone", "category", "date", "money", "number", "code", "text")
    column = asker.some(c for c in asker.columns(table, *roles) if asker.column(table, c.column) not in before.items)
    if column is None:
        return None
    name = asker.word(column.words)
    if asker.chance(0.3):
        text = asker.one_of(
            f"what is their {name} | their {name} | and the {name} of these",
            f"它们的{name}是什么 | {name}分别是多少 | 那{name}呢",
        )
        return Asked(text, replace(before, items=(asker.column(table, column.column),)))
    text = asker.one_of(
        f"also show their {name} | with their {name} | add the {name} | and their {name} | include the {name}",
        f"再加上{name} | 同时显示{name} | 加上{name} | 也显示{name}",
    )
    return Asked(text, replace(before, items=(*before.items, asker.column(table, column.column))))


def _sorted(asker: Asker, before: Select, table: TableConcept) -> Asked | None:
    if before.order or before.limit:
        return None
    low = asker.chance(0.4)
    total = _total(before)
    if before.group and total:
        text = asker.one_of(
            "sort them ascending | lowest first | smallest first"
            if low
            else "sort them descending | highest first | largest first | sort by the number",
            "从低到高排序 | 升序排列" if low else "从高到低排序 | 降序排列",
        )
        return Asked(text, replace(before, order=(Ordering(total, not low),)))
    if not _is_list(before):
        return None
    column = asker.some(asker.columns(table, "date", "money", "number"))
    if column is None:
        return None
    name = asker.word(column.words)
    text = asker.one_of(
        f"sort by {name} | order them by {name} | sorted by {name}"
        if low
        else f"sort by {name} descending | order them by {name}, highest first",
        f"按{name}排序 | 按{name}升序" if low else f"按{name}从高到低排序 | 按{name}降序",
    )
    return Asked(text, replace(before, order=(Ordering(asker.column(table, column.column), not low),)))


# How often each change is tried.
CHANGES: tuple[tuple[Change, float], ...] = (
    (_narrowed, 6),
    (_swapped, 4),
    (_regrouped, 4),
    (_remeasured, 2.5),
    (_first, 2),
    (_counted, 2.5),
    (_listed, 2.5),
    (_widened, 3),
    (_sorted, 1.5),
)
