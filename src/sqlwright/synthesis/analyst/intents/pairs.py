"""Questions for rows beside what they refer to: albums and their artists, employees and their managers."""

from __future__ import annotations

from dataclasses import dataclass

from ....parser.form import ColumnRef, Compare, Condition, IsNull, Literally, Negated, On, Select, TableRef
from ...concepts import ColumnConcept, TableConcept
from ..asked import Asked
from ..asker import Asker, select
from ..clauses import all_of, columns_in, phrase
from ..conditions import some_clauses


def rows_with_parent(asker: Asker) -> Asked | None:
    """Names of rows with the name, or another column, of what they refer to: "large dogs with their owner's email"."""
    found = asker.some(
        (t, c, p) for t in asker.tables(asker.names) for c, p in asker.joined_parents(t) if p.name_columns
    )
    if found is None:
        return None
    table, reference, parent = found
    clauses = some_clauses(asker, table)
    said, owner = phrase(asker, table, clauses), asker.noun(parent, one=True)
    if asker.chance(0.3) and (own := asker.word(reference.words)):
        owner = own
    roles = ("email", "phone", "category", "date", "code", "text", "money", "number")
    column = asker.some(asker.columns(parent, *roles)) if asker.chance(0.4) else None
    if column:
        name = asker.word(column.words)
        text = asker.one_of(
            f"{said} with their {owner}'s {name} | {said} and the {name} of their {owner} | {said} with {owner} {name}",
            f"{said}及其{owner}的{name} | {said}和{owner}{name}",
        )
        shown: tuple[ColumnRef, ...] = (asker.column(parent, column.column),)
    else:
        text = asker.one_of(
            f"{said} with their {owner} | {said} and their {owner} | {owner} of each {asker.noun(table, one=True)}"
            f" | list {said} and the {owner} of each | {said} with {owner}"
            if not clauses
            else f"{said} with their {owner} | {said} and their {owner} | {said} and the {owner} of each | {said} with {owner}",
            f"{said}及其{owner} | {said}和对应的{owner} | 列出{said}以及{owner}"
            + ("" if clauses else f" | 每{table.classifier}{said}的{owner}"),
        )
        shown = asker.names(parent)
    return Asked(text, select(*asker.names(table), *shown, where=all_of(*clauses)))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two uses of a table: a row, and the row of the same table that it refers to. `said` is the word for that one."""

    table: TableConcept
    reference: ColumnConcept
    rows: str
    single: str
    said: str

    @property
    def key(self) -> ColumnRef:
        return ColumnRef(TableRef(self.table.table, 2), self.reference.ref_column or self.table.key[0])

    @property
    def on(self) -> tuple[On, ...]:
        return (On(ColumnRef(TableRef(self.table.table), self.reference.column), self.key),)

    def names(self, use: int) -> tuple[ColumnRef, ...]:
        """The name columns of the row (1) or of what it refers to (2)."""
        return tuple(ColumnRef(TableRef(self.table.table, use), c) for c in self.table.name_columns)


def self_pairs(asker: Asker) -> Asked | None:
    """A table that refers to itself: who reports to whom, and who reports to a person that is named."""
    found = asker.some(
        (t, c)
        for t in asker.tables(lambda t: t.name_columns)
        for c in t.columns
        if c.role == "reference" and c.ref_table == t.table and asker.spoken(c)
    )
    if found is None:
        return None
    table, reference = found
    kind = asker.any(["all", "all", "of", "of", "whose", "none", "count"])
    if kind == "none":
        return _without(asker, table, reference)
    pair = _Pair(table, reference, asker.noun(table), asker.noun(table, one=True), asker.word(reference.words))
    if kind == "all":
        return _all_pairs(asker, pair)
    if kind == "count":
        text = asker.one_of(
            f"number of {pair.rows} per {pair.said} | how many {pair.rows} does each {pair.said} have"
            f" | {pair.rows} per {pair.said}",
            f"每{table.classifier}{pair.said}有多少{pair.rows} | 各{pair.said}的{pair.rows}数量",
        )
        return Asked(text, Select((*pair.names(2), asker.count(table)), on=pair.on, group=(pair.key,)))
    if len(table.name_columns) > 1:
        return None
    value = asker.some(table.column(table.name_columns[0]).examples)
    return None if value is None else _named_pair(asker, pair, value, referred=kind == "whose")


def _all_pairs(asker: Asker, pair: _Pair) -> Asked:
    """Each row with the row that it refers to."""
    clauses = some_clauses(asker, pair.table, 1) if asker.chance(0.4) else ()
    clauses = tuple(c for c in clauses if not _joins(c.form, pair.table))
    rows, single, said = phrase(asker, pair.table, clauses), pair.single, pair.said
    text = asker.one_of(
        f"{rows} and their {said} | {rows} with their {said} | {said} of each {single} | each {single} and the {said}"
        f" | who is the {said} of each {single} | {rows} with the name of their {said}"
        if not clauses
        else f"{rows} and their {said} | {rows} with their {said} | {rows} with the name of their {said}",
        f"每{pair.table.classifier}{rows}的{said} | {rows}及其{said} | {rows}的{said}是谁 | {rows}和他们的{said}",
    )
    verb = _verb(pair.reference)
    if verb and not clauses and not asker.chinese and asker.chance(0.35):
        texts = [f"who {verb.one} whom", f"which {single} {verb.one} which other {single}"]
        text = asker.any([*texts, f"who does each {single} {verb.many}"] if verb.active else texts)
    return Asked(text, Select((*pair.names(1), *pair.names(2)), on=pair.on, where=all_of(*clauses)))


def _named_pair(asker: Asker, pair: _Pair, value: str, *, referred: bool) -> Asked:
    """What the row called `value` refers to (`referred`), or the rows that refer to it."""
    rows, said, verb = pair.rows, pair.said, _verb(pair.reference)
    numeric = pair.table.column(pair.table.name_columns[0]).numeric
    if referred:
        text = asker.one_of(
            f"who is the {said} of {value} | {said} of {value} | {value}'s {said} | who is {value}'s {said}",
            f"{value}的{said} | {value}的{said}是谁 | 谁是{value}的{said}",
        )
    elif verb and not asker.chinese and asker.chance(0.45):
        text = asker.any(
            [f"who {verb.one} {value}", f"which {rows} {verb.many} {value}", f"{rows} that {verb.many} {value}"]
        )
    else:
        text = asker.one_of(
            f"{rows} whose {said} is {value} | {rows} with {value} as {said} | which {rows} have {value} as their {said}"
            f" | who has {value} as {said}",
            f"{said}是{value}的{rows} | {value}是哪些{rows}的{said}",
        )
    named, shown = (1, 2) if referred else (2, 1)
    where = Compare("=", pair.names(named)[0], Literally(value, numeric))
    return Asked(text, Select(pair.names(shown), on=pair.on, where=where))


@dataclass(frozen=True, slots=True)
class _Verb:
    """What a row does with, or what is done to it by, the row that it refers to."""

    one: str
    many: str
    active: bool


_VERBS = {
    "manager": _Verb("reports to", "report to", True),
    "supervisor": _Verb("is supervised by", "are supervised by", False),
    "boss": _Verb("works for", "work for", True),
    "mentor": _Verb("is mentored by", "are mentored by", False),
    "coach": _Verb("is coached by", "are coached by", False),
    "referr": _Verb("was referred by", "were referred by", False),
    "recommend": _Verb("was recommended by", "were recommended by", False),
    "invit": _Verb("was invited by", "were invited by", False),
    "parent": _Verb("belongs to", "belong to", True),
    "reply": _Verb("replies to", "reply to", True),
    "predecessor": _Verb("follows", "follow", True),
}


def _verb(reference: ColumnConcept) -> _Verb | None:
    words = " ".join(reference.words.english)
    return next((verb for word, verb in _VERBS.items() if word in words), None)


def _joins(condition: Condition, table: TableConcept) -> bool:
    """Whether a condition is about another table, which would join it beside the second instance."""
    return any(c.table.table != table.table for c in columns_in(condition))


def _without(asker: Asker, table: TableConcept, reference: ColumnConcept) -> Asked:
    """Rows that refer to none, or to some."""
    rows, said = asker.noun(table), asker.word(reference.words)
    missing = IsNull(asker.column(table, reference.column))
    if asker.chance(0.7):
        text = asker.one_of(
            f"{rows} without {said} | {rows} without a {said} | {rows} that have no {said} | which {rows} have no {said}",
            f"没有{said}的{rows} | 哪些{rows}没有{said}",
        )
        return Asked(text, select(*asker.names(table), where=missing))
    text = asker.one_of(f"{rows} that have a {said} | {rows} with a {said}", f"有{said}的{rows}")
    return Asked(text, select(*asker.names(table), where=Negated(missing)))
