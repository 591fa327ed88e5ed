"""Questions for rows with or without rows of another table."""

from __future__ import annotations

from ....parser.form import Aggregated, ColumnRef, Compare, Condition, IsNull, Literally, Negated, Nested
from ...concepts import ColumnConcept, TableConcept
from ..asked import Asked
from ..asker import Asker, select
from ..clauses import Clause, all_of, conjunction, phrase
from ..conditions import any_clause, period_clause


def _keyed_children(asker: Asker) -> tuple[TableConcept, ColumnConcept, TableConcept] | None:
    """A table, its reference, and the table that it refers to, which has a key and names."""
    return asker.some(
        (t, c, p) for t in asker.tables() for c, p in asker.joined_parents(t) if p.name_columns and asker.key(p)
    )


def without_rows(asker: Asker) -> Asked | None:
    """Anti-join: parents without any child, or without one for which a condition holds."""
    found = _keyed_children(asker)
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


def distinct_parents(asker: Asker) -> Asked | None:
    """How many different rows are referred to: "how many customers ordered in May", "number of people with builds"."""
    found = asker.some((t, c, p) for t in asker.tables() for c, p in asker.joined_parents(t))
    if found is None:
        return None
    child, column, parent = found
    clause = any_clause(asker, child) if asker.chance(0.6) else None
    if clause and asker.chinese and not clause.before:
        return None
    what, parents = phrase(asker, child, (clause,) if clause else ()), asker.noun(parent)
    rows, after = asker.noun(child), f" {clause.after}" if clause and clause.after else ""
    before = f"{clause.before} " if clause and clause.before else ""
    text = asker.one_of(
        f"how many different {parents} have {before}{rows}{after} | number of distinct {parents} with {before}{rows}{after}"
        f" | how many {parents} do the {before}{rows}{after} belong to | how many {parents} are behind {before}{rows}{after}"
        f" | unique {parents} of {before}{rows}{after}",
        f"{what}涉及多少{parents} | {what}一共有多少个不同的{parents} | {what}的{parents}去重数量 | 有{what}的不同{parents}数",
    )
    form = Aggregated("count", asker.column(child, column.column), True)
    return Asked(text, select(form, where=clause.form if clause else None))


def _and_present(where: Condition | None, value: ColumnRef, column: ColumnConcept) -> Condition | None:
    """NOT IN over a list with NULL holds for nothing."""
    return conjunction(where, Negated(IsNull(value))) if column.missing else where


def with_rows(asker: Asker) -> Asked | None:
    """Semi-join: parents with a child for which a condition holds, or with a number of children."""
    found = _keyed_children(asker)
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
                (">=", f"{count} or more", f"不少于{count}"),
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
