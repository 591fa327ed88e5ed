"""Questions for shares, percentages and rates."""

from __future__ import annotations

from ....parser.form import Aggregated, Called, Computed, Expression, Filtered, Share
from ..asked import Asked
from ..asker import Asker, select
from ..clauses import phrase, with_table
from ..conditions import (
    any_clause,
    category_clause,
    flag_clause,
    late_clause,
    missing_clause,
    owner_clause,
    period_clause,
    place_clause,
)
from ..groups import dimension, grouped, per


def share_of(asker: Asker) -> Asked | None:
    """A share or percentage of rows, whole or per group."""
    table = asker.some(asker.tables())
    if table is None:
        return None
    maker = asker.rng.choices(
        [category_clause, flag_clause, missing_clause, place_clause, late_clause, owner_clause], (4, 3, 1.5, 1, 0.5, 2)
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
    if dim:
        return Asked(text, select(*dim.shown, form, where=where, group=dim.group))
    return Asked(text, with_table(select(form, where=where), table))


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
    """A part of a sum: "cancellation rate", "share of revenue from vip customers"."""
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
