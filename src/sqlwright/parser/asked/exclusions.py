"""Flags that the question turns round: "skip cancelled classes" keeps those that are not cancelled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...core import ColumnProfile, Hints, Profile
from ..form import ColumnRef, Compare, Condition, IsTrue, Literally, Negated, Query, Select
from ..left_out import flag_phrase
from ..spelled import spans
from ..walk import conjoined, conjuncts

_NO = re.compile(
    r"\b(?:no|not|non|none|nobody|never|without|w/o|except\w*|exclud\w*|skip\w*|ignor\w*|leave|leaving|left|fail\w*|lack\w*"
    r"|miss\w*|un\w+|in\w+|dis\w+|other|rather|only|still|yet|versus|vs)\b|n't\b|\w+nt\b|未|没|不|非|无|除|否",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:\b(?:not|no|non|without|except|except for|excluding|exclude|skip|skipping|ignore|ignoring|minus|other than"
    r"|leave out|leaving out|never|aren'?t|isn'?t|wasn'?t|weren'?t)[\s-]+(?:the\s+|any\s+|all\s+|been\s+|got\s+)?"
    r"|\bun|\bnon)\Z",
    re.IGNORECASE,
)
_LEAVE_OUT = re.compile(
    r"\b(?:except|except for|excluding|exclude|skip|skipping|ignore|ignoring|leave out|leaving out"
    r"|(?:without|not) (?:counting|including|considering)"
    r"|other than|apart from)\s+(?:the\s+|any\s+|all\s+)?\Z"
    r"|(?:除去|排除|不包括|不含|除了|不算|剔除|去掉|刨除|刨去)(?:已)?\Z",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:\w+\s+){0,2}(?:left out|excluded|not counted|not included|don'?t count|aside|ignored|removed)\b"
    r"|\s*\w{0,3}(?:除外|不算|不计)",
    re.IGNORECASE,
)
_BEFORE_CHINESE = re.compile(r"(?:未|没|没有|不|非|不含|除去|排除|不包括)\Z")
_NOT_CHINESE = re.compile(r"(?:未|没有?|尚未|还没)被?\Z")
_CLAUSE = re.compile(r"[,;，；、]|\b(?:but|and|with|who|that|which|where)\b|但|且|并", re.IGNORECASE)
_NEAR = 30  # characters before a value in which a word may exclude it
_EXCLUDES = re.compile(
    r"\b(?:not?|non|never|without|except|exclud\w*|skip\w*|ignor\w*|outside|(?:an)?other|different|apart|leav\w+|minus|but)\b|n't\b"
    r"|不|非|未|没|除|剔|排",
    re.IGNORECASE,
)


def with_asked_signs(query: Query, question: str, profile: Profile, hints: Hints = Hints()) -> Query:  # noqa: B008
    """`query` with the flags that `question` excludes, or whose other value it names, turned round.

    A value that it names without excluding it is not excluded because another one is: "German artists except comedy".
    """
    if not isinstance(query, Select) or query.source is not None or query.where is None:
        return query
    parts = tuple(_kept(_signed(p, question, profile), question, hints) for p in conjuncts(query.where))
    if parts == conjuncts(query.where):
        return query
    return replace(query, where=conjoined(parts))


def _signed(part: Condition, question: str, profile: Profile) -> Condition:
    if isinstance(part, Compare) and part.operator in ("=", "in"):
        return _compared(part, question, profile)
    flag = part.condition if isinstance(part, Negated) else part
    if not isinstance(flag, IsTrue) or not isinstance(flag.value, ColumnRef):
        return part
    found = profile.of(flag.value.table.table, flag.value.column)
    sign = _sign(question, found) if found else None
    if found and sign is None and isinstance(part, Negated) and any(spans(question, flag_phrase(found))):
        sign = None if _says_no(_clause(question, flag_phrase(found)), flag_phrase(found)) else True
    return part if sign is None else flag if sign else Negated(flag)


def _kept(part: Condition, question: str, hints: Hints) -> Condition:
    """An excluded value that the question names and does not exclude, kept instead."""
    if not isinstance(part, Compare) or part.operator != "!=" or not isinstance(part.left, ColumnRef):
        return part
    column = part.left
    mentions = [
        m.mention
        for m in hints.values
        if isinstance(part.right, Literally)
        and (m.table, m.column, m.value) == (column.table.table, column.column, part.right.text)
    ]
    places = [question.find(mention) for mention in mentions if mention]
    if not places or min(places) < 0:
        return part
    start, end = min(places), min(places) + len(mentions[0])
    if _EXCLUDES.search(question[max(0, start - _NEAR) : start]) or _AFTER.match(question[end:]):
        return part
    return replace(part, operator="=")


def _compared(part: Compare, question: str, profile: Profile) -> Condition:
    """A comparison with a value that the question excludes, turned round: "leave out cancelled ones"."""
    values = part.right if isinstance(part.right, tuple) else (part.right,)
    if not isinstance(part.left, ColumnRef):
        return part
    found = profile.of(part.left.table.table, part.left.column)
    if found is None or found.role not in ("category", "code"):
        return part
    words = []
    for value in values:
        if isinstance(value, Literally):
            words.append(dict(found.labels).get(value.text, ""))
            words += [] if value.numeric else [value.text.replace("_", " ")]
    said = [span for phrase in words for span in _spoken(question, phrase)]
    if not any(_excluded(question, *span) for span in said):
        return part
    return Negated(part) if isinstance(part.right, tuple) else replace(part, operator="!=")


def _excluded(question: str, start: int, end: int) -> bool:
    before = question[:start]
    return bool(_LEAVE_OUT.search(before) or _NOT_CHINESE.search(before) or _AFTER.match(question[end:]))


def _sign(question: str, found: ColumnProfile) -> bool | None:
    """What the question says of the flag; None where it says nothing sure."""
    labels = dict(found.labels)
    said = {value: _is_said(question, labels.get(value, "")) for value in (found.true_value, found.false_value)}
    if said[found.true_value] != said[found.false_value]:
        return said[found.true_value]
    for start, end in spans(question, flag_phrase(found)):
        if _BEFORE.search(question[:start]) or _BEFORE_CHINESE.search(question[:start]) or _AFTER.match(question[end:]):
            return False
    return False if _prefixed(question, flag_phrase(found)) else None


def _clause(question: str, phrase: str) -> str:
    """The part of the question, between commas and "but", that holds a phrase."""
    start, end = next(iter(spans(question, phrase)))
    first = max((m.end() for m in _CLAUSE.finditer(question) if m.end() <= start), default=0)
    last = min((m.start() for m in _CLAUSE.finditer(question) if m.start() >= end), default=len(question))
    return question[first:last]


def _is_said(question: str, label: str) -> bool:
    """Whether the question says a label without turning it round, as 未启用 does with 启用."""
    return any(not _BEFORE_CHINESE.search(question[:start]) for start, _ in _spoken(question, label))


def _says_no(question: str, phrase: str) -> bool:
    """Whether any word of the question outside of the flag's own name may turn it round."""
    rest = (
        re.sub(r"[\W_]+".join(map(re.escape, phrase.split())), " ", question, flags=re.IGNORECASE)
        if phrase
        else question
    )
    return bool(_NO.search(rest))


def _spoken(question: str, label: str) -> Iterator[tuple[int, int]]:
    """Where the question says a label, also in the plural."""
    if len(label) > 1:
        yield from spans(question, label)
        if label.isascii():
            yield from spans(question, f"{label}s")


def _prefixed(question: str, phrase: str) -> bool:
    """Whether the question says it with a prefix: unrefunded, non-refunded."""
    return bool(phrase and re.search(rf"\b(?:un|non-?){re.escape(phrase)}\b", question, re.IGNORECASE))
