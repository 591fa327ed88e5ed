"""Which verified pair answers a question: the same words, or the same but for a value that the pair's query holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from typing import TYPE_CHECKING

from ..core import Dialect
from ..core.fold import fold
from ..sql.describe import constants, parsed
from .item import KnowledgeItem

if TYPE_CHECKING:
    from sqlglot import exp

# (table, column, text) to the stored spelling; None where the column does not hold it, or nothing can be said.
Stored = Callable[[str, str, str], str | None]

_PUNCTUATION = re.compile(r"[.,](?=\s|$)|[?!;:\"'“”‘…？！。，；：、「」]")
MIN_LIKENESS = 0.3  # of the questions of two pairs that differ in values
MOST_PARSED = 50
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Verified:
    """`sql` is the query of `pair` with the question's values; `changed` holds (the pair's, the question's)."""

    pair: KnowledgeItem
    sql: str
    changed: tuple[tuple[str, str], ...] = ()


def verified_query(
    question: str, pairs: Mapping[str, KnowledgeItem], stored: Stored, dialect: Dialect
) -> Verified | None:
    """The pair whose question is `question`, else the one whose question differs in values only.

    `pairs` are by the `question_key` of their questions. Upper case, accents and punctuation do not count. A text may
    be another one where the pair's query compares a column with it and the column holds the new one too; a number may
    be any other. None where two pairs would give different queries.
    """
    asked = question_key(question)
    if asked in pairs:
        return Verified(pairs[asked], pairs[asked].sql)
    alike = nlargest(MOST_PARSED, ((_likeness(asked, key), key) for key in pairs))
    near = [(key, pairs[key]) for likeness, key in alike if likeness >= MIN_LIKENESS]
    found = [v for key, pair in near if (v := _with_values_of(asked, key, pair, stored, dialect)) is not None]
    return found[0] if len({v.sql for v in found}) == 1 else None


def question_key(question: str) -> str:
    """What two questions have in common that are the same but for case, accents, spaces and punctuation."""
    return " ".join(_PUNCTUATION.sub(" ", fold(question)).split())


@dataclass(frozen=True, slots=True)
class _Slot:
    """A value of a pair's query that stands once in its question, from `start` to `end` of the question's key.

    `columns` are what it is compared with; () for a number.
    """

    value: str
    start: int
    end: int
    columns: tuple[tuple[str, str], ...] = ()

    def filled(self, text: str, stored: Stored) -> str | None:
        """The value that `text` of a question means in this place; None where it cannot stand there."""
        if not self.columns:
            return text if _NUMBER.fullmatch(text) else None
        found = {stored(table, column, text) for table, column in self.columns}
        return found.pop() if len(found) == 1 else None

    def replaced(self, sql: str, value: str) -> str:
        if not self.columns:
            return _number_in_sql(self.value).sub(lambda _: value, sql)
        return sql.replace(_quoted(self.value), _quoted(value))


def _likeness(asked: str, key: str) -> float:
    """How much of `key` may stand in `asked`: words, or what the two begin and end with. At most 1.

    A cheap test before a pair's query is parsed, which takes a millisecond.
    """
    words = set(key.split())
    shared = len(words & set(asked.split())) / max(1, len(words))
    ends = _begin_alike(asked, key) + _begin_alike(asked[::-1], key[::-1])
    return min(1.0, max(shared, ends / max(1, len(key))))


def _begin_alike(one: str, other: str) -> int:
    """How many characters the two begin with in common."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _with_values_of(asked: str, key: str, pair: KnowledgeItem, stored: Stored, dialect: Dialect) -> Verified | None:
    slots = _slots(key, pair.sql, dialect)
    match = re.fullmatch(_pattern(key, slots), asked) if slots else None
    if match is None:
        return None
    sql, changed = pair.sql, []
    for slot, text in zip(slots, match.groups(), strict=True):
        if text == key[slot.start : slot.end]:
            continue
        value = slot.filled(text, stored)
        if value is None or any(value == other.value for other in slots):  # one replacement would undo another
            return None
        sql = slot.replaced(sql, value)
        changed.append((slot.value, value))
    return Verified(pair, sql, tuple(changed))


def _pattern(key: str, slots: Iterable[_Slot]) -> str:
    """`key` as a regular expression with a group for each slot."""
    parts, end = [], 0
    for slot in slots:
        parts += [re.escape(key[end : slot.start]), "(.+?)"]
        end = slot.end
    return "".join([*parts, re.escape(key[end:])])


def _slots(key: str, sql: str, dialect: Dialect) -> tuple[_Slot, ...]:
    """In the order of the question; () where two of them overlap."""
    tree = parsed(sql, dialect)
    if tree is None:
        return ()
    found = sorted((*_texts(key, sql, tree, dialect), *_numbers(key, sql, tree)), key=lambda s: s.start)
    overlap = any(a.end > b.start for a, b in pairwise(found))
    return () if overlap else tuple(found)


def _texts(key: str, sql: str, tree: exp.Expr, dialect: Dialect) -> Iterator[_Slot]:
    """Texts that the query does nothing with but compare a column with them."""
    from sqlglot import exp

    compared = constants(sql, dialect)
    for value in dict.fromkeys(c.value for c in compared):
        literals = [n for n in tree.find_all(exp.Literal) if n.is_string and n.this == value]
        plain = all(isinstance(n.parent, (exp.EQ, exp.NEQ, exp.In)) for n in literals)
        columns = tuple(dict.fromkeys((c.table, c.column) for c in compared if c.value == value))
        place = _once(question_key(value), key)
        if place and plain and "\\" not in value and len(literals) == sql.count(_quoted(value)) > 0:
            yield _Slot(value, *place, columns)


def _numbers(key: str, sql: str, tree: exp.Expr) -> Iterator[_Slot]:
    from sqlglot import exp

    for value in dict.fromkeys(n.this for n in tree.find_all(exp.Literal) if not n.is_string):
        place = _once(value, key)
        if place and len(_number_in_sql(value).findall(sql)) == 1:
            yield _Slot(value, *place)


def _once(text: str, key: str) -> tuple[int, int] | None:
    """Where `text` stands in `key` as whole words, if it does once. Chinese is written without spaces."""
    before = r"(?<![^\W\u3400-\u9fff])" if text[:1].isascii() else ""
    after = r"(?![^\W\u3400-\u9fff]|\.\d)" if text[-1:].isascii() else ""
    found = list(re.finditer(f"{before}{re.escape(text)}{after}", key)) if text else []
    return found[0].span() if len(found) == 1 else None


def _number_in_sql(value: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.'\"-]){re.escape(value)}(?![\w.'\"-])")


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
