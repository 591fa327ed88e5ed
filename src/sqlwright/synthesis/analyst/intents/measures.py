"""Questions for amounts of single rows, for amounts computed from two columns, and for columns compared in a row."""

from __future__ import annotations

from dataclasses import dataclass

from ....parser.form import Aggregated, Called, ColumnRef, Compare, Computed, Expression, Share
from ...concepts import TableConcept
from ..asked import Asked
from ..asker import Asker, Measure, ascending, descending, select
from ..clauses import Clause, all_of, phrase, with_table
from ..conditions import any_clause, some_clauses
from ..groups import dimension, grouped
from ..units import said_unit, unit_words


@dataclass(frozen=True, slots=True)
class _Amount:
    """An amount of one row. `name` says it without its unit, `ending` is the unit's words."""

    form: Expression
    name: str
    ending: str = ""


def row_amounts(asker: Asker) -> Asked | None:
    """Each row with an amount: "price of every product in euro", "population density of each country"."""
    table = asker.some(asker.tables())
    amount = _amount(asker, table) if table else None
    if table is None or amount is None or not asker.names(table):
        return None
    clauses = some_clauses(asker, table, 1)
    one, many = phrase(asker, table, clauses, one=True), phrase(asker, table, clauses)
    if asker.chinese:
        every = "" if clauses else asker.any(["每" + table.classifier, "各", "各个"])
        text = asker.any([f"{every}{many}的{amount.name}", f"{many}和{amount.name}", f"列出{many}及其{amount.name}"])
    else:
        each = [f"{amount.name} of each {one}", f"{amount.name} of every {one}", f"{amount.name} for every {one}"]
        each += [f"{amount.name} per {one}", f"{many} with their {amount.name}", f"{many} and their {amount.name}"]
        text = asker.any(
            [*each, f"{many} with {amount.name}", f"{amount.name} of all {many}", f"{amount.name} by {one}"]
        )
    return Asked(text + amount.ending, select(*asker.names(table), amount.form, where=all_of(*clauses)))


def computed_extreme(asker: Asker) -> Asked | None:
    """The first rows by a computed amount: "top 10 countries by gnp per capita", "product with the best margin"."""
    table = asker.some(asker.tables(lambda t: t.name_columns))
    amount = _computed(asker, table) if table else None
    if table is None or amount is None:
        return None
    count, low = asker.any([1, 1, 3, 5, 10]), asker.chance(0.25)
    clauses = some_clauses(asker, table, 1)
    said = phrase(asker, table, clauses, one=count == 1)
    if asker.chinese:
        head = "" if count == 1 else f"{count}{table.classifier}"
        text = f"{amount.name}{'最低' if low else '最高'}的{head}{said}"
    else:
        word = asker.any(["lowest", "smallest"] if low else ["highest", "largest", "best"])
        head = "" if count == 1 else f"{count} "
        text = asker.any(
            [
                f"{head}{said} with the {word} {amount.name}",
                f"which {head}{said} {'has' if count == 1 else 'have'} the {word} {amount.name}",
                f"{word} {amount.name} of any {said}"
                if count == 1
                else f"{'bottom' if low else 'top'} {head}{said} by {amount.name}",
            ]
        )
    order = ascending(amount.form) if low else descending(amount.form)
    return Asked(text, select(*asker.names(table), where=all_of(*clauses), order=order, limit=count))


def computed_total(asker: Asker) -> Asked | None:
    """An aggregate of a difference, or a ratio of two sums: "average discount per order", "gnp per capita by region"."""
    table = asker.some(asker.tables())
    pair = _two_columns(asker, table) if table else None
    if table is None or pair is None:
        return None
    (first, one), (second, other) = pair
    if asker.chance(0.5):
        form: Expression = Computed("ratio", Aggregated("sum", one.form), Aggregated("sum", other.form))
        text = asker.one_of(
            f"{first} per {second} | ratio of {first} to {second} | total {first} divided by total {second}",
            f"{first}与{second}之比 | 总{first}除以总{second} | 每{second}的{first}",
        )
    else:
        function = asker.any(["avg", "sum", "max"])
        form = Aggregated(function, Computed("-", one.form, other.form))  # type: ignore[arg-type]
        english = {"avg": "average", "sum": "total", "max": "largest"}[function]
        chinese = {"avg": "平均", "sum": "总", "max": "最大"}[function]
        text = asker.one_of(
            f"{english} difference between {first} and {second} | {english} {first} minus {second}",
            f"{first}与{second}的{chinese}差 | {first}减{second}的{chinese}值",
        )
    dim = dimension(asker, table) if asker.chance(0.5) else None
    if dim:
        return Asked(grouped(asker, text, dim), select(*dim.shown, form, group=dim.group))
    clauses = some_clauses(asker, table, 1)
    if clauses:
        said = phrase(asker, table, clauses)
        text = f"{said}的{text}" if asker.chinese else f"{text} of {said}"
    return Asked(text, select(form, where=all_of(*clauses)))


def compared_columns(asker: Asker) -> Asked | None:
    """Rows in which one column is larger than another: "invoices paid after they were due"; listed, counted, shared."""
    table = asker.some(asker.tables())
    clause = _comparison(asker, table) if table else None
    if table is None or clause is None:
        return None
    said, rows = phrase(asker, table, (clause,)), asker.noun(table)
    kind = asker.any(["list", "list", "count", "share"])
    own = any_clause(asker, table) if asker.chance(0.2) else None
    clauses = (own, clause) if own and kind != "share" else (clause,)
    if len(clauses) > 1:
        said = phrase(asker, table, clauses)
    where = all_of(*clauses)
    if kind == "count":
        text = asker.one_of(
            f"how many {said} are there | how many {said} | number of {said}", f"有多少{said} | {said}的数量"
        )
        return Asked(text, select(asker.count(table), where=where))
    if kind == "share":
        percent = asker.chance(0.5)
        word = "percentage" if percent else "share"
        text = asker.one_of(
            f"{word} of {said} | what {word} of {rows} {clause.after.removeprefix('that ')}",
            f"{said}{'占百分之多少' if percent else '的比例'} | {said}的{'百分比' if percent else '占比'}",
        )
        form: Expression = Called("times_100", Share(clause.form)) if percent else Share(clause.form)
        return Asked(text, with_table(select(form), table))
    text = asker.one_of(f"{said} | which {said} | list {said} | show {said}", f"{said} | 哪些是{said} | 列出{said}")
    return Asked(text, select(*asker.names(table), where=where))


def _comparison(asker: Asker, table: TableConcept) -> Clause | None:
    if asker.chance(0.45) and (found := _dates_compared(asker, table)):
        return found
    pair = _two_columns(asker, table, same_unit=True)
    if pair is None:
        return None
    (first, one), (second, other) = pair
    more = asker.chance(0.6)
    form = Compare(">" if more else "<", one.form, other.form)
    if asker.chinese:
        return Clause(
            form, f"{first}{asker.any(['大于', '高于', '超过']) if more else asker.any(['小于', '低于'])}{second}"
        )
    word = asker.any(
        ["higher than", "greater than", "above", "more than"] if more else ["lower than", "less than", "below"]
    )
    return Clause(
        form,
        "",
        asker.any(
            [
                f"with {first} {word} {second}",
                f"whose {first} is {word} the {second}",
                f"where {first} is {word} {second}",
            ]
        ),
    )


def _dates_compared(asker: Asker, table: TableConcept) -> Clause | None:
    """One date after another: paid late, shipped after the promised date."""
    dates = [c for c in table.columns if c.role == "date" and not c.decoy and asker.spoken(c)]
    happened = asker.some(c for c in dates if c.event.of(asker.language))
    other = asker.some(c for c in dates if c is not happened and happened and c.date_storage == happened.date_storage)
    if happened is None or other is None:
        return None
    late = asker.chance(0.75)
    event, name = asker.word(happened.event), asker.word(other.words)
    form = Compare(">" if late else "<", asker.column(table, happened.column), asker.column(table, other.column))
    if asker.chinese:
        return Clause(form, f"{name}{'之后' if late else '之前'}{event}")
    due = any(word in name for word in ("due", "deadline", "promised", "planned", "expected", "required"))
    words = [
        f"that were {event} {'after' if late else 'before'} the {name}",
        f"{event} {'after' if late else 'before'} {name}",
    ]
    if due and late:
        words += [f"{event} late", f"that were {event} late"]
    elif due:
        words += [f"{event} early", f"that were {event} on time"]
    return Clause(form, "", asker.any(words))


def _amount(asker: Asker, table: TableConcept) -> _Amount | None:
    """A column in a unit that the question names, a named expression, or two columns computed."""
    if asker.chance(0.5):
        return _computed(asker, table)
    measure = asker.some(asker.measures(table))
    if measure is None:
        return None
    name, unit = asker.word(measure.words), said_unit(asker, measure)
    if unit is None or asker.chance(0.25):
        return _Amount(measure.form, name)
    return _Amount(unit.applied(measure.form), name, unit_words(asker, unit))


def _computed(asker: Asker, table: TableConcept) -> _Amount | None:
    named = [m for m in asker.measures(table) if not isinstance(m.form, ColumnRef)]
    if named and asker.chance(0.6):
        measure = asker.any(named)
        return _Amount(measure.form, asker.word(measure.words))
    pair = _two_columns(asker, table)
    if pair is None:
        return None
    (first, one), (second, other) = pair
    if one.unit == other.unit and one.role == other.role and asker.chance(0.6):
        name = asker.one_of(
            f"difference between {first} and {second} | {first} minus {second}",
            f"{first}与{second}之差 | {first}减{second} | {first}和{second}的差额",
        )
        return _Amount(Computed("-", one.form, other.form), name)
    name = asker.one_of(
        f"{first} per {_one(second)} | {first} divided by {second} | ratio of {first} to {second}",
        f"{first}除以{second} | 每{second}的{first} | {first}与{second}之比",
    )
    return _Amount(Computed("ratio", one.form, other.form), name)


def _one(name: str) -> str:
    """A plain noun in the singular: "seats" becomes "seat"."""
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us")) else name


def _two_columns(
    asker: Asker, table: TableConcept, *, same_unit: bool = False
) -> tuple[tuple[str, Measure], tuple[str, Measure]] | None:
    """Two amounts of a row with their words."""
    found = [m for m in asker.measures(table) if isinstance(m.form, ColumnRef)]
    if len(found) < 2:
        return None
    one, other = asker.rng.sample(found, 2)
    if same_unit and (one.unit != other.unit or one.role != other.role):
        return None
    return (asker.word(one.words), one), (asker.word(other.words), other)
