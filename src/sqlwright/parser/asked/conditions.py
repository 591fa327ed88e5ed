"""Conditions that the question names in words and the network forgot or mistook: a flag, a stored value, a code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...core import ColumnProfile, Hints, Profile
from ...core.fold import fold, identifier_words
from ..form import (
    ColumnRef,
    Compare,
    Condition,
    Expression,
    Filtered,
    IsNull,
    IsTrue,
    Joined,
    Literally,
    Negated,
    Query,
    Select,
    Share,
    TableRef,
)
from ..left_out import SURE_MATCHES, flag_phrase
from ..spelled import spans
from ..walk import columns_of, condition_expressions, conjoined, conjuncts, expressions_in, transform

MIN_LABEL_CHARS = 4  # a shorter label is a word now and then
_NOT = ("未", "没", "没有", "不", "还没")
_STATUS = frozenset("status stage phase outcome result 状态 阶段".split())
_SEX = frozenset(("sex", "gender", "性别"))
_WOMEN = ("women", "woman", "female", "females", "girls", "女性", "女员工", "女")
_MEN = ("men", "man", "male", "males", "boys", "男性", "男员工", "男")
SAME_START = 5  # letters that words of one root share: cancelled, cancellation
CHINESE_VERB = 2  # characters of a verb with its object
MIN_CHARS = 3  # a shorter value in ASCII is a word now and then


def with_asked_conditions(
    query: Query, missed: tuple[str, ...], question: str, hints: Hints, profile: Profile
) -> Query:
    """`query` with a condition for each of the words `missed` that is a value, or the name of a flag, of its tables.

    `missed` are the words that `left_out` finds.
    """
    if not isinstance(query, Select) or query.source is not None or not missed:
        return query
    tables = list(dict.fromkeys([*(c.table for c in columns_of(query)), *query.tables]))
    by_name = {t.table: t for t in reversed(tables)}
    taken = set(columns_of(query))
    added = []
    for words in missed:
        found = [c for c in _meant(words, question, hints, profile, by_name) if _column(c) not in taken]
        if len(found) == 1:
            added.append(found[0])
    if not added:
        return query
    where = (*conjuncts(query.where), *added)
    return replace(query, where=conjoined(where))


def with_asked_codes(query: Query, question: str, hints: Hints, profile: Profile) -> Query:
    """`query` with the code whose label the question holds, in place of another code of the column or of no condition.

    With the labels `GC 工程, HW 货物` a question for 工程 compares with GC.
    """
    if not isinstance(query, Select) or query.source is not None:
        return query
    tables = list(dict.fromkeys([*(c.table for c in columns_of(query)), *query.tables]))
    taken = set(columns_of(query))
    query = _with_hinted_values(query, hints, profile)
    query = _with_status_words(query, question, hints, profile)
    for table in tables:
        for (owner, column), known in profile.columns.items():
            nouns = [m.mention for m in hints.names if m.table == owner and not m.column]
            stated = _stated(question, known, nouns) if owner == table.table else {}
            if len(stated) != 1:
                continue
            labels = [label for code, label in known.labels if code in stated]
            place = ColumnRef(table, column)
            if place in taken:
                query = _compared(query, place, min(stated), known)
            elif not query.on and known.role != "reference" and min(stated.values()) and not _is_shared(query, labels):
                added = Compare("=", place, Literally(min(stated), known.numeric))
                where = (*conjuncts(query.where), added)
                query = replace(query, where=conjoined(where))
    return query


def _is_shared(query: Select, labels: Sequence[str]) -> bool:
    """Whether a share is that of the rows with one of `labels`, by a column that is called like it.

    "Proportion of cancelled policies" by a `cancel_date` is not one of the cancelled policies alone.
    """
    starts = {word[:SAME_START] for label in labels for word in re.findall(r"[a-z]+", fold(label))}
    shared = [n.condition for i in query.items for n in expressions_in(i) if isinstance(n, (Share, Filtered))]
    tests = [part.condition if isinstance(part, Negated) else part for part in shared]
    columns = [t.value for t in tests if isinstance(t, (IsNull, IsTrue)) and isinstance(t.value, ColumnRef)]
    return any(word[:SAME_START] in starts for column in columns for word in identifier_words(column.column))


def _with_status_words(query: Select, question: str, hints: Hints, profile: Profile) -> Select:
    """A condition for a word that only one value of a status column has: "won" where a stage is called Closed Won."""
    if query.on:
        return query
    taken, said = set(columns_of(query)), {fold(word) for word in re.findall(r"[A-Za-z]+", question)}
    for table in dict.fromkeys([*(c.table for c in columns_of(query)), *query.tables]):
        for (owner, column), known in profile.columns.items():
            place = ColumnRef(table, column)
            if owner != table.table or known.role != "category" or place in taken or not _is_status(column):
                continue
            words = [{fold(w) for w in re.findall(r"[A-Za-z]+", value)} for value in known.values]
            meant = [
                value
                for value, own in zip(known.values, words, strict=True)
                if len(own) > 1
                and any(w in said and sum(w in o for o in words) == 1 and len(w) >= MIN_CHARS for w in own)
            ]
            if len(meant) == 1:
                added = Compare("=", place, Literally(meant[0], known.numeric))
                query = replace(query, where=conjoined((*conjuncts(query.where), added)))
    return query


def _is_status(column: str) -> bool:
    return bool(_STATUS & set(identifier_words(column)))


def _with_hinted_values(query: Select, hints: Hints, profile: Profile) -> Select:
    """A stored value that the question holds, in place of another one of the column that it does not hold."""
    held: dict[tuple[str, str], set[str]] = {}
    for match in (m for m in hints.values if m.kind in SURE_MATCHES or fold(m.mention) not in fold(m.value)):
        held.setdefault((match.table, match.column), set()).add(match.value)
    for part in conjuncts(query.where):
        if isinstance(part, Compare) and isinstance(part.left, ColumnRef) and isinstance(part.right, Literally):
            place = part.left.table.table, part.left.column
            known, values = profile.of(*place), held.get(place, set())
            if known and len(values) == 1 and part.right.text not in values and part.right.text in known.values:
                query = _compared(query, part.left, min(values), known)
    return query


def _stated(question: str, known: ColumnProfile, nouns: Sequence[str]) -> dict[str, bool]:
    """The codes of a column whose labels the question holds, and values such as 已完成 for 完成.

    The truth value says whether the words can only be a condition: a Chinese label, 完成的 for 已完成, or a label
    before one of `nouns`, the words for the rows.
    """
    found: dict[str, bool] = {}
    for code, label in (*known.labels, *_sexes(known)):
        if len(label) < (MIN_LABEL_CHARS if label.isascii() else 2) and code not in dict(_sexes(known)):
            continue
        for start, end in _said(question, label):
            if question[:start].endswith(_NOT):
                continue
            before_noun = any(question[end:].lstrip().casefold().startswith(noun.casefold()) for noun in nouns if noun)
            found[code] = found.get(code, False) or not label.isascii() or before_noun or " " in label
    for value in known.values if known.role == "category" else ():
        if len(value) > 2 and value[0] == "已":
            for start, end in spans(question, value[1:]):
                if not question[:start].endswith(_NOT):
                    found[value] = question[end : end + 1] == "的"
    return found


def _said(question: str, label: str) -> Iterator[tuple[int, int]]:
    """Where the question holds a label; a Chinese verb and its object may be apart: 请了假 for 请假."""
    if len(label) == CHINESE_VERB and not label.isascii():
        pattern = f"{re.escape(label[0])}[了过完]?{re.escape(label[1])}"
        return (m.span() for m in re.finditer(pattern, question))
    return spans(question, label)


def _sexes(known: ColumnProfile) -> list[tuple[str, str]]:
    """What people call the values of a column such as gender."""
    if not _SEX & set(identifier_words(known.column)):
        return []
    words = {"f": _WOMEN, "w": _WOMEN, "女": _WOMEN, "m": _MEN, "男": _MEN}
    return [(v, word) for v in known.values if v for word in words.get(v[0].casefold(), ())]


def _compared(query: Select, place: ColumnRef, code: str, known: ColumnProfile) -> Select:
    """Comparisons of `place` with another single value, which the question does not hold, compare with `code`."""

    def change(condition: Condition) -> Condition:
        if isinstance(condition, Compare) and condition.operator == "=" and condition.left == place:
            return replace(condition, right=Literally(code, known.numeric))
        if isinstance(condition, Joined) and condition.operator == "and":
            return replace(condition, parts=tuple(map(change, condition.parts)))
        return condition

    def inside(node: Expression) -> Expression:
        if isinstance(node, (Share, Filtered)):
            return replace(node, condition=change(node.condition))
        return node

    query = transform(query, inside)
    return replace(query, where=change(query.where) if query.where else None)


def _meant(
    words: str, question: str, hints: Hints, profile: Profile, tables: dict[str, TableRef]
) -> Iterator[Condition]:
    values = {
        (m.table, m.column): m.value
        for m in hints.values
        if m.mention.casefold() == words.casefold() and m.kind in SURE_MATCHES and m.table in tables
    }
    for (table, column), value in values.items():
        known = profile.of(table, column)
        if (
            known
            and known.role in ("category", "code", "name")
            and (len(words) >= MIN_CHARS or words.isupper() or not words.isascii())
        ):
            yield Compare("=", ColumnRef(tables[table], column), Literally(value, known.numeric))
    for (table, column), known in profile.columns.items():
        if table in tables and known.role == "flag" and _is_flag(words, known):
            yield IsTrue(ColumnRef(tables[table], column))


def _is_flag(words: str, known: ColumnProfile) -> bool:
    phrase = flag_phrase(known)
    return bool(phrase) and any(end - start == len(words) for start, end in spans(words, phrase))


def _column(condition: Condition) -> ColumnRef:
    return next(e for e in condition_expressions(condition) if isinstance(e, ColumnRef))
