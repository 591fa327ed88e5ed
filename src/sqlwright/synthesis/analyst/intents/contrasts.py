"""Questions that set values side by side, rates named after a value, and amounts said by their unit alone."""

from __future__ import annotations

from ....parser.form import Aggregated, Called, Compare, Expression, Literally, Share
from ...concepts import TableConcept
from ..asked import Asked
from ..asker import Asker, Measure, ascending, descending, select
from ..clauses import Clause, all_of, columns_in, phrase
from ..conditions import category_clause, flag_clause, period_clause, some_clauses
from ..groups import dimension, grouped
from ..totals import total_of
from ..units import said_unit


def values_compared(asker: Asker) -> Asked | None:
    """An amount for two values of a category: "average fee mid-roll vs pre-roll"."""
    table = asker.some(asker.tables(lambda t: any(c.role == "category" and len(c.values) > 1 for c in t.columns)))
    column = asker.some(c for c in asker.columns(table, "category") if len(c.values) > 1) if table else None
    total = total_of(asker, table, "avg", "avg", "sum") if table and column else None
    if table is None or column is None or total is None:
        return None
    one, other = asker.rng.sample(column.values, 2)
    first, second = asker.word(one.words) or one.stored, asker.word(other.words) or other.stored
    form = asker.column(table, column.column)
    text = asker.one_of(
        f"{total.said} {first} vs {second} | {total.said} for {first} vs. {second} | {first} vs {second} {total.said}"
        f" | compare {total.said} of {first} and {second}",
        f"{first}和{second}的{total.said}对比 | {first}与{second}的{total.said} | 对比{first}和{second}的{total.said}",
    )
    both = Compare("in", form, (Literally(one.stored, column.numeric), Literally(other.stored, column.numeric)))
    where = None if len(column.values) == 2 else both
    return Asked(text, select(form, total.form, where=where, group=(form,)))


_NOUNS = {
    "cancelled": "cancellation", "canceled": "cancellation", "returned": "return", "refunded": "refund", "paid": "payment",
    "completed": "completion", "failed": "failure", "passed": "pass", "delivered": "delivery", "approved": "approval",
    "rejected": "rejection", "accepted": "acceptance", "resolved": "resolution", "closed": "closure", "won": "win",
    "lost": "loss", "opened": "open", "converted": "conversion", "successful": "success", "churned": "churn",
    "absent": "absence", "occupied": "occupancy", "renewed": "renewal", "attended": "attendance", "damaged": "damage",
    "active": "activity", "graduated": "graduation", "dropped out": "dropout", "expired": "expiry", "retained": "retention",
}  # fmt: skip


def named_rate(asker: Asker) -> Asked | None:
    """A share under its own name: "refund rate by category", 各科目的合格率."""
    table = asker.some(asker.tables())
    clause = (category_clause if asker.chance(0.6) else flag_clause)(asker, table) if table else None
    if table is None or clause is None or not clause.before or " or " in clause.before or " and " in clause.before:
        return None
    said = clause.before
    if asker.chinese:
        bare = said.removeprefix("已").removeprefix("是否").removesuffix("的")
        if len(bare) > 6 or "为" in bare or "是" in bare or "非" in bare:
            return None
        name = f"{bare}率"
    else:
        if said.startswith("not "):
            return None
        name = f"{_NOUNS.get(said.casefold(), said)} rate"
    noun, percent = asker.noun(table, one=True), asker.chance(0.35)
    share: Expression = Called("times_100", Share(clause.form)) if percent else Share(clause.form)
    ending = asker.one_of("in percent | (%) | as a percentage", "（百分比） | （%）") if percent else ""
    space = "" if asker.chinese else " "
    text = asker.one_of(
        f"{name} | {name} of {asker.noun(table)} | {noun} {name} | what is our {name}",
        f"{name} | {asker.noun(table)}{name} | {asker.noun(table)}的{name}",
    )
    outer = period_clause(asker, table) if asker.chance(0.2) else None
    dim = dimension(asker, table) if asker.chance(0.65) else None
    if dim and set(columns_in(clause.form)) & set(dim.shown):
        return None
    where = outer.form if outer else None
    if dim:
        text = grouped(asker, text, dim, _ending_of(asker, outer))
        return Asked(f"{text}{space}{ending}", select(*dim.shown, share, where=where, group=dim.group))
    if outer:
        text = f"{outer.before}{text}" if asker.chinese else f"{text} {outer.after}"
    elif (clauses := some_clauses(asker, table, 1)) and "rate of" not in text:
        said = phrase(asker, table, clauses)
        text = f"{said}的{name}" if asker.chinese else f"{name} of {said}"
        where = all_of(*clauses)
    return Asked(f"{text}{space}{ending}", select(share, where=where))


def _ending_of(asker: Asker, clause: Clause | None) -> str:
    if clause is None:
        return ""
    return f"{clause.before}的" if asker.chinese else f" {clause.after}"


def amounts_in_units(asker: Asker) -> Asked | None:
    """A sum or mean said by its unit: "how many hours has each lawyer worked", "total hours in May", 各教练的小时数."""
    found = asker.some((t, m) for t in asker.tables() for m in asker.measures(t, additive=True) if said_unit(asker, m))
    if found is None:
        return None
    table, measure = found
    unit = said_unit(asker, measure)
    if unit is None or measure.unit not in ("ms", "s", "min"):
        return None
    name = asker.word(measure.words)
    form = unit.applied(Aggregated("sum", measure.form))
    what = asker.one_of(
        f"total {unit.english} | {unit.english} | how many {unit.english} | number of {unit.english} | {name} {unit.english}",
        f"总{unit.chinese}数 | {name}{unit.chinese}数 | 多少{unit.chinese} | 合计{unit.chinese}",
    )
    if asker.chance(0.6) and (dim := dimension(asker, table)):
        return Asked(grouped(asker, what, dim), select(*dim.shown, form, group=dim.group))
    clauses = some_clauses(asker, table, 2)
    said = phrase(asker, table, clauses)
    text = f"{said}的{what}" if asker.chinese else f"{what} of {said}"
    return Asked(text, select(form, where=all_of(*clauses)))


# Words of a measure's name -> adjectives for most and least.
_ADJECTIVES: tuple[tuple[tuple[str, ...], tuple[str, str], tuple[str, str]], ...] = (
    (("price", "cost", "fee", "rate"), ("most expensive", "cheapest"), ("最贵", "最便宜")),
    (("duration", "minutes", "time", "length", "runtime"), ("longest", "shortest"), ("最长", "最短")),
    (("weight",), ("heaviest", "lightest"), ("最重", "最轻")),
    (("population", "area", "size", "capacity", "amount", "total", "budget", "value"), ("biggest | largest", "smallest"), ("最大", "最小")),
    (("height", "elevation"), ("tallest | highest", "shortest | lowest"), ("最高", "最低")),
    (("salary", "wage", "income"), ("best paid | highest paid", "lowest paid"), ("工资最高", "工资最低")),
    (("age",), ("oldest", "youngest"), ("年龄最大", "最年轻")),
    (("rating", "score", "stars"), ("best rated | highest rated", "worst rated | lowest rated"), ("评分最高", "评分最低")),
    (("speed",), ("fastest", "slowest"), ("最快", "最慢")),
    (("distance",), ("farthest", "nearest"), ("最远", "最近")),
)  # fmt: skip


def by_adjective(asker: Asker) -> Asked | None:
    """A superlative whose adjective names the column: "cheapest product", "longest song", 最贵的商品."""
    pairs = [(t, m, a) for t in asker.tables(asker.names) for m in asker.measures(t) if (a := _adjectives(m, t))]
    found = asker.some(pairs)
    if found is None:
        return None
    table, measure, (english, chinese) = found
    low = asker.chance(0.35)
    word = asker.one_of(english[low], chinese[low])
    count = asker.any([1, 1, 1, 3, 5, 10])
    clauses = some_clauses(asker, table, 1)
    said = phrase(asker, table, clauses, one=count == 1)
    if asker.chinese:
        head = "" if count == 1 else f"{count}{table.classifier}"
        text = asker.any(
            [f"{word}的{head}{said}", f"{word}的{head}{said}是哪{'一' + table.classifier if count == 1 else '些'}"]
        )
        text = asker.any([text, f"哪{table.classifier}{said}{word}"]) if count == 1 else text
    else:
        head = "" if count == 1 else f"{count} "
        text = asker.any(
            [
                f"{word} {head}{said}",
                f"the {head}{word} {said}",
                f"which {head}{said} {'is' if count == 1 else 'are'} the {word}",
                f"what {'is' if count == 1 else 'are'} the {head}{word} {said}",
            ]
        )
    order = ascending(measure.form) if low else descending(measure.form)
    return Asked(text, select(*asker.names(table), where=all_of(*clauses), order=order, limit=count))


def _adjectives(measure: Measure, table: TableConcept) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """The adjectives of the last word of the measure's first name."""
    words = measure.words.english[0].split() if measure.words.english else []
    if table.is_person and words and words[-1] in _ADJECTIVES[0][0]:  # no expensive people
        return None
    return next(((english, chinese) for names, english, chinese in _ADJECTIVES if words and words[-1] in names), None)
